"""Faces on their side or head: right, or doubted, never upright meshes on inverted faces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facesdk import FaceSDK, manifest
from facesdk.core.arrays import FloatArray, Picture
from facesdk.io.image import load_image

HEADS = sorted((Path(__file__).parent / "fixtures" / "heads").glob("*.png"))


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK()


def turned_points(points: FloatArray, quarters: int, height: int, width: int) -> FloatArray:
    """Where points (N, 2) of a picture height x width lie after np.rot90."""
    for _ in range(quarters):
        points = np.stack([points[:, 1], width - 1 - points[:, 0]], 1)
        height, width = width, height
    return points


def error_percent(found: FloatArray, true: FloatArray) -> float:
    """Mean distance of landmarks over the size of the true ones' box, per cent."""
    return float(100 * np.linalg.norm(found - true, axis=1).mean() / np.sqrt(np.prod(np.ptp(true, axis=0))))


def worst_sure(sdk: FaceSDK, picture: Picture, quarters: int) -> tuple[float, int]:
    """Largest error of those faces of the turned picture that the SDK is sure of, and how many there are."""
    true = sdk.reconstruct(picture).faces[0].landmarks_px
    true = turned_points(true, quarters, *picture.shape[:2])
    found = sdk.reconstruct(np.ascontiguousarray(np.rot90(picture, quarters))).faces
    errors = [error_percent(face.landmarks_px, true) for face in found if face.quality.score >= 0.5]
    return max(errors, default=0.0), len(errors)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_no_sure_face_of_the_turned_sample_is_wrong(sdk: FaceSDK, quarters: int) -> None:
    picture = load_image(manifest.asset_path(manifest.SAMPLE))
    assert worst_sure(sdk, picture, quarters)[0] < 5


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_heads_on_their_side_or_head_are_found_right_or_doubted(sdk: FaceSDK, quarters: int) -> None:
    results = [worst_sure(sdk, load_image(path), quarters) for path in HEADS[::3]]
    assert max(error for error, _ in results) < 5
    assert sum(count for _, count in results) >= len(results) // 3  # most are found at all


def test_a_box_round_an_inverted_face_is_enough(sdk: FaceSDK) -> None:
    """The caller's box says nothing of the roll."""
    picture = load_image(manifest.asset_path(manifest.SAMPLE))
    face = sdk.reconstruct(picture).faces[0]
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = face.box_xyxy_px
    box: npt.NDArray[Any] = np.array([[width - 1 - x1, height - 1 - y1, width - 1 - x0, height - 1 - y0]])
    inverted = np.ascontiguousarray(picture[::-1, ::-1])
    found = sdk.reconstruct(inverted, boxes=box).faces[0]
    true = turned_points(face.landmarks_px, 2, height, width)
    assert error_percent(found.landmarks_px, true) < 5 or found.quality.score < 0.5
    assert abs(abs(found.pose.roll_deg) - 180) < 30 or found.quality.score < 0.5


def test_upright_faces_cost_no_turns(sdk: FaceSDK) -> None:
    """A leaning head is no reason to turn: its crop is upright by the detector's roll."""
    picture = load_image(manifest.asset_path(manifest.SAMPLE))
    height, width = picture.shape[:2]
    lean = cv2.getRotationMatrix2D((width / 2, height / 3), 25, 1.0)
    leaning = np.asarray(cv2.warpAffine(picture, lean, (width, height), borderMode=cv2.BORDER_REPLICATE))
    true = sdk.reconstruct(picture).faces[0].landmarks_px @ lean[:, :2].T + lean[:, 2]
    assert error_percent(sdk.reconstruct(leaning).faces[0].landmarks_px, true) < 2.5
