"""From a detection or from landmarks to the square, upright crop that the network sees.

A crop is a similarity transform: a square of `side` picture pixels round `center`, turned by `roll_deg`
(positive: the top leans to the picture's right), resampled to size x size pixels.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from facesdk import ops

FloatArray = npt.NDArray[np.float32]

# Side of the crop over the longer side of the box round the 68 landmarks.
MARGIN = 1.45
# Box of the 68 landmarks from a detection box (forehead to chin), in an upright frame: its longer side over
# the geometric mean of the detection's sides, and how far below the detection's centre it lies, in the same
# unit. Medians over 900 training photos, the same from frontal to profile; the second pass corrects the rest.
DETECTION_TO_LANDMARKS = 0.90
DETECTION_SHIFT_DOWN = 0.135
FOREHEAD = 0.31
"""How far a face's box reaches above the brows, over the height of the landmarks: a median of training
scenes."""


@dataclasses.dataclass(frozen=True)
class Crop:
    """A square region of a picture, turned upright."""

    center: tuple[float, float]  # px of the picture
    side: float  # px of the picture
    roll_deg: float  # the region's top leans to the picture's right by this much
    size: int  # px of the crop
    matrix: FloatArray  # (2, 3), picture px -> crop px

    def to_picture(self, points: npt.ArrayLike) -> FloatArray:
        """(N, 2) crop px -> (N, 2) picture px."""
        centered = np.asarray(points, dtype=np.float64) - (self.size - 1) / 2
        back = centered @ (_turn(self.roll_deg).T * (self.side / self.size)) + self.center
        return np.asarray(back, np.float32)

    def to_crop(self, points: npt.ArrayLike) -> FloatArray:
        """(N, 2) picture px -> (N, 2) crop px."""
        moved = np.asarray(points, dtype=np.float64) @ self.matrix[:, :2].astype(np.float64).T
        return (moved + self.matrix[:, 2]).astype(np.float32)


def make_crop(center: tuple[float, float], side: float, roll_deg: float, size: int) -> Crop:
    """The crop of `side` picture pixels round `center`, turned by roll_deg, at size x size pixels."""
    side = max(float(side), 1.0)  # a degenerate box must not divide by zero
    x, y, angle, zoom = float(center[0]), float(center[1]), math.radians(roll_deg), size / side
    c, s, middle = math.cos(angle) * zoom, math.sin(angle) * zoom, (size - 1) / 2
    matrix = np.array([[c, s, middle - c * x - s * y], [-s, c, middle + s * x - c * y]], np.float32)
    return Crop((x, y), side, float(roll_deg), size, matrix)


def crop_from_landmarks(landmarks_px: npt.ArrayLike, roll_deg: float, size: int) -> Crop:
    """Crop round the box of the (68, 2) landmarks, taken in the frame turned upright by roll_deg."""
    angle = math.radians(roll_deg)
    left, top, right, bottom = ops.oriented_bbox(_f32(landmarks_px), angle)
    across, down = (left + right) / 2, (top + bottom) / 2
    c, s = math.cos(angle), math.sin(angle)
    center = (c * across - s * down, s * across + c * down)
    return make_crop(center, MARGIN * max(right - left, bottom - top), roll_deg, size)


def crop_from_detection(
    box: npt.ArrayLike, five_points: npt.ArrayLike | None, size: int, roll_deg: float | None = None
) -> Crop:
    """Crop from a detection box (x0, y0, x1, y1) and, where known, its five points (5, 2).

    The five points (right eye, left eye, nose tip, right and left mouth corner of the person) give the roll
    unless roll_deg is given.
    """
    x0, y0, x1, y1 = np.asarray(box, dtype=np.float64)
    if roll_deg is None:
        roll_deg = 0.0 if five_points is None else roll_from_points(five_points)
    scale = math.sqrt(max(x1 - x0, 1.0) * max(y1 - y0, 1.0))
    down = _turn(roll_deg) @ np.array([0.0, DETECTION_SHIFT_DOWN * scale])
    center = ((x0 + x1) / 2 + down[0], (y0 + y1) / 2 + down[1])
    return make_crop(center, MARGIN * DETECTION_TO_LANDMARKS * scale, roll_deg, size)


def roll_from_landmarks(landmarks: npt.ArrayLike) -> float:
    """Roll in degrees of 68 landmarks (68, 2), from the middle of the mouth to the middle of the eyes.

    The labels that the network learned from were cut upright by this line.
    """
    return math.degrees(ops.landmark_roll_and_bbox(_f32(landmarks), FOREHEAD)[0])


def roll_from_points(five_points: npt.ArrayLike) -> float:
    """Roll in degrees of five points (5, 2); the top leaning to the picture's right is positive.

    The line of the eyes, the line of the mouth and the line between both each vote with their length, so
    that a profile, whose eyes coincide, is turned by the line that it does show.
    """
    right_eye, left_eye, _, right_mouth, left_mouth = np.asarray(five_points, dtype=np.float64)
    across = (left_eye - right_eye) + (left_mouth - right_mouth)
    down = (right_mouth + left_mouth) / 2 - (right_eye + left_eye) / 2
    x_axis = across + np.array([down[1], -down[0]])  # down, turned a quarter back, is the x axis too
    return math.degrees(math.atan2(x_axis[1], x_axis[0]))


def _f32(points: npt.ArrayLike) -> FloatArray:
    return np.ascontiguousarray(points, dtype=np.float32)


def _turn(roll_deg: float) -> npt.NDArray[np.float64]:
    """Rotation in the picture (y down) that leans an upright face to the right by roll_deg."""
    angle = math.radians(roll_deg)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
