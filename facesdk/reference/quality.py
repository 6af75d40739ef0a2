"""NumPy reference of csrc/pipeline/quality."""

from __future__ import annotations

import math

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.reference.sharpness import sharpness

REASON_BELOW = 0.7
SMALL_PX = (12.0, 48.0)  # sqrt(w * h) of the landmarks' box
SHARPNESS = (0.008, 0.035)  # in the least sharp direction
YAW_DEG = (110.0, 60.0)
OUTSIDE = (0.5, 0.0)  # share of the landmarks' box that lies out of the picture
SCORE = (0.2, 0.7)  # of the detector
LANDMARK_ERROR = (0.0475, 0.0205)  # expected, over the size of the face
BRIGHTNESS = (0.01, 0.06)
SATURATED = (0.6, 0.15)  # share of the pixels at the upper end
WHITE = 0.97
OCCLUDED_SHARE = (0.95, 0.15)


def quality(
    gray: FloatArray,
    landmarks_px: FloatArray,
    yaw_deg: float,
    score: float,
    landmark_error: float,
    occluded_share: float,
    height: int,
    width: int,
) -> tuple[float, tuple[str, ...]]:
    """Product of the factors, and the names of those below REASON_BELOW."""
    points = landmarks_px.astype(float)
    low, high = points.min(0), points.max(0)
    area = float(np.prod(high - low))
    within = np.minimum(high, [width - 0.5, height - 0.5]) - np.maximum(low, -0.5)
    outside = 1.0 - float(np.prod(np.maximum(within, 0.0))) / max(area, 1e-6)
    margin = len(gray) // 5
    middle = gray[margin : len(gray) - margin, margin : len(gray) - margin]
    factors = {
        "small": _ramp(math.sqrt(area), *SMALL_PX),
        "blurred": _ramp(sharpness(gray), *SHARPNESS),
        "extreme yaw": _ramp(abs(yaw_deg), *YAW_DEG),
        "cut by the border": _ramp(outside, *OUTSIDE),
        "low detector score": _ramp(score, *SCORE),
        "uncertain landmarks": _ramp(landmark_error, *LANDMARK_ERROR),
        "dark": _ramp(float(middle.astype(float).mean()), *BRIGHTNESS),
        "over-exposed": _ramp(float((middle >= np.float32(WHITE)).mean()), *SATURATED),
        "occluded": _ramp(occluded_share, *OCCLUDED_SHARE),
    }
    return math.prod(factors.values()), tuple(k for k, factor in factors.items() if factor < REASON_BELOW)


def _ramp(value: float, poor: float, good: float) -> float:
    return min(1.0, max(0.0, (value - poor) / (good - poor)))
