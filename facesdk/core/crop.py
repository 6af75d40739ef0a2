"""Crops: the square, upright regions of a picture that the network sees (csrc/pipeline/align.h).

A crop is a similarity transform: a square of `side` picture pixels round `center`, rotated by `roll_deg`
(positive: the top leans to the picture's right), resampled to size x size pixels.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core

MARGIN = _core.CROP_MARGIN  # side of the crop over the longer side of the box round the 68 landmarks
# Box of the landmarks from a detection's box: its longer side over the geometric mean of the detection's
# sides, and how far below the detection's centre it lies, in the same unit.
DETECTION_TO_LANDMARKS = _core.DETECTION_TO_LANDMARKS
DETECTION_SHIFT_DOWN = _core.DETECTION_SHIFT_DOWN
FOREHEAD = _core.FOREHEAD  # how far a face's box reaches above the brows, over the landmarks' height


@dataclasses.dataclass(frozen=True)
class Crop:
    """A square region of a picture, rotated upright."""

    center: tuple[float, float]  # px of the picture
    side: float  # px of the picture
    roll_deg: float  # the region's top leans to the picture's right by this much
    size: int  # px of the crop

    @functools.cached_property
    def matrix(self) -> FloatArray:
        """(2, 3) float32, picture px -> crop px."""
        return _core.crop_matrix(self.geometry, self.size, False)

    @property
    def geometry(self) -> tuple[float, float, float, float]:
        """Centre x, y, side and roll: a crop as the engine takes it."""
        return (*self.center, self.side, self.roll_deg)

    def to_picture(self, points: npt.ArrayLike) -> FloatArray:
        """(N, 2) crop px -> (N, 2) picture px."""
        centered = np.asarray(points, dtype=np.float64) - (self.size - 1) / 2
        angle = math.radians(self.roll_deg)
        c, s = math.cos(angle), math.sin(angle)
        back = centered @ (np.array([[c, s], [-s, c]]) * (self.side / self.size)) + self.center
        return np.asarray(back, np.float32)

    def to_crop(self, points: npt.ArrayLike) -> FloatArray:
        """(N, 2) picture px -> (N, 2) crop px."""
        moved = np.asarray(points, dtype=np.float64) @ self.matrix[:, :2].astype(np.float64).T
        return (moved + self.matrix[:, 2]).astype(np.float32)


def make_crop(center: tuple[float, float], side: float, roll_deg: float, size: int) -> Crop:
    """The crop of `side` picture pixels, at least 1, round `center`."""
    return Crop((float(center[0]), float(center[1])), max(float(side), 1.0), float(roll_deg), size)


def crop_from_landmarks(landmarks_px: npt.ArrayLike, roll_deg: float | None, size: int) -> Crop:
    """The crop round the box of landmarks.

    Args:
        landmarks_px: (68, 2) px of the picture.
        roll_deg: the crop is upright by this roll; None: by that of the landmarks.
        size: px of the crop.
    """
    points = np.ascontiguousarray(landmarks_px, dtype=np.float32)
    return _crop(_core.crop_from_landmarks(points, roll_deg), size)


def crop_from_detection(
    box: npt.ArrayLike, five_points: npt.ArrayLike | None, size: int, roll_deg: float | None = None
) -> Crop:
    """The crop of a detection.

    Args:
        box: (4,) x0, y0, x1, y1 px, forehead to chin.
        five_points: (5, 2) px: right eye, left eye, nose tip, right and left mouth corner of the person; they
            give the roll where roll_deg is None. None: upright.
        size: px of the crop.
        roll_deg: > 0 where the top of the head leans to the picture's right.
    """
    points = None if five_points is None else np.ascontiguousarray(five_points, dtype=np.float32)
    return _crop(
        _core.crop_from_detection(np.ascontiguousarray(box, dtype=np.float32), points, roll_deg), size
    )


def roll_from_landmarks(landmarks: npt.ArrayLike) -> float:
    """Roll in degrees of 68 landmarks (68, 2), by the line from the mouth to the eyes.

    The labels that the network learned from were rotated upright by this line.
    """
    points = np.ascontiguousarray(landmarks, dtype=np.float32)
    return math.degrees(_core.landmark_roll_and_bbox(points, FOREHEAD)[0])


def _crop(geometry: tuple[float, float, float, float], size: int) -> Crop:
    x, y, side, roll_deg = geometry
    return Crop((x, y), side, roll_deg, size)
