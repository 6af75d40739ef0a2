"""NumPy reference of csrc/pipeline/camera."""

from __future__ import annotations

import math

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.reference.align import CropGeometry
from facesdk.reference.pose import picture_pose


def assume_intrinsics(height: int, width: int, field_of_view_deg: float, min_focal_px: float) -> FloatArray:
    """(3, 3): the field of view of the long side, no wider than min_focal_px allows."""
    focal = max(max(width, height) / 2 / math.tan(math.radians(field_of_view_deg) / 2), min_focal_px)
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], np.float32)


def camera_pose(
    crop: CropGeometry,
    rotation: FloatArray,
    translation_mm: FloatArray,
    focal_ratio: float,
    landmarks_face_mm: FloatArray,
    intrinsics: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rotation, translation and landmarks in px by two Gauss-Newton steps in the picture's camera."""
    x, y, side, roll_deg = crop
    return picture_pose(
        rotation, translation_mm, landmarks_face_mm, (x, y), side, math.radians(roll_deg), focal_ratio,
        intrinsics, steps=2,
    )  # fmt: skip
