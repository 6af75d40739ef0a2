"""Without networks for it, a covered face is completed by drawing it in the photo's colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, InvalidArray, Options, _core, manifest
from facesdk.core.arrays import Picture
from facesdk.io.image import load_photo
from facesdk.reference import completion as reference
from facesdk.reference.occlusion import CELLS
from tests.pipeline.covers import GREEN, covered_by, sdk_with

SIDE = 128


@pytest.fixture(scope="module")
def photo() -> Picture:
    return load_photo(manifest.asset_path(manifest.SAMPLE)).picture


@pytest.fixture(scope="module")
def landmarks(photo: Picture) -> Any:
    return FaceSDK(Options(max_faces=1)).reconstruct(photo).faces[0].landmarks_px


def drawing(seed: int) -> dict[str, Any]:
    """A disc with a hole for a drawn face, a photo in other colours, and a bar that covers both."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    drawn = (np.hypot(x, y) < 50) & ~((np.abs(x) < 12) & (np.abs(y - 15) < 4))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[SIDE // 2 : SIDE // 2 + 30] = 1
    return {
        "crop": rng.integers(0, 256, (SIDE, SIDE, 4), np.uint8),
        "mask": mask,
        "outline": (rng.random((CELLS, CELLS)) < 0.9).astype(np.uint8),
        "color": (rng.random((SIDE, SIDE, 3)) * drawn[..., None]).astype(np.float32),
        "depth": (600.0 * drawn).astype(np.float32),
    }


@pytest.mark.parametrize("seed", range(3))
def test_bits_are_those_of_the_reference(seed: int) -> None:
    given = drawing(seed)
    rgb, generated = _core.blend_drawn_face(**given)
    expected, expected_generated = reference.blend_drawn_face(**given)
    np.testing.assert_array_equal(generated, expected_generated)
    np.testing.assert_array_equal(rgb, expected)
    assert generated[SIDE // 2 + 15, SIDE // 2] == 1  # the hole
    assert tuple(rgb[SIDE // 2 + 15, SIDE // 2]) == reference.HOLE


def test_a_drawing_takes_the_photo_s_colours() -> None:
    """One that is 40 levels too dark on the left and 20 too bright on the right."""
    given = drawing(0)
    given["outline"][:] = 1
    given["color"] = (0.5 * (given["depth"] > 0))[..., None].repeat(3, 2).astype(np.float32)
    offset = np.where(np.arange(SIDE) < SIDE / 2, 40, -20)
    given["crop"][...] = (128 + offset)[None, :, None]
    rgb, generated = _core.blend_drawn_face(**given)
    row = SIDE // 2 + 3
    assert abs(int(rgb[row, 30, 0]) - 168) < 12
    assert abs(int(rgb[row, 98, 0]) - 108) < 12
    np.testing.assert_array_equal(rgb[generated == 0], given["crop"][generated == 0][:, :3])


def test_where_nothing_is_seen_the_drawing_stands() -> None:
    given = drawing(1)
    given["mask"][:] = 1
    rgb, generated = _core.blend_drawn_face(**given)
    inside = given["depth"] > 0
    expected = np.floor(given["color"][inside] * np.float32(255) + np.float32(0.5))
    np.testing.assert_array_equal(rgb[inside], expected)
    assert generated[inside].all()


@pytest.mark.parametrize("where", [(2, 31), (36, 30), (48, 57)])  # cheek, an eye, the mouth
def test_a_covered_part_of_the_sample_comes_near_the_photo(
    where: tuple[int, int], photo: Picture, landmarks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (x, y), half = landmarks[list(where)].mean(0).astype(int), 14
    covered = photo.copy()
    covered[y - half : y + half, x - half : x + half] = GREEN
    sdk = sdk_with(monkeypatch, deocclude="always", networks=False)
    face = sdk.reconstruct(covered).faces[0]
    part = slice(y - half + 2, y + half - 2), slice(x - half + 2, x + half - 2)
    assert face.generated_mask[part].mean() > 0.9
    errors = [np.abs(one[part].astype(float) - photo[part]).mean() for one in (covered, face.completed_image)]
    assert errors[1] < 35 < 60 < errors[0]  # the mouth is the worst: teeth are not drawn
    np.testing.assert_array_equal(face.completed_image[~face.generated_mask], covered[~face.generated_mask])


def test_auto_waits_for_enough_cover(photo: Picture, landmarks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    masked = covered_by(photo, landmarks, 29, 8)
    auto = sdk_with(monkeypatch, networks=False)
    assert auto.reconstruct(masked).faces[0].generated_mask.any()
    patch = photo.copy()
    x, y = landmarks[30].astype(int)
    patch[y - 6 : y + 6, x - 6 : x + 6] = GREEN
    face = auto.reconstruct(patch).faces[0]
    assert 0 < face.occluded_share < _core.COMPLETED_FROM
    assert not face.generated_mask.any()


def test_the_shipped_networks_complete_a_dark_bar_over_the_mouth(photo: Picture, landmarks: Any) -> None:
    masked = photo.copy()
    left, right = landmarks[:17, 0].min(), landmarks[:17, 0].max()
    masked[int(landmarks[33, 1]) : int(landmarks[8, 1]), int(left) : int(right)] = (20, 30, 60)
    face = FaceSDK(Options(max_faces=1, deocclude="auto")).reconstruct(masked).faces[0]
    assert face.generated_mask.any()
    deep = face.generated_mask & (masked == (20, 30, 60)).all(-1)
    errors = [np.abs(one[deep].astype(float) - photo[deep]).mean() for one in (masked, face.completed_image)]
    assert errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("name", ["crop", "mask", "outline", "color", "depth"])
def test_bad_arguments_are_named(name: str) -> None:
    with pytest.raises(InvalidArray, match=f"^{name}: "):
        _core.blend_drawn_face(**(drawing(0) | {name: np.zeros((3, 3, 3))}))
