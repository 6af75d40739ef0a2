"""Covered faces are completed: which networks see what, and where their picture goes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from facesdk import AssetError, FaceSDK, InvalidArray, Options, _core, manifest, ops
from facesdk.core.arrays import Picture
from facesdk.io.image import load_photo
from facesdk.reference import completion as reference
from tests.pipeline.covers import GREEN, SIDE, Drawn, GreenIsCover, Painted, covered_by, sdk_with


@pytest.fixture(scope="module")
def photo() -> Picture:
    return load_photo(manifest.asset_path(manifest.SAMPLE)).picture


@pytest.fixture(scope="module")
def landmarks(photo: Picture) -> Any:
    return FaceSDK(Options(max_faces=1)).reconstruct(photo).faces[0].landmarks_px


@pytest.fixture(scope="module")
def masked(photo: Picture, landmarks: Any) -> Picture:
    """The sample with a green medical mask."""
    return covered_by(photo, landmarks, 29, 8)


def test_what_is_covered_is_painted_and_nothing_else(
    masked: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = sdk_with(monkeypatch).reconstruct(masked).faces[0]
    image, generated = face.completed_image, face.generated_mask
    assert image.shape == masked.shape
    np.testing.assert_array_equal(image[~generated], masked[~generated])
    assert generated[face.occlusion_mask].all()
    deep = face.occlusion_mask.copy()
    deep[1:-1, 1:-1] = np.lib.stride_tricks.sliding_window_view(face.occlusion_mask, (3, 3)).all(axis=(2, 3))
    assert (image[deep] == Painted.COLOR).all()
    assert generated.mean() < 2 * face.occlusion_mask.mean()


def test_both_networks_see_what_the_reference_says(masked: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, painted = Drawn(), Painted()
    face = sdk_with(monkeypatch, drawn=drawn, painted=painted).reconstruct(masked).faces[0]
    seen = face.occlusion
    crop = ops.warp(masked, seen.matrix, SIDE, normalize=False)
    covered = reference.covered_pixels(seen.chance, seen.outline)
    np.testing.assert_array_equal(covered, seen.completion.generated)
    given, lines = reference.contours_input(crop, covered)
    np.testing.assert_array_equal(drawn.seen[-1][..., :3], given[..., :3])
    expected = reference.picture_input(crop, covered, lines, Drawn.logits())
    np.testing.assert_array_equal(painted.seen[-1][..., :3], expected[..., :3])
    assert np.abs(painted.seen[-1][..., 3].astype(int) - expected[..., 3]).max() <= 1  # exp is our own


@pytest.mark.parametrize("deocclude", ["auto", "always"])
def test_a_bare_face_is_left_as_it_is(
    deocclude: str, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = Drawn()
    off = FaceSDK(Options(max_faces=1)).reconstruct(photo).faces[0]
    face = sdk_with(monkeypatch, drawn=drawn, deocclude=deocclude).reconstruct(photo).faces[0]
    assert not drawn.seen
    np.testing.assert_array_equal(face.completed_image, photo)
    assert not face.generated_mask.any()
    assert (off.completed_image, off.generated_mask) == (None, None)
    np.testing.assert_array_equal(face.verts_face_mm, off.verts_face_mm)


def test_little_cover_is_painted_on_request_alone(
    photo: Picture, landmarks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = photo.copy()
    x, y = landmarks[30].astype(int)
    patch[y - 8 : y + 8, x - 8 : x + 8] = GREEN
    auto = sdk_with(monkeypatch).reconstruct(patch).faces[0]
    assert 0 < auto.occluded_share < _core.COMPLETED_FROM
    assert not auto.generated_mask.any()
    always = sdk_with(monkeypatch, deocclude="always").reconstruct(patch).faces[0]
    assert always.occluded_share == auto.occluded_share
    assert always.generated_mask[y, x]


def test_a_face_that_is_covered_all_over_has_a_stated_result(
    photo: Picture, landmarks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (x0, y0), (x1, y1) = landmarks.min(0).astype(int), landmarks.max(0).astype(int)
    covered = photo.copy()
    covered[max(y0 - 120, 0) : y1 + 60, x0 - 60 : x1 + 60] = GREEN
    face = sdk_with(monkeypatch).reconstruct(covered, boxes=[[x0, y0 - 40, x1, y1]]).faces[0]
    assert face.occluded_share > 0.9
    assert face.quality.score < 0.2
    assert face.generated_mask.any()
    assert np.isfinite(face.verts_face_mm).all()


@pytest.mark.parametrize("picture", ["black", "beyond"])
def test_nothing_to_see_is_no_failure(picture: str, photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A black frame, and a crop that lies outside the picture for the most part."""
    sdk = sdk_with(monkeypatch, deocclude="always")
    image = np.zeros_like(photo) if picture == "black" else photo
    box = [[10, 10, 90, 90]] if picture == "black" else [[-300.0, -300.0, 20.0, 20.0]]
    for face in sdk.reconstruct(image, boxes=box).faces:
        assert face.completed_image.shape == image.shape
        assert face.quality.score < 0.5


def test_a_network_that_says_nothing_paints_black(masked: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Painted):
        def run(self, pixels: Picture) -> list[Any]:
            return [np.full((1, SIDE, SIDE, 3), np.nan, np.float32)]

    face = sdk_with(monkeypatch, painted=Broken()).reconstruct(masked).faces[0]
    assert face.completed_image[face.generated_mask].min() == 0


def test_a_video_is_painted_where_the_face_was_looked_at(
    photo: Picture, masked: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = Drawn()
    sdk = sdk_with(monkeypatch, drawn=drawn)
    for _ in range(4):
        sdk.track(photo)
    for _ in range(12):
        face = sdk.track(masked).faces[0]
    assert face.generated_mask.any()
    assert 1 <= len(drawn.seen) <= 4
    for _ in range(8):
        face = sdk.track(photo).faces[0]
    assert not face.generated_mask.any()


def test_completions_pickle_and_copy(masked: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    face = sdk_with(monkeypatch).reconstruct(masked).faces[0]
    for again in (pickle.loads(pickle.dumps(face)), copy.deepcopy(face)):
        np.testing.assert_array_equal(again.completed_image, face.completed_image)
        np.testing.assert_array_equal(again.generated_mask, face.generated_mask)


@pytest.mark.parametrize("name", ["contours", "picture"])
def test_a_network_of_another_kind_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, painted = Drawn(), Painted()
    (drawn if name == "contours" else painted).outputs = ["mask"]
    with pytest.raises(AssetError, match=f"with an output {name}"):
        sdk_with(monkeypatch, drawn=drawn, painted=painted)


def test_a_network_of_another_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = Painted()
    painted.side = 64
    with pytest.raises(AssetError, match="pictures of 128 px"):
        sdk_with(monkeypatch, painted=painted)


@pytest.mark.parametrize(("height", "width", "side"), [(1, 1, 8), (40, 70, 16), (97, 33, 128)])
def test_painting_has_the_bits_of_the_reference(height: int, width: int, side: int) -> None:
    rng = np.random.default_rng(side)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    rgb = rng.integers(0, 256, (side, side, 3), np.uint8)
    generated = (rng.random((side, side)) < 0.4).astype(np.uint8)
    matrix = np.array([[0.9, 0.3, -2.5], [-0.2, 1.1, 3.25]], np.float32) * np.float32(side / 40)
    painted, changed = _core.paint_completion(picture, rgb, generated, matrix)
    expected, expected_changed = reference.paint(picture, rgb, generated, matrix)
    np.testing.assert_array_equal(painted, expected)
    np.testing.assert_array_equal(changed, expected_changed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", np.zeros((4, 4), np.uint8)),
        ("rgb", np.zeros((4, 5, 3), np.uint8)),
        ("generated", np.zeros((5, 5), np.uint8)),
        ("matrix", np.zeros((3, 3), np.float32)),
    ],
)
def test_bad_arguments_are_named(name: str, value: np.ndarray) -> None:
    good = {
        "image": np.zeros((4, 4, 3), np.uint8), "rgb": np.zeros((4, 4, 3), np.uint8),
        "generated": np.zeros((4, 4), np.uint8), "matrix": np.eye(2, 3, dtype=np.float32),
    }  # fmt: skip
    with pytest.raises(InvalidArray, match=f"^{name}: "):
        _core.paint_completion(**(good | {name: value}))


def test_green_is_what_the_mask_network_takes(photo: Picture) -> None:
    """The tests above rest on it."""
    assert GreenIsCover().run(np.zeros((1, SIDE, SIDE, 4), np.uint8))[0].max() < 0
