"""Boxes from outside: equal ones are one face, pixels are told from 0..1, absurd values are named."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from facesdk import Face, FaceSDK, InvalidArray, Options

BOX = np.float32([110, 60, 210, 180])
FAR = np.float32([10, 10, 70, 80])


def ways_in(options: Options, boxes: Any, picture: Any) -> list[list[Face]]:
    """The faces of given boxes by every way in which boxes come from outside."""
    found = np.asarray(boxes, np.float64)
    scores = found[:, 4] if found.shape[1] == 5 else np.ones(len(found))
    detections = SimpleNamespace(boxes_xyxy=found[:, :4], scores=scores)
    calls = [
        FaceSDK(options).reconstruct,
        FaceSDK(options, detector=boxes).reconstruct,
        FaceSDK(options, detector=lambda _: boxes).reconstruct,
        FaceSDK(options, detector=lambda _: detections).reconstruct,
        FaceSDK(options, detector=lambda _: boxes).track,
    ]
    return [calls[0](picture, boxes=boxes).faces, *(call(picture).faces for call in calls[1:])]


@pytest.mark.parametrize(("boxes", "count"), [
    ([BOX] * 3, 1),
    ([BOX, BOX + 3, BOX - [2, 0, 0, 4]], 1),
    ([BOX, FAR, BOX, FAR + 1, FAR], 2),
    ([BOX, BOX + 25], 2),  # overlap 0.42: two heads, one behind the other
    ([[*BOX, 0.7], [*BOX + 1, 0.9], [*FAR, 0.8]], 2),
])  # fmt: skip
def test_equal_boxes_are_one_face(tiny_options: Options, picture: Any, boxes: Any, count: int) -> None:
    for faces in ways_in(tiny_options, np.array(boxes), picture):
        assert len(faces) == count


def test_of_equal_boxes_the_surest_then_the_first_is_taken(tiny_sdk: FaceSDK, picture: Any) -> None:
    (face,) = tiny_sdk.reconstruct(picture, boxes=[[*BOX, 0.7], [*BOX + 2, 0.9], [*BOX + 1, 0.8]])
    np.testing.assert_array_equal(face.box_xyxy_px, BOX + 2)
    (face,) = tiny_sdk.reconstruct(picture, boxes=[BOX + 1, BOX, BOX + 2])
    np.testing.assert_array_equal(face.box_xyxy_px, BOX + 1)


@pytest.mark.parametrize("boxes", [
    [[0.3, 0.2, 0.6, 0.7]], [[0, 0, 1, 1]], [[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 1.1, 1.2]],
    [[-0.1, 0, 0.3, 0.4]],
])  # fmt: skip
@pytest.mark.parametrize("size", [(240, 320), (5, 5), (1, 700)])
def test_normalised_boxes_are_refused_as_such(
    tiny_sdk: FaceSDK, tiny_options: Options, boxes: Any, size: tuple[int, int]
) -> None:
    picture = np.zeros((*size, 3), np.uint8)
    with pytest.raises(InvalidArray, match=r"boxes: .* looks normalised to 0\.\.1, expected pixels"):
        tiny_sdk.reconstruct(picture, boxes=boxes)
    for sdk in (FaceSDK(tiny_options, detector=boxes), FaceSDK(tiny_options, detector=lambda _: boxes)):
        for call in (sdk.reconstruct, sdk.track):
            with pytest.raises(InvalidArray, match=r"detector: .* looks normalised"):
                call(picture)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (4, 3)])
@pytest.mark.parametrize("box", [[0, 0, 1, 1], [0, 0, 0.5, 0.5], [-0.5, -0.5, 1.5, 1.5]])
def test_pictures_of_a_few_pixels_have_boxes_of_a_pixel(
    tiny_sdk: FaceSDK, size: tuple[int, int], box: Any
) -> None:
    assert len(tiny_sdk.reconstruct(np.zeros((*size, 3), np.uint8), boxes=[box])) == 1


def test_one_tiny_box_among_others_is_no_normalised_one(tiny_sdk: FaceSDK, picture: Any) -> None:
    assert len(tiny_sdk.reconstruct(picture, boxes=[[0, 0, 1, 1], BOX])) == 2


@pytest.mark.parametrize(("box", "words"), [
    ([0, 0, 1e30, 1e30], "1e\\+30.*within 1e6 px"),
    ([-1e30, -1e30, 1e30, 1e30], "within 1e6 px"),
    ([0, 0, 1e300, 1e300], "within 1e6 px"),
    ([0, -1.1e6, 50, 60], "within 1e6 px"),
    ([0, 0, np.inf, 50], "within 1e6 px"),
    ([np.nan, 0, 50, 50], "within 1e6 px"),
    ([0, 0, 10**400, 50], "not numbers"),
    ([50, 0, 10, 50], "x0 < x1"),
    ([0, 50, 50, 10], "y0 < y1"),
    ([10, 10, 10, 50], "x0 < x1"),
    ([10, 10, 10 + 1e-30, 50], "x0 < x1"),
    ([10, 10, 50, 50, 1.5], "score"),
    ([10, 10, 50, 50, np.nan], "score"),
    ([10, 10, 50, 50, -0.1], "score"),
])  # fmt: skip
def test_absurd_boxes_are_refused_by_name_without_warnings(
    tiny_options: Options, tiny_sdk: FaceSDK, picture: Any, box: Any, words: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InvalidArray, match=f"boxes: .*{words}"):
            tiny_sdk.reconstruct(picture, boxes=[list(BOX) + [1.0] * (len(box) == 5), box])
        with pytest.raises(InvalidArray, match=f"detector: .*{words}"):
            FaceSDK(tiny_options, detector=[box])  # at once, not at the first picture
        with pytest.raises(InvalidArray, match=f"detector: .*{words}"):
            FaceSDK(tiny_options, detector=lambda _: [box]).reconstruct(picture)


@pytest.mark.parametrize("part", [
    {"points": np.full((1, 5, 2), 1e30)}, {"points": np.full((1, 5, 2), np.nan)}, {"roll_deg": [1e30]},
    {"roll_deg": [np.nan]}, {"scores": [7.0]},
])  # fmt: skip
def test_absurd_points_and_rolls_of_a_detector_are_refused(
    tiny_options: Options, picture: Any, part: dict[str, Any]
) -> None:
    found = SimpleNamespace(**{"boxes_xyxy": [BOX], "scores": [1.0], **part})
    with pytest.raises(InvalidArray, match=f"detector: .*{next(iter(part)).rstrip('s')}"):
        FaceSDK(tiny_options, detector=lambda _: found).reconstruct(picture)


@pytest.mark.parametrize("box", [
    [-1e6, -1e6, 1e6, 1e6], [7e4, 7e4, 7.1e4, 7.1e4], [-9.99e5, 0, -9.98e5, 3], [0, 0, 0.5, 1e6],
    [9, 9, 9.001, 300],
])  # fmt: skip
def test_the_largest_boxes_that_are_taken_give_finite_faces(
    tiny_sdk: FaceSDK, picture: Any, box: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (face,) = tiny_sdk.reconstruct(picture, boxes=[box])
        for array in (face.landmarks_px, face.verts_camera_mm, face.landmarks_camera_mm, face.pose.matrix):
            assert np.isfinite(array).all()
        assert face.render().shape == face.overlay().shape == picture.shape
        assert face.quality.score < 0.5
