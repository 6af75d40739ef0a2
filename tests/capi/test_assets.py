"""Assets that are missing or damaged give a code and a line that names the file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.capi.conftest import Compile, call

FILES = ("face_model.safetensors", "detector.plan", "mobile_facernet.plan", "eyes.safetensors")
ASSET_ERROR = 4


@pytest.fixture
def copied(assets: Path, tmp_path: Path) -> Path:
    """A folder of assets that may be damaged."""
    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    return folder


def status(program: Compile, folder: Path) -> tuple[int, str]:
    code, line = call(program("engine_status"), folder).rstrip("\n").split(" ", 1)
    return int(code), line


def set_size(folder: Path, name: str, size: int) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["assets"][name]["bytes"] = size
    path.write_text(json.dumps(manifest))


def test_whole_assets(program: Compile, copied: Path) -> None:
    assert status(program, copied) == (0, "")


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_missing(name: str, program: Compile, copied: Path) -> None:
    (copied / name).unlink()
    code, line = status(program, copied)
    assert code == ASSET_ERROR
    assert name in line


@pytest.mark.parametrize("name", FILES)
def test_another_size_than_the_manifest(name: str, program: Compile, copied: Path) -> None:
    with (copied / name).open("ab") as file:
        file.write(b"\0")
    code, line = status(program, copied)
    assert code == ASSET_ERROR
    assert f"{name}: got" in line


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("name", FILES)
def test_cut_short(name: str, share: float, program: Compile, copied: Path) -> None:
    data = (copied / name).read_bytes()
    data = data[: int(share * len(data))]
    (copied / name).write_bytes(data)
    set_size(copied, name, len(data))
    code, line = status(program, copied)
    assert code == ASSET_ERROR
    assert name in line


@pytest.mark.parametrize("name", FILES)
def test_another_file_under_its_name(name: str, program: Compile, copied: Path) -> None:
    other = copied / ("detector.plan" if name != "detector.plan" else "eyes.safetensors")
    shutil.copy(other, copied / name)
    set_size(copied, name, other.stat().st_size)
    code, line = status(program, copied)
    assert code == ASSET_ERROR
    assert name in line


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"assets": 3}', '{"assets": {"detector.plan": {"bytes": -1}}}']
)
def test_damaged_manifest(text: str, program: Compile, copied: Path) -> None:
    (copied / "manifest.json").write_text(text)
    code, line = status(program, copied)
    assert code == ASSET_ERROR
    assert "manifest.json" in line
