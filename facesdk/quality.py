"""How far a reconstruction can be trusted, from what is known without the truth.

Each measure becomes a factor in 0..1 by a ramp between a poor and a good value; the score is their product,
and a factor below 0.7 gives its reason.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.result import Quality

REASON_BELOW = 0.7

SMALL_PX = (12.0, 48.0)  # sqrt(w * h) of the landmarks' box
# At the network's resolution: blur that it cannot see does not count. A photo blurred by 2 % of the face has
# 0.028 (by Gauss), its original over 0.045.
SHARPNESS = (0.008, 0.035)
YAW_DEG = (110.0, 60.0)  # beyond 60 degrees one eye is hidden and its side is inferred
OUTSIDE = (0.5, 0.05)  # share of the landmarks out of the picture
SCORE = (0.2, 0.7)  # of the detector


def assess(
    crop_gray: npt.NDArray[np.float32],
    landmarks_px: npt.NDArray[np.float32],
    yaw_deg: float,
    detector_score: float,
    width: int,
    height: int,
) -> Quality:
    """Quality of one face from its (S, S) gray crop in 0..1, its (68, 2) landmarks and its detection."""
    x, y = landmarks_px.T.tolist()
    left, right, top, bottom = min(x), max(x), min(y), max(y)
    inside = left >= -0.5 and top >= -0.5 and right <= width - 0.5 and bottom <= height - 0.5
    factors = {
        "small": _ramp(math.sqrt(max(0.0, (right - left) * (bottom - top))), *SMALL_PX),
        "blurred": _ramp(ops.sharpness(crop_gray), *SHARPNESS),
        "extreme yaw": _ramp(abs(yaw_deg), *YAW_DEG),
        "cut by the border": 1.0 if inside else _ramp(_outside(landmarks_px, width, height), *OUTSIDE),
        "low detector score": _ramp(detector_score, *SCORE),
    }
    reasons = tuple(reason for reason, factor in factors.items() if factor < REASON_BELOW)
    return Quality(math.prod(factors.values()), reasons)


def _outside(landmarks_px: npt.NDArray[np.float32], width: int, height: int) -> float:
    """Share of the landmarks out of the picture."""
    outside = (landmarks_px < -0.5) | (landmarks_px > np.array([width - 0.5, height - 0.5]))
    return float(outside.any(axis=1).mean())


def _ramp(value: float, poor: float, good: float) -> float:
    return min(1.0, max(0.0, (value - poor) / (good - poor)))
