"""NumPy reference of csrc/pipeline/quality."""

from __future__ import annotations

import math

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.reference.sharpness import sharpness

REASON_BELOW = 0.7
SMALL_PX = (12.0, 48.0)  # sqrt(w * h) of the landmarks' box
SHARPNESS = (0.008, 0.035)
YAW_DEG = (110.0, 60.0)
OUTSIDE = (0.5, 0.05)  # share of the landmarks out of the picture
SCORE = (0.2, 0.7)  # of the detector


def quality(
    gray: FloatArray, landmarks_px: FloatArray, yaw_deg: float, score: float, height: int, width: int
) -> tuple[float, tuple[str, ...]]:
    """Product of the factors, and the names of those below REASON_BELOW."""
    points = landmarks_px.astype(float)
    outside = ((points < -0.5) | (points > [width - 0.5, height - 0.5])).any(1).mean()
    factors = {
        "small": _ramp(math.sqrt(float(np.prod(np.ptp(points, axis=0)))), *SMALL_PX),
        "blurred": _ramp(sharpness(gray), *SHARPNESS),
        "extreme yaw": _ramp(abs(yaw_deg), *YAW_DEG),
        "cut by the border": _ramp(float(outside), *OUTSIDE),
        "low detector score": _ramp(score, *SCORE),
    }
    return math.prod(factors.values()), tuple(k for k, factor in factors.items() if factor < REASON_BELOW)


def _ramp(value: float, poor: float, good: float) -> float:
    return min(1.0, max(0.0, (value - poor) / (good - poor)))
