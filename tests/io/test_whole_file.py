"""Files of an earlier run: whole, or to be made again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facesdk import FaceSDK
from facesdk.io.picture import is_own_picture, save_picture
from facesdk.io.whole_file import is_whole

ENDINGS = (".json", ".glb", ".ply", ".obj", ".mtl", ".png", "_overlay.png")


@pytest.fixture
def folder(tiny_sdk: FaceSDK, picture: Any, tmp_path: Path) -> Path:
    result = tiny_sdk.reconstruct(picture)
    for ending in (".json", ".glb", ".ply", ".obj"):
        result.faces[0].save(tmp_path / f"x{ending}")
    save_picture(result.overlay(), tmp_path / "x_overlay.png")
    return tmp_path


def test_what_was_written_is_whole(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"x{ending}" for ending in ENDINGS)
    assert all(is_whole(path) for path in folder.iterdir())


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_lacks_anything_is_not_whole(folder: Path, ending: str) -> None:
    path = folder / f"x{ending}"
    whole = path.read_bytes()
    for length in (0, 8, len(whole) // 2, len(whole) - 2):
        path.write_bytes(whole[:length])
        assert not is_whole(path), length
    path.unlink()
    assert not is_whole(path)


@pytest.mark.parametrize("ending", [".mtl", ".png"])
def test_an_obj_needs_its_material_and_texture(folder: Path, ending: str) -> None:
    (folder / f"x{ending}").unlink()
    assert not is_whole(folder / "x.obj")


def test_pictures_know_their_maker(folder: Path) -> None:
    own = {path.name for path in folder.iterdir() if is_own_picture(path)}
    assert own == {"x.png", "x_overlay.png"}
    assert not is_own_picture(folder / "missing.png")
