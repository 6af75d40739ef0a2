"""A number is a number, Python's or NumPy's, wherever one is asked for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, InvalidOptions, Options, ops, reconstruct_many
from facesdk.core.numbers import flag, number, whole_number
from facesdk.detect import Detector

WHOLE = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64, np.array]
REAL = [np.float16, np.float32, np.float64, np.longdouble, np.int64, np.array]


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("name", ["max_faces", "passes", "threads"])
def test_options_take_numpy_s_whole_numbers(kind: Any, name: str) -> None:
    options = Options(**{name: kind(2)})
    assert options == Options(**{name: 2})
    assert type(getattr(options, name)) is int
    assert repr(options) == repr(Options(**{name: 2}))


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("name", ["min_detector_score", "min_face_px", "field_of_view_deg", "max_megapixels"])
def test_options_take_numpy_s_numbers(kind: Any, name: str) -> None:
    value = 1 if name == "min_detector_score" else 50
    options = Options(**{name: kind(value)})
    assert type(getattr(options, name)) is float
    assert getattr(options, name) == value


@pytest.mark.parametrize("kind", [np.bool_, np.array, bool])
def test_flags_are_numpy_s_too(kind: Any) -> None:
    assert Options(fit_appearance=kind(True)).fit_appearance is True
    assert Options(fit_appearance=kind(False)).fit_appearance is False


@pytest.mark.parametrize("settings", [
    {"max_faces": np.bool_(True)}, {"max_faces": np.float32(2)}, {"max_faces": np.int64(0)},
    {"threads": np.array([2])}, {"threads": "2"}, {"threads": None}, {"passes": np.int64(4)},
    {"min_face_px": np.bool_(True)}, {"min_face_px": np.float32("nan")}, {"min_face_px": np.float32("inf")},
    {"min_detector_score": np.float64(1.01)}, {"max_megapixels": 1j}, {"max_megapixels": np.complex64(1)},
    {"max_faces": 10**400}, {"min_face_px": 10**400}, {"fit_appearance": np.int64(1)}, {"fit_appearance": 0},
    {"fit_appearance": None},
])  # fmt: skip
def test_what_is_no_number_of_the_range_is_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions, match=f"^{next(iter(settings))}: got .*, expected"):
        Options(**settings)


def test_what_is_given_back_is_python_s() -> None:
    assert type(whole_number("n", np.uint16(3), 0, 9)) is int
    assert type(number("x", np.float32(0.5), 0, 9)) is float
    assert flag("f", np.bool_(True)) is True


@pytest.mark.parametrize("workers", [np.int64(2), np.uint8(1), np.array(1)])
def test_workers_may_be_numpy_s(tiny_options: Options, picture: Any, workers: Any) -> None:
    assert len(list(reconstruct_many([picture] * 3, tiny_options, workers=workers))) == 3


def test_flags_of_a_call_and_weights_may_be_numpy_s(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture[:, :, ::-1], bgr=np.bool_(True)).faces[0]
    np.testing.assert_array_equal(face.landmarks_px, tiny_sdk.reconstruct(picture).faces[0].landmarks_px)
    for one in (np.float16(1), np.int64(1), np.bool_(True), np.array(1.0)):
        np.testing.assert_array_equal(
            face.with_expression({"jawOpen": one}), face.with_expression({"jawOpen": 1.0})
        )


def test_a_face_with_numpy_s_numbers_becomes_json(tiny_sdk: FaceSDK, picture: Any) -> None:
    result = tiny_sdk.reconstruct(picture)
    face = result.faces[0]
    plain = json.dumps(face.to_dict())
    face.score = np.float32(face.score)
    face.quality = type(face.quality)(np.float64(face.quality.score), face.quality.reasons)
    face.pose = type(face.pose)(
        face.pose.matrix, face.pose.translation_mm, face.pose.intrinsics, np.bool_(face.pose.metric)
    )
    result.timings_ms = {stage: np.float32(ms) for stage, ms in result.timings_ms.items()}
    assert json.dumps(face.to_dict()) == plain
    json.dumps(result.to_dict())


def test_the_detector_takes_them_and_checks_them() -> None:
    black = np.zeros((90, 120, 3), np.uint8)
    found = Detector(
        long_side=np.int64(320), threshold=np.float32(0.5), overlap=np.float64(0.4), max_faces=np.int32(3),
        retry=np.bool_(False), threads=np.uint8(1),
    )(black)  # fmt: skip
    assert len(found) == 0
    bad = ({"long_side": 320.5}, {"threshold": 0}, {"overlap": True}, {"max_faces": -1}, {"threads": 0})
    for settings in bad:
        with pytest.raises(InvalidOptions, match=next(iter(settings))):
            Detector(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [np.int16, np.int64, np.uint8])
def test_ops_take_numpy_s_whole_numbers(kind: Any) -> None:
    points = np.float32([[1, 1, 5], [1, 7, 5], [7, 1, 5]])
    triangles = np.int32([[0, 1, 2]])
    one = ops.rasterize(points, triangles, 8, 9, threads=1)
    two = ops.rasterize(points, triangles, kind(8), kind(9), threads=kind(1), cull=np.bool_(True))
    np.testing.assert_array_equal(one.triangle, two.triangle)
    assert ops.normals(points, triangles, threads=kind(1)).shape == (3, 3)
    picture = np.zeros((8, 9, 3), np.uint8)
    crop = ops.warp(picture, np.eye(2, 3, dtype=np.float32), kind(4), normalize=np.bool_(False))
    assert crop.shape == (4, 4, 3)
