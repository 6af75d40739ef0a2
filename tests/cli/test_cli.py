"""The command line: what it writes, what it prints, and status 2 for whatever went wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest

from facesdk import BackendUnavailable, FaceSDK, Options, manifest
from facesdk.cli import main as cli
from facesdk.inference.backends import library_version
from facesdk.options import BACKENDS


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
    assert out.splitlines()[0].startswith(f"{photos}/a.png: 1 face")
    lines = err.splitlines()
    assert lines[0] == f"{photos}/b.png: no face found"
    assert lines[1].startswith(f"error: {photos}/c.jpg: not a picture")
    assert lines[2].startswith(f"error: {photos}/missing.png: cannot be read")
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
    (["reconstruct", "--sample", "--formats", ","], "expected some of"),
    (["reconstruct", "--sample", "--max-faces", "0"], "max_faces"),
    (["reconstruct", "--sample", "--max-megapixels", "2000"], "max_megapixels"),
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


def test_the_version_is_printed(facesdk: Any) -> None:
    from facesdk import __version__

    assert facesdk("--version") == (0, f"facesdk {__version__}\n", "")


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


@pytest.mark.parametrize("absent", [(), ("openvino",), ("onnxruntime", "openvino")])
def test_info_is_right_about_every_backend(
    absent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A backend is said to be available if and only if an SDK with it can be made."""
    for module in absent:
        monkeypatch.setitem(sys.modules, module, None)  # its import fails, as where it is not installed
    monkeypatch.setattr(sys, "argv", ["facesdk", "info"])
    with pytest.raises(SystemExit):
        cli.main()
    rows = [row.split(maxsplit=1)[1] for row in capsys.readouterr().out.splitlines() if "  backend " in row]
    lines = dict(row.split(": ", 1) for row in rows)
    assert tuple(lines) == BACKENDS
    for backend, line in lines.items():
        try:
            FaceSDK(Options(backend=backend, preset="tiny"))
            works = True
        except BackendUnavailable:
            works = False
        assert not works or backend not in absent
        assert works or backend in ("openvino", "tensorrt", *absent)  # which need not be installed
        assert line.startswith("available" if works else "not available"), line
        assert works or "install" in line


def test_info_has_no_version_from_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module counts, not the package it came with: opencv-python and onnxruntime-gpu work as well."""
    monkeypatch.setattr("importlib.metadata.version", lambda _: (_ for _ in ()).throw(ModuleNotFoundError))
    assert library_version("cv2") == cv2.__version__
    assert library_version("numpy")
    assert library_version("no_such_module") is None


def test_info_names_the_engine_of_every_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["facesdk", "info"])
    with pytest.raises(SystemExit) as leave:
        cli.main()
    assert not leave.value.code
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  network")]
    assert len(lines) == 6
    for preset, plan in (("default", manifest.NETWORK_PLAN), ("tiny", "mobile_facernet_tiny.plan")):
        assert any(f"{preset} detector: {manifest.DETECTOR_PLAN} by native (auto" in line for line in lines)
        assert any(f"{preset} regressor: {plan} by native (auto" in line for line in lines)
        assert any(f"{preset} eyes: {manifest.EYES} by native" in line for line in lines)


def test_bench_prints_and_stores_every_stage(facesdk: Any, tmp_path: Path) -> None:
    status, out, err = facesdk("bench", "--runs", "2", "--json", tmp_path / "bench.json")
    assert status == 0, err
    content = json.loads((tmp_path / "bench.json").read_text())
    for stage in ("network", "decode", "camera", "track", "render", "reconstruct"):
        assert stage in out
        assert content["stages"][stage]["p50"] <= content["stages"][stage]["p99"]
    assert str(tmp_path) not in json.dumps(content)


def test_the_limit_of_megapixels_is_an_option(facesdk: Any, photos: Path, tmp_path: Path) -> None:
    run = ("reconstruct", photos / "a.png", "--formats", "json", "--out", tmp_path / "out")
    status, _, err = facesdk(*run, "--max-megapixels", "0.01")
    assert (status, "limit is 0.01" in err, len(err.splitlines())) == (2, True, 1)
    assert facesdk(*run, "--max-megapixels", "0.1")[0] == 0


def test_a_part_of_a_photo_is_taken_on_request(
    facesdk: Any, photos: Path, picture: Any, tmp_path: Path
) -> None:
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    for number, missing in enumerate((2, 500, len(data) // 2)):
        (photos / f"cut{number}.jpg").write_bytes(data[:-missing])
        run = ("reconstruct", photos / f"cut{number}.jpg", "--formats", "json", "--out", tmp_path / "out")
        status, _, err = facesdk(*run)
        assert (status, "--allow-truncated" in err, len(err.splitlines())) == (2, True, 1)
        status, out, err = facesdk(*run, "--allow-truncated")
        assert (status, "incomplete picture" in out, len(out.splitlines()), err) == (0, True, 1, "")
        assert json.loads((tmp_path / "out" / f"cut{number}.json").read_text())["notes"]


def test_colours_are_fitted_where_a_format_shows_them(facesdk: Any, tmp_path: Path) -> None:
    for formats, state in (("json", "predicted"), ("json,ply", "fitted")):
        status, _, err = facesdk("reconstruct", "--sample", "--formats", formats, "--out", tmp_path / state)
        assert status == 0, err
        content = json.loads((tmp_path / state / "sample.json").read_text())
        assert content["faces"][0]["appearance"] == state


def write_video(path: Path, frames: list[Any]) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_track_writes_a_line_per_frame(facesdk: Any, tmp_path: Path, picture: Any) -> None:
    video = write_video(tmp_path / "clip.avi", [picture, picture, picture * 0])
    status, out, err = facesdk("track", video, "--out", tmp_path / "clip.jsonl")
    assert status == 0, err
    assert out.startswith("clip.avi: faces in ")
    lines = [json.loads(line) for line in (tmp_path / "clip.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2]
    assert [line["time_s"] for line in lines] == [0.0, 0.1, 0.2]
    first = lines[0]["faces"][0]
    assert (first["track"], first["appearance"]) == (0, "predicted")


def test_a_video_that_is_none_leaves_no_file(facesdk: Any, tmp_path: Path) -> None:
    (tmp_path / "clip.avi").write_bytes(b"no video")
    status, _, err = facesdk("track", tmp_path / "clip.avi", "--out", tmp_path / "clip.jsonl")
    assert (status, "clip.avi: cannot be read as a video" in err) == (2, True)
    assert [p.name for p in tmp_path.iterdir() if "jsonl" in p.name] == []
