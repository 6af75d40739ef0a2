"""Each reason for distrust is found, and named."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import InvalidArray, _core
from facesdk.core.arrays import FloatArray
from facesdk.reference.quality import quality


def named(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(_core.quality_reasons()) if bits >> bit & 1)


def face(seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """A sharp crop and landmarks in the middle of a picture of 400 x 400 px."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(100, 220, (68, 2)).astype(np.float32)
    return rng.uniform(size=(112, 112)).astype(np.float32), points


@pytest.mark.parametrize(("change", "reason"), [
    ({}, None),
    ({"landmarks_px": 0.05}, "small"),
    ({"blur": 4.0}, "blurred"),
    ({"yaw_deg": -88.0}, "extreme yaw"),
    ({"width": 160}, "cut by the border"),
    ({"score": 0.3}, "low detector score"),
    ({"landmark_error": 0.05}, "uncertain landmarks"),
    ({"light": 0.04}, "dark"),
    ({"light": 3.0}, "over-exposed"),
    ({"occluded_share": 0.45}, "occluded"),
    ({"occluded_share": 0.14}, None),
])  # fmt: skip
def test_reasons(change: dict[str, float], reason: str | None) -> None:
    gray, points = face()
    if "landmarks_px" in change:
        points = 160 + (points - 160) * np.float32(change["landmarks_px"])
    if "blur" in change:
        gray = cv2.GaussianBlur(gray, (0, 0), change["blur"])
    gray = np.asarray(np.clip(gray * change.get("light", 1.0), 0, 1), np.float32)
    score, bits = _core.quality(
        gray, points, change.get("yaw_deg", 10.0), change.get("score", 0.9),
        change.get("landmark_error", 0.02), change.get("occluded_share", 0.0), 400,
        int(change.get("width", 400)),
    )  # fmt: skip
    assert named(bits) == (() if reason is None else (reason,))
    assert (score < 0.7) == (reason is not None)


@pytest.mark.parametrize("seed", range(20))
def test_quality_is_that_of_the_reference(seed: int) -> None:
    """Sharpness sums float32 squares in another order: 1e-5 of a factor."""
    rng = np.random.default_rng(seed)
    gray, points = face(seed)
    gray = cv2.GaussianBlur(gray, (0, 0), float(rng.uniform(0.3, 4)))
    gray = np.asarray(np.clip(gray * rng.uniform(0.02, 2.5), 0, 1), np.float32)
    points = 160 + (points - 160) * np.float32(rng.uniform(0.02, 2))
    given = (
        float(rng.uniform(-120, 120)),
        float(rng.uniform()),
        float(rng.uniform(0.0, 0.08)),
        float(rng.uniform(0.0, 1.2)),
        int(rng.integers(100, 500)),
        int(rng.integers(100, 500)),
    )
    score, bits = _core.quality(gray, points, *given)
    expected, reasons = quality(gray, points, *given)
    assert score == pytest.approx(expected, abs=1e-4)
    assert named(bits) == reasons


@pytest.mark.parametrize("side", ["left", "right", "above", "below"])
def test_a_face_is_called_cut_from_a_fifth_outside_on(side: str) -> None:
    """The share is that of the landmarks' box, not of the landmarks: few lie on the jaw's side."""
    gray, points = face()
    width, height = np.ptp(points, axis=0)

    def reasons(share: float) -> tuple[str, ...]:
        shift = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}[side]
        start = points - points.min(0) if side in ("left", "above") else points - points.max(0) + 399
        moved = start + np.array(shift) * share * [width, height]
        return named(_core.quality(gray, moved.astype(np.float32), 0.0, 0.9, 0.02, 0.0, 400, 400)[1])

    assert reasons(0.05) == ()
    assert reasons(0.2) == reasons(0.4) == ("cut by the border",)


@pytest.mark.parametrize(("gray", "points", "name"), [
    (np.zeros((9, 8), np.float32), np.zeros((68, 2), np.float32), "gray"),
    (np.zeros((2, 2), np.float32), np.zeros((68, 2), np.float32), "gray"),
    (np.zeros((9, 9)), np.zeros((68, 2), np.float32), "gray"),
    (np.zeros((9, 9), np.float32), np.zeros((60, 2), np.float32), "landmarks"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(gray: Any, points: Any, name: str) -> None:
    with pytest.raises(InvalidArray, match=name):
        _core.quality(gray, points, 0.0, 1.0, 0.0, 0.0, 100, 100)
