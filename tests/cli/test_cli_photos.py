"""Folders of photos on the command line: which are read, what their files are called, how a run goes on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

ALL = "glb,obj,ply,json,overlay,sheet"


def put(path: Path, picture: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(picture).save(path, **options)
    return path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def sources(folder: Path) -> dict[str, str]:
    """The source of every photo's record."""
    records = {path.name: json.loads(path.read_text()) for path in folder.rglob("*.json")}
    return {name: record["source"] for name, record in records.items() if "image_size" in record}


def test_every_format_that_pillow_opens_is_read(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    kinds = {
        "a.jpg": "JPEG", "b.JPG": "JPEG", "c.jfif": "JPEG", "d.jpe": "JPEG", "e.png": "PNG", "f.webp": "WEBP",
        "g.bmp": "BMP", "h.tif": "TIFF", "i.gif": "GIF", "j.ppm": "PPM", "k.jp2": "JPEG2000", "l.tga": "TGA",
        "without_ending": "JPEG",
    }  # fmt: skip
    if ".avif" in PIL.Image.registered_extensions():
        kinds["m.avif"] = "AVIF"
    for name, kind in kinds.items():
        put(tmp_path / "in" / name, picture, format=kind)
    (tmp_path / "in" / "notes.txt").write_text("no photo")
    (tmp_path / "in" / "data.bin").write_bytes(bytes(100))
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    assert out.count(": 1 face") == len(kinds)
    assert set(sources(tmp_path / "out").values()) == {str(tmp_path / "in" / name) for name in kinds}


def test_photos_that_need_an_add_on_are_named(
    facesdk: Any, picture: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    put(tmp_path / "in" / "a.jpg", picture)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    for name, data in (("b.heic", heic), ("c.HEIF", heic), ("d.jxl", b"\xff\x0a" + bytes(20))):
        (tmp_path / "in" / name).write_bytes(data)
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    assert (status, out.count("1 face")) == (2, 1)
    lines = sorted(err.splitlines())
    assert [line.split(": ")[1].rpartition("/")[2] for line in lines] == ["b.heic", "c.HEIF", "d.jxl"]
    assert all(word in line for line, word in zip(lines, ("HEIC", "pillow-heif", "JPEG XL"), strict=True))


def test_pictures_of_other_endings_are_left_out_with_a_word(
    facesdk: Any, picture: Any, tmp_path: Path
) -> None:
    put(tmp_path / "in" / "a.jpg", picture)
    for name in ("a.jpg_original", "b.nef", "c.bak"):
        put(tmp_path / "in" / name, picture, format="TIFF")
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    assert (status, out.count("1 face"), len(err.splitlines())) == (0, 1, 1)
    assert err.startswith(f"note: {tmp_path}/in: left out by their ending: ")
    assert all(name in err for name in ("a.jpg_original", "b.nef", "c.bak"))


def test_hidden_files_are_passed_over_in_silence(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.jpg", picture)
    (tmp_path / "in" / "._a.jpg").write_bytes(b"AppleDouble")
    put(tmp_path / "in" / ".hidden.jpg", picture)
    put(tmp_path / "in" / ".thumbnails" / "a.jpg", picture)
    run = ("reconstruct", tmp_path / "in", "--formats", "overlay", "--out", tmp_path / "out", "--recursive")
    status, out, err = facesdk(*run)
    assert (status, len(out.splitlines()), err) == (0, 1, "")
    assert facesdk("reconstruct", tmp_path / "in" / ".hidden.jpg", *run[2:])[0] == 0  # named, it is meant


def test_sub_folders_are_read_on_request(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    for name in ("a.jpg", "album.jpg/a.jpg", "p/a.jpg", "p/q/b.jpg"):
        put(tmp_path / "in" / name, picture)
    (tmp_path / "in" / "p" / "round").symlink_to(tmp_path / "in")
    run = ("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    status, out, err = facesdk(*run)
    assert (status, len(out.splitlines())) == (0, 1)
    assert err == f"note: {tmp_path}/in: 2 sub-folders not read; --recursive reads them\n"
    status, out, err = facesdk(*run, "--recursive")
    assert (status, len(out.splitlines()), err) == (0, 4, "")
    written = {name for name in names(tmp_path / "out") if "_face" not in name}
    assert written == {"a.json", "album.jpg/a.json", "p/a.json", "p/q/b.json"}


def test_a_folder_of_folders_does_not_stop_the_run(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    for name in ("albums/p/a.jpg", "albums/q/b.jpg", "z/c.jpg"):
        put(tmp_path / name, picture)
    (tmp_path / "empty").mkdir()
    run = ("reconstruct", tmp_path / "albums", tmp_path / "empty", tmp_path / "z", "--formats", "json")
    status, out, err = facesdk(*run, "--out", tmp_path / "out")
    assert (status, len(out.splitlines())) == (2, 1)
    assert err.splitlines() == [
        f"error: {tmp_path}/albums: no pictures in this folder; --recursive reads its sub-folders",
        f"error: {tmp_path}/empty: no pictures in this folder",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_named(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.jpg", picture)
    put(tmp_path / "in" / "closed" / "b.jpg", picture).parent.chmod(0)
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--recursive", "--out", tmp_path / "out")
    assert (status, len(out.splitlines()), "closed: cannot be read" in err) == (2, 1, True)


def test_a_pipe_among_the_photos_costs_only_itself(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.jpg", picture)
    os.mkfifo(tmp_path / "in" / "b.jpg")
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    assert (status, out.count("1 face")) == (2, 1)
    assert err == f"error: {tmp_path}/in/b.jpg: a named pipe, expected a file\n"


@pytest.mark.parametrize("photos", [
    ("x.jpg", "x_face0.jpg"),
    ("x_face0.jpg", "x.jpg"),
    ("x.jpg", "x.png", "x.jfif"),
    ("x.jpg", "X.JPG"),
    ("x.jpg", "x_face0.jpg", "x_face0_face0.png", "x_2.jpg"),
    ("x_overlay.jpg", "x.jpg", "x_sheet.jpg"),
])  # fmt: skip
def test_no_file_of_a_run_overwrites_another(
    facesdk: Any, picture: Any, tmp_path: Path, photos: tuple[str, ...]
) -> None:
    paths = [put(tmp_path / "in" / name, picture) for name in photos]
    status, _, err = facesdk("reconstruct", *paths, "--formats", ALL, "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    assert len(names(tmp_path / "out")) == 9 * len(photos)
    assert sorted(sources(tmp_path / "out").values()) == sorted(map(str, paths))
    for record in (tmp_path / "out").glob("*_face0.json"):
        content = json.loads(record.read_text())
        if "face" in content:  # else the record of a photo of that name
            assert sources(tmp_path / "out")[record.name.replace("_face0.json", ".json")] == content["source"]


def test_a_changed_name_is_printed(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    for name in ("x.jpg", "x_face0.jpg"):
        put(tmp_path / "in" / name, picture)
    _, out, _ = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    lines = out.splitlines()
    assert "files" not in lines[0]
    assert lines[1].endswith(f"; files {tmp_path}/out/x_face0_2*")


def test_files_beside_the_photos_are_no_photos_and_overwrite_none(
    facesdk: Any, picture: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    originals = [put(folder / name, picture) for name in ("x.jpg", "x_face0.png", "y.png", "y_sheet.png")]
    content = {path: path.read_bytes() for path in originals}
    run = ("reconstruct", folder, "--formats", "obj,json,overlay,sheet", "--out", folder)
    status, out, err = facesdk(*run)
    assert (status, len(out.splitlines()), err) == (0, 4, "")
    after = names(folder)
    assert len(after) == 4 + 4 * 7
    status, out, err = facesdk(*run)
    assert (status, len(out.splitlines()), err) == (0, 4, "")
    assert names(folder) == after
    assert {path: path.read_bytes() for path in originals} == content


def test_own_pictures_are_known_by_their_content(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.jpg", picture)
    facesdk("reconstruct", tmp_path / "in", "--formats", ALL, "--out", tmp_path / "in")
    for name in ("a_overlay.png", "a_sheet.png", "a_face0.png"):
        (tmp_path / "in" / name).rename(tmp_path / "in" / f"renamed_{name}")
    put(tmp_path / "in" / "holiday_overlay.png", picture)  # a photo that only sounds like one of ours
    _, out, _ = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", tmp_path / "out")
    assert sorted(line.split(": ")[0].rpartition("/")[2] for line in out.splitlines()) == [
        "a.jpg", "holiday_overlay.png",
    ]  # fmt: skip


def photos_for_resume(tmp_path: Path, picture: Any) -> Path:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        put(tmp_path / "in" / name, picture)
    return tmp_path / "in"


def done(out: str) -> list[str]:
    return [line.split(": ")[0].rpartition("/")[2] for line in out.splitlines() if "done before" in line]


@pytest.mark.parametrize("formats", ["json", "obj,ply", "sheet", ALL])
def test_resume_skips_what_is_there(facesdk: Any, picture: Any, tmp_path: Path, formats: str) -> None:
    photos = photos_for_resume(tmp_path, picture)
    run = ("reconstruct", photos, "--formats", formats, "--out", tmp_path / "out", "--resume")
    status, out, _ = facesdk(*run)
    assert (status, done(out)) == (0, [])
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    status, out, _ = facesdk(*run)
    assert (status, done(out)) == (0, ["a.jpg", "b.jpg", "c.jpg"])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == written


def test_resume_makes_again_what_is_damaged_or_missing(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    photos = photos_for_resume(tmp_path, picture)
    run = ("reconstruct", photos, "--formats", ALL, "--out", tmp_path / "out", "--resume")
    facesdk(*run)
    for ending in (".json", "_overlay.png", "_face0.glb", "_face0.mtl", "_face0.json"):
        file = tmp_path / "out" / f"b{ending}"
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        status, out, _ = facesdk(*run)
        assert (status, done(out)) == (0, ["a.jpg", "c.jpg"]), ending
        assert file.stat().st_size > 0.9 * len(whole), ending
    (tmp_path / "out" / "c_sheet.png").unlink()
    assert done(facesdk(*run)[1]) == ["a.jpg", "b.jpg"]


def test_resume_asks_for_all_formats_of_this_run(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    photos = photos_for_resume(tmp_path, picture)
    for formats, expected in (("json", 0), ("json,overlay", 0), ("overlay", 3), ("ply,json", 0), ("ply", 3)):
        run = ("reconstruct", photos, "--formats", formats, "--out", tmp_path / "out", "--resume")
        assert len(done(facesdk(*run)[1])) == expected, formats


def test_resume_knows_changed_photos_and_photos_of_another_folder(
    facesdk: Any, picture: Any, tmp_path: Path
) -> None:
    photos = photos_for_resume(tmp_path, picture)
    run = ("--formats", "json", "--out", tmp_path / "out", "--resume")
    facesdk("reconstruct", photos, *run)
    later = (tmp_path / "out" / "b.json").stat().st_mtime + 10
    os.utime(photos / "b.jpg", (later, later))
    assert done(facesdk("reconstruct", photos, *run)[1]) == ["a.jpg", "c.jpg"]
    put(tmp_path / "other" / "a.jpg", picture)
    os.utime(tmp_path / "other" / "a.jpg", (0, 0))
    assert done(facesdk("reconstruct", tmp_path / "other", *run)[1]) == []
    assert sources(tmp_path / "out")["a.json"] == str(tmp_path / "other" / "a.jpg")


def test_resume_counts_photos_without_a_face_as_before(facesdk: Any, photos: Path, tmp_path: Path) -> None:
    (photos / "c.jpg").unlink()
    run = ("reconstruct", photos, "--formats", "json", "--out", tmp_path / "out", "--resume")
    assert facesdk(*run)[0] == 2
    status, out, err = facesdk(*run)
    assert (status, done(out)) == (2, ["a.png"])
    assert err == f"{photos}/b.png: no face found, done before\n"


def test_relative_and_absolute_paths_are_one_photo(
    facesdk: Any, picture: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos_for_resume(tmp_path, picture)
    monkeypatch.chdir(tmp_path)
    facesdk("reconstruct", "in", "--formats", "json", "--out", "out")
    assert sources(tmp_path / "out")["a.json"] == "in/a.jpg"
    _, out, _ = facesdk("reconstruct", tmp_path / "in", "--formats", "json", "--out", "out", "--resume")
    assert len(done(out)) == 3


def test_legal_long_names_are_written(facesdk: Any, picture: Any, tmp_path: Path) -> None:
    long = ["a" * 240 + ".jpg", "b" * 251 + ".jpg", "b" * 250 + "c.jpg", "写" * 83 + ".jpg"]
    for name in long:
        put(tmp_path / "in" / name, picture)
    status, out, err = facesdk("reconstruct", tmp_path / "in", "--formats", ALL, "--out", tmp_path / "out")
    assert (status, len(out.splitlines()), err) == (0, 4, "")
    assert len(names(tmp_path / "out")) == 4 * 9
    assert set(sources(tmp_path / "out").values()) == {str(tmp_path / "in" / name) for name in long}


def test_noise_is_no_photo(facesdk: Any, tmp_path: Path) -> None:
    """Files that are none leave the others alone, whatever they hold."""
    random = np.random.default_rng(0)
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.jpg").write_bytes(random.integers(0, 255, 200, dtype=np.uint8).tobytes())
    cv2.imwrite(str(folder / "z.png"), random.integers(0, 255, (240, 320, 3), dtype=np.uint8))
    status, out, err = facesdk("reconstruct", folder, "--formats", "json", "--out", tmp_path / "out")
    assert (status, len(out.splitlines()), len(err.splitlines())) == (2, 1, 20)
