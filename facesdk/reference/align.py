"""NumPy reference of csrc/pipeline/align.

A crop is (x, y, side, roll_deg): centre and side in pixels of the picture; its top leans to the picture's
right by the roll.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from facesdk.core.arrays import DoubleArray, FloatArray
from facesdk.core.crop import DETECTION_SHIFT_DOWN, DETECTION_TO_LANDMARKS, FOREHEAD, MARGIN
from facesdk.reference.landmarks import landmark_roll_and_bbox, oriented_bbox

CropGeometry: TypeAlias = tuple[float, float, float, float]


def crop_from_detection(
    box: FloatArray, five_points: FloatArray | None, roll_deg: float | None
) -> CropGeometry:
    """Crop of a box x0, y0, x1, y1 (4,), rotated by its roll or by its five points (5, 2)."""
    x0, y0, x1, y1 = box.astype(float)
    if roll_deg is None:
        roll_deg = 0.0 if five_points is None else roll_from_points(five_points)
    scale = math.sqrt(max(x1 - x0, 1.0) * max(y1 - y0, 1.0))
    down = _rotation(roll_deg) @ np.array([0.0, DETECTION_SHIFT_DOWN * scale])
    side = max(MARGIN * DETECTION_TO_LANDMARKS * scale, 1.0)
    return (x0 + x1) / 2 + float(down[0]), (y0 + y1) / 2 + float(down[1]), side, roll_deg


def crop_from_landmarks(landmarks_px: FloatArray, roll_deg: float | None = None) -> CropGeometry:
    """Crop round the box of landmarks (68, 2), taken in the frame rotated upright by their roll."""
    if roll_deg is None:
        roll_deg = math.degrees(landmark_roll_and_bbox(landmarks_px, FOREHEAD)[0])
    left, top, right, bottom = oriented_bbox(landmarks_px, math.radians(roll_deg))
    x, y = _rotation(roll_deg) @ np.array([(left + right) / 2, (top + bottom) / 2])
    return float(x), float(y), max(MARGIN * max(right - left, bottom - top), 1.0), roll_deg


def crop_matrix(crop: CropGeometry, size: int, mirrored: bool = False) -> FloatArray:
    """(2, 3) picture px -> px of the crop of size x size, or of the crop mirrored left to right."""
    x, y, side, roll_deg = crop
    linear = _rotation(roll_deg).T * (size / side)
    matrix = np.column_stack([linear, (size - 1) / 2 - linear @ [x, y]])
    if mirrored:
        matrix = matrix * [[-1], [1]] + [[0, 0, size - 1], [0, 0, 0]]
    return matrix.astype(np.float32)


def roll_from_points(five_points: FloatArray) -> float:
    """Roll in degrees of right eye, left eye, nose tip, right and left mouth corner (5, 2).

    The line of the eyes, the line of the mouth and the line between both each vote with their length.
    """
    right_eye, left_eye, _, right_mouth, left_mouth = five_points.astype(float)
    across = (left_eye - right_eye) + (left_mouth - right_mouth)
    down = (right_mouth + left_mouth) / 2 - (right_eye + left_eye) / 2
    x_axis = across + np.array([down[1], -down[0]])  # down, rotated back by a right angle, is the x axis too
    return math.degrees(math.atan2(x_axis[1], x_axis[0]))


def _rotation(roll_deg: float) -> DoubleArray:
    """In the picture (y down): leans an upright face to the right by roll_deg."""
    angle = math.radians(roll_deg)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
