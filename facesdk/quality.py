"""How far a reconstruction can be trusted, from what is known without the truth.

Each measure becomes a factor in 0..1 by a ramp between a poor and a good value; the score is their product,
and a factor below 0.7 gives its reason.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facesdk.result import Quality

REASON_BELOW = 0.7

SMALL_PX = (12.0, 48.0)  # sqrt(w * h) of the landmarks' box
SHARPNESS = (0.008, 0.035)  # a photo blurred by 2 % of the face (Gauss) has 0.028, its original over 0.045
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
    extent = landmarks_px.max(axis=0) - landmarks_px.min(axis=0)
    outside = (
        (landmarks_px[:, 0] < -0.5)
        | (landmarks_px[:, 1] < -0.5)
        | (landmarks_px[:, 0] > width - 0.5)
        | (landmarks_px[:, 1] > height - 0.5)
    )
    factors = {
        "small": _ramp(math.sqrt(max(0.0, float(extent[0] * extent[1]))), *SMALL_PX),
        "blurred": _ramp(sharpness(crop_gray), *SHARPNESS),
        "extreme yaw": _ramp(abs(yaw_deg), *YAW_DEG),
        "cut by the border": _ramp(float(outside.mean()), *OUTSIDE),
        "low detector score": _ramp(detector_score, *SCORE),
    }
    reasons = tuple(reason for reason, factor in factors.items() if factor < REASON_BELOW)
    return Quality(float(np.prod(list(factors.values()))), reasons)


def sharpness(gray: npt.NDArray[np.float32]) -> float:
    """Mean strength of the Laplacian over the face's contrast; about 0.07 for a sharp crop, 0 for a flat one.

    Taken in the middle of the crop, at the network's resolution: blur that it cannot see does not count.
    """
    size = gray.shape[0]
    inner = gray[size // 5 : size - size // 5, size // 5 : size - size // 5]
    contrast = float(inner.std())
    if contrast < 1e-3:
        return 0.0
    laplacian = (
        inner[:-2, 1:-1] + inner[2:, 1:-1] + inner[1:-1, :-2] + inner[1:-1, 2:] - 4.0 * inner[1:-1, 1:-1]
    )
    return float(np.abs(laplacian).mean()) / contrast / 4.0


def _ramp(value: float, poor: float, good: float) -> float:
    return min(1.0, max(0.0, (value - poor) / (good - poor)))
