"""What a user meets at the prompt: help, repr, the version, copies and pickles, also in other processes."""

from __future__ import annotations

import copy
import dataclasses
import multiprocessing
import pickle
import pydoc
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facesdk
from facesdk import FaceSDK, Options, Result, Tracker, manifest, ops
from facesdk.detect import Detector
from facesdk.io.image import load_image

COPIES = [lambda given: pickle.loads(pickle.dumps(given)), copy.copy, copy.deepcopy]
UNITS = {"_px": "px", "_deg": "degrees", "_megapixels": "megapixels", "threads": "CPU threads"}


def first_face(sdk: FaceSDK, picture: Any) -> Any:
    return sdk.reconstruct(picture).faces[0]


@pytest.mark.parametrize("field", dataclasses.fields(Options), ids=lambda field: field.name)
def test_help_tells_every_option_with_range_unit_and_default(field: dataclasses.Field[Any]) -> None:
    text = pydoc.plain(pydoc.render_doc(Options))
    found = re.search(rf"\n \|\s+{field.name}: (.*?)(?=\n \|\s+\w+: |\n \|  \n)", text, re.DOTALL)
    assert found, field.name
    words = " ".join(found[1].replace("|", " ").split())
    default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    assert re.search(rf'default "?{re.escape(default)}\b', words), words
    for ending, unit in UNITS.items():
        if field.name.endswith(ending):
            assert unit in words
    if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
        low, high = re.match(r"([\d.]+) to ([\d.]+)", words).groups()  # type: ignore[union-attr]
        assert getattr(Options(**{field.name: type(field.default)(low)}), field.name) == float(low)
        assert getattr(Options(**{field.name: type(field.default)(high)}), field.name) == float(high)
        with pytest.raises(facesdk.InvalidOptions, match=field.name):
            Options(**{field.name: type(field.default)(high) * 2})


@pytest.mark.parametrize("name", facesdk.__all__)
def test_every_public_name_has_help(name: str) -> None:
    thing = getattr(facesdk, name)
    assert isinstance(thing, str) or (thing.__doc__ and not thing.__doc__.startswith(f"{name}("))


def test_the_version_is_that_of_the_package() -> None:
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.*)"$', text, re.MULTILINE)[1] == facesdk.__version__  # type: ignore[index]


def test_everything_of_a_call_prints_in_one_short_line(tiny_sdk: FaceSDK, picture: Any) -> None:
    sdk = FaceSDK(tiny_sdk.options, detector=[[110, 60, 210, 180]])
    result = sdk.track(picture)
    face = result.faces[0]
    detector = Detector(manifest.asset_path(manifest.DETECTOR_PLAN))
    points = np.float32([[1, 1, 5], [1, 7, 5], [7, 1, 5]])
    raster = ops.rasterize(points, np.int32([[0, 1, 2]]), 8, 9, want=("depth", "triangle"))
    printed = [
        result, face, sdk, sdk.tracker, sdk.options, face.pose, face.quality, face.appearance, face.model,
        face.posed_mesh, face.rendering, face.texture, face.export_mesh, face.export_mesh.topology,
        face.drawn(), sdk.observe(picture, [[110, 60, 210, 180]], verify=False), detector,
        detector(load_image(manifest.asset_path(manifest.SAMPLE))), detector(picture), raster,
    ]  # fmt: skip
    for thing in printed:
        text = repr(thing)
        assert len(text) < 160, text
        assert "\n" not in text
        assert "array(" not in text
        assert " object at 0x" not in text
        assert text.startswith(type(thing).__name__)


def test_an_sdk_and_its_results_cross_processes_started_anew(tiny_options: Options, picture: Any) -> None:
    """The way of multiprocessing everywhere but on Linux: arguments and results are pickled."""
    sdk = FaceSDK(tiny_options, detector=[[110, 60, 210, 180]])
    pictures = [picture, np.ascontiguousarray(picture[::-1]), np.ascontiguousarray(picture[:, ::-1])]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(sdk.reconstruct, pictures))
    for result, one in zip(found, pictures, strict=True):
        assert isinstance(result, Result)
        np.testing.assert_array_equal(result.image, one)
        np.testing.assert_array_equal(result.faces[0].verts_face_mm, first_face(sdk, one).verts_face_mm)
        np.testing.assert_array_equal(result.faces[0].render(), first_face(sdk, one).render())


@pytest.mark.parametrize("again", COPIES, ids=["pickle", "copy", "deepcopy"])
def test_a_copy_made_in_a_video_starts_a_new_video(tiny_options: Options, picture: Any, again: Any) -> None:
    sdk = FaceSDK(tiny_options, detector=[[110, 60, 210, 180]])
    own = Tracker(sdk)
    for _ in range(2):
        followed = sdk.track(picture).faces
        sdk.track(picture, tracker=own)
    assert [face.track for face in again(followed)] == [face.track for face in followed] == [0]
    assert (len(again(sdk).tracker), len(again(own))) == (0, 0)
    assert (len(sdk.tracker), len(own)) == (1, 1)  # the video goes on
    assert [face.track for face in again(sdk).track(picture)] == [0]


def test_a_tracker_whose_sdk_is_gone_says_so(tiny_options: Options) -> None:
    tracker = Tracker(FaceSDK(tiny_options))
    with pytest.raises(TypeError, match="keep the FaceSDK"):
        pickle.dumps(tracker)


@pytest.mark.parametrize("again", COPIES, ids=["pickle", "copy", "deepcopy"])
def test_an_sdk_with_a_detector_of_ours_is_copied_with_its_settings(again: Any) -> None:
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    detector = Detector(manifest.asset_path(manifest.DETECTOR_PLAN), threshold=0.6, max_faces=2)
    one, two = again(detector), again(FaceSDK(Options(backend="native"), detector=detector))
    assert repr(one) == repr(detector)
    np.testing.assert_array_equal(one(photo).boxes_xyxy, detector(photo).boxes_xyxy)
    expected = FaceSDK(Options(backend="native"), detector=detector).reconstruct(photo).faces[0]
    np.testing.assert_array_equal(two.reconstruct(photo).faces[0].verts_face_mm, expected.verts_face_mm)
