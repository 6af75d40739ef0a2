"""Names that are not UTF-8, or that the locale cannot spell, are names like any other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import AssetError, Face, FaceSDK, FaceSDKError, InvalidOptions, Options, manifest
from facesdk.io.path_text import path_text, utf8_text

ODD = {"not UTF-8": b"2\xff", "Latin-1": b"caf\xe9", "UTF-8": "写真 é".encode(), "spaces": b" a  #b% "}


@pytest.fixture
def face(tiny_sdk: FaceSDK, picture: Any) -> Face:
    return tiny_sdk.reconstruct(picture).faces[0]


def odd_path(folder: Path, name: bytes, ending: str) -> Path:
    path = folder / os.fsdecode(name + ending.encode())
    try:
        path.touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    path.unlink()
    return path


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("ending", [".glb", ".ply", ".json"])
def test_a_face_is_saved_under_any_name(face: Face, tmp_path: Path, name: str, ending: str) -> None:
    face.save(odd_path(tmp_path, ODD[name], ending))
    assert os.listdir(os.fsencode(tmp_path)) == [ODD[name] + ending.encode()]


@pytest.mark.parametrize("name", ODD)
def test_references_in_files_are_the_bytes_of_the_names(face: Face, tmp_path: Path, name: str) -> None:
    path = odd_path(tmp_path, ODD[name], ".obj")
    face.save(path)
    assert b"\nmtllib " + ODD[name] + b".mtl\n" in path.read_bytes()
    assert path.with_suffix(".mtl").read_bytes().endswith(b"map_Kd " + ODD[name] + b".png\n")
    assert set(os.listdir(os.fsencode(tmp_path))) == {ODD[name] + e for e in (b".obj", b".mtl", b".png")}


def test_an_obj_with_a_line_break_in_its_name_is_refused(face: Face, tmp_path: Path) -> None:
    for name in ("a\nb.obj", "a\rb.obj", "\n.obj"):
        with pytest.raises(InvalidOptions, match="line break") as caught:
            face.save(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ODD)
def test_a_photo_of_any_name_costs_the_others_nothing(
    facesdk: Any, tmp_path: Path, picture: Any, name: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for path in (folder / "1.jpg", odd_path(folder, ODD[name], ".jpg"), folder / "3.jpg"):
        path.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
    bad = odd_path(folder, b"bad" + ODD[name], ".jpg")
    bad.write_bytes(b"no picture")
    status, out, err = facesdk("reconstruct", folder, "--formats", "obj,json", "--out", tmp_path / "out")
    assert (status, len(out.splitlines()), len(err.splitlines())) == (2, 3, 1)
    assert err.startswith(f"error: {path_text(bad)}: not a picture")
    written = set(os.listdir(os.fsencode(tmp_path / "out")))
    for stem in (b"1", ODD[name], b"3"):
        assert {stem + b"_face0.obj", stem + b"_face0.mtl", stem + b"_face0.png", stem + b".json"} <= written
    record = (tmp_path / "out" / os.fsdecode(ODD[name] + b".json")).read_bytes()
    json.loads(record)["source"].encode()  # what every reader of JSON takes


@pytest.mark.parametrize("name", ODD)
def test_a_video_of_any_name_is_tracked(facesdk: Any, tmp_path: Path, picture: Any, name: str) -> None:
    plain = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(plain, cv2.VideoWriter_fourcc(*"MJPG"), 10, picture.shape[1::-1])
    writer.write(picture)
    writer.release()
    video = odd_path(tmp_path, ODD[name], ".avi")
    shutil.copy(plain, video)
    status, out, err = facesdk("track", video, "--out", video.with_suffix(".jsonl"))
    assert (status, "faces in 1 of 1 frames" in out, err) == (0, True, "")
    assert video.with_suffix(".jsonl").exists()
    status, _, err = facesdk("track", video.with_suffix(".mp4"), "--out", tmp_path / "none.jsonl")
    assert (status, len(err.splitlines())) == (2, 1)


def test_assets_in_a_folder_of_any_name_are_loaded(tmp_path: Path) -> None:
    folder = odd_path(tmp_path, ODD["not UTF-8"], "")
    shutil.copytree(manifest.ASSETS, folder)
    plan = folder / manifest.NETWORK_PLAN
    sdk = FaceSDK(Options(network=plan, face_model=folder / manifest.FACE_MODEL))
    face = sdk.reconstruct(manifest.asset_path(manifest.SAMPLE)).faces[0]
    assert face.neutral().shape == face.verts_face_mm.shape
    with pytest.raises(AssetError, match=r"cannot be read") as caught:
        FaceSDK(Options(network=odd_path(tmp_path, ODD["Latin-1"], ".plan")))
    str(caught.value).encode()


def test_a_locale_of_ascii_loses_no_name(tmp_path: Path, picture: np.ndarray) -> None:
    """Without UTF-8 mode, LC_ALL=C means ASCII."""
    photo = manifest.asset_path(manifest.SAMPLE).read_bytes()
    (tmp_path / "in").mkdir()
    for name in ODD.values():
        with open(os.fsencode(tmp_path / "in") + b"/" + name + b".jpg", "wb") as file:
            file.write(photo)
    ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = subprocess.run(
        [sys.executable, "-m", "facesdk", "reconstruct", "in", "--out", "out", "--formats", "obj,json"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, **ascii_locale},
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert len(run.stdout.splitlines()) == len(ODD)
    for name in ODD.values():
        stem = os.fsencode(tmp_path / "out") + b"/" + name
        with open(stem + b"_face0.mtl", "rb") as file:
            assert b"map_Kd " + name + b"_face0.png" in file.read().splitlines()
        with open(stem + b".json", "rb") as file:
            assert json.load(file)["source"] == "in/" + (name + b".jpg").decode("utf-8", "backslashreplace")


@pytest.mark.parametrize(("name", "expected"), [
    (b"photo.jpg", "photo.jpg"),
    ("写真.jpg".encode(), "写真.jpg"),
    (b"caf\xe9.jpg", "caf\\xe9.jpg"),
    (b"a\nb\x1b[31m.jpg", "a\\x0ab\\x1b[31m.jpg"),
])  # fmt: skip
def test_paths_become_text_on_one_line(name: bytes, expected: str) -> None:
    assert path_text(os.fsdecode(name)) == expected
    assert utf8_text(os.fsdecode(name)).encode()


def test_an_unwritable_place_is_named_whatever_its_name(face: Face, tmp_path: Path) -> None:
    for name in ODD.values():
        target = tmp_path / os.fsdecode(name) / "x.json"
        with pytest.raises(FaceSDKError, match="cannot be written") as caught:
            face.save(target)
        str(caught.value).encode()
