"""The command line: what it writes, what it prints, and status 2 for whatever went wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import manifest
from facesdk.cli import main as cli


@pytest.fixture
def facesdk(tiny_assets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """facesdk("reconstruct", ...) -> (status, stdout, stderr), with tiny assets and one box per picture."""
    import facesdk.sdk as sdk

    def detect(_self: Any, _detector: Any) -> Any:
        return lambda picture: [[110, 60, 210, 180]] if picture.max() > 0 else []

    monkeypatch.setattr(sdk.FaceSDK, "_make_detector", detect)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["facesdk", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as leave:
            status = int(leave.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def photos(tmp_path: Path, picture: Any) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture)
    cv2.imwrite(str(folder / "b.png"), picture * 0)
    (folder / "c.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a photo")
    return folder


def test_sample_writes_everything(facesdk: Any, tmp_path: Path) -> None:
    status, out, err = facesdk("reconstruct", "--sample", "--out", tmp_path / "out")
    assert status == 0, err
    assert out.startswith("sample.jpg: 1 face in")
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {
        "sample.json", "sample_overlay.png", "sample_sheet.png", "sample_face0.glb", "sample_face0.obj",
        "sample_face0.mtl", "sample_face0.png", "sample_face0.json",
    }  # fmt: skip
    content = json.loads((tmp_path / "out" / "sample.json").read_text())
    assert content["image_size"] == [320, 240]
    assert len(content["faces"]) == 1


@pytest.mark.parametrize(("formats", "written"), [
    ("overlay", {"sample_overlay.png"}),
    ("json, sheet", {"sample.json", "sample_face0.json", "sample_sheet.png"}),
    ("PLY,glb", {"sample_face0.ply", "sample_face0.glb"}),
])  # fmt: skip
def test_only_what_is_asked_for_is_written(
    facesdk: Any, tmp_path: Path, formats: str, written: set[str]
) -> None:
    status, _, err = facesdk("reconstruct", "--sample", "--formats", formats, "--out", tmp_path / "out")
    assert status == 0, err
    assert {p.name for p in (tmp_path / "out").iterdir()} == written


def test_one_bad_photo_costs_only_itself(facesdk: Any, photos: Path, tmp_path: Path) -> None:
    status, out, err = facesdk("reconstruct", photos, photos / "missing.png", "--out", tmp_path / "out")
    assert status == 2
    assert out.splitlines()[0].startswith("a.png: 1 face")
    lines = err.splitlines()
    assert lines[0] == "b.png: no face found"
    assert lines[1].startswith("error: c.jpg: not a picture")
    assert lines[2].startswith("error: missing.png: cannot be read")
    assert len(lines) == 3
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert "a_face0.glb" in names
    assert json.loads((tmp_path / "out" / "b.json").read_text())["faces"] == []
    assert not any(name.startswith((".", "c", "missing")) for name in names)


def test_photos_of_one_name_do_not_overwrite_each_other(facesdk: Any, photos: Path, tmp_path: Path) -> None:
    status, _, _ = facesdk(
        "reconstruct", photos / "a.png", photos / "a.png", "--formats", "json", "--out", tmp_path / "out"
    )
    assert status == 0
    assert {"a.json", "a_2.json"} <= {p.name for p in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(("arguments", "words"), [
    (["reconstruct"], "no photo given"),
    (["reconstruct", "--sample", "--formats", "stl"], "expected some of"),
    (["reconstruct", "--sample", "--max-faces", "0"], "max_faces"),
    (["reconstruct", "--sample", "--backend", "abacus"], "backend"),
    (["reconstruct", "nowhere.jpg"], "nowhere.jpg: cannot be read"),
    (["bench", "nowhere.jpg"], "nowhere.jpg: cannot be read"),
])  # fmt: skip
def test_errors_are_one_line_and_status_2(
    facesdk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = facesdk(*arguments)
    assert status == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert out == ""


def test_an_empty_folder_and_an_impossible_one(facesdk: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, _, err = facesdk("reconstruct", tmp_path / "empty")
    assert (status, "no pictures" in err) == (2, True)
    (tmp_path / "file").write_text("in the way")
    status, _, err = facesdk("reconstruct", "--sample", "--out", tmp_path / "file")
    assert (status, "cannot be made" in err) == (2, True)


def test_a_damaged_asset_is_named(facesdk: Any, tiny_assets: Path, tmp_path: Path) -> None:
    (tiny_assets / manifest.NETWORK).write_bytes(b"cut")
    status, _, err = facesdk("reconstruct", "--sample", "--out", tmp_path / "out")
    assert status == 2
    assert err.startswith(f"error: {manifest.NETWORK}: 3 bytes")


def test_info_lists_assets_and_verifies_them(facesdk: Any, tiny_assets: Path) -> None:
    status, out, _ = facesdk("info", "--verify")
    assert status == 0
    for name, entry in manifest.manifest().items():
        assert name in out
        assert entry["sha256"] in out
    assert out.count("sha256 verified") == len(manifest.manifest())
    path = tiny_assets / manifest.NETWORK
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    status, out, err = facesdk("info", "--verify")
    assert (status, "sha256" in err) == (2, True)
    assert (out.count("DAMAGED"), out.count("sha256 verified")) == (1, len(manifest.manifest()) - 1)
    assert facesdk("info")[0] == 0  # the size is still right


def test_bench_prints_and_stores_every_stage(facesdk: Any, tmp_path: Path) -> None:
    status, out, err = facesdk("bench", "--runs", "2", "--json", tmp_path / "bench.json")
    assert status == 0, err
    content = json.loads((tmp_path / "bench.json").read_text())
    for stage in ("warp", "network", "decode", "light", "rasterize", "frame", "reconstruct"):
        assert stage in out
        assert content["stages"][stage]["p50"] <= content["stages"][stage]["p99"]
    assert str(tmp_path) not in json.dumps(content)


def test_bench_times_nothing_that_is_wrong(facesdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from facesdk import ops

    right = ops.shade_and_project

    def brighter(*args: Any, **options: Any) -> Any:
        points, colors = right(*args, **options)
        return points, colors * np.float32(1.01)

    monkeypatch.setattr(ops, "shade_and_project", brighter)
    status, out, err = facesdk("bench", "--runs", "2")
    assert status == 2
    assert "light differs from its NumPy twin" in err
    assert out == ""
