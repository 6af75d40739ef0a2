"""Pinhole cameras: (3, 3) intrinsics [[fx, s, cx], [0, fy, cy], [0, 0, 1]] in pixels.

The centre of the first pixel is (0, 0), as in OpenCV.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray
from facesdk.errors import InvalidOptions


def assumed_intrinsics(
    width: int, height: int, field_of_view_deg: float, min_focal_px: float = 0.0
) -> FloatArray:
    """Intrinsics of a picture whose camera is unknown: square pixels, centred, a stated field of view.

    Args:
        width: of the picture, px.
        height: of the picture, px.
        field_of_view_deg: angle that the longer side spans.
        min_focal_px: lower bound of the focal length; narrows the view where the picture is a close crop,
            whose true field of view must have been smaller than a whole photo's.

    Returns:
        (3, 3) float32, px.
    """
    focal = max(max(width, height) / 2 / math.tan(math.radians(field_of_view_deg) / 2), min_focal_px)
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], dtype=np.float32)


def check_intrinsics(intrinsics: npt.ArrayLike) -> FloatArray:
    """Convert the user's intrinsics to (3, 3) float32.

    Raises:
        InvalidOptions: it is not a camera matrix.
    """
    try:
        k = np.asarray(intrinsics, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidOptions(f"intrinsics: not numbers ({error}), expected a (3, 3) camera matrix") from error
    if k.shape != (3, 3):
        raise InvalidOptions(f"intrinsics: got shape {k.shape}, expected (3, 3)")
    if not np.isfinite(k).all() or not (k[0, 0] > 0 and k[1, 1] > 0) or not np.allclose(k[2], [0, 0, 1]):
        raise InvalidOptions("intrinsics: expected [[fx, s, cx], [0, fy, cy], [0, 0, 1]] with fx, fy > 0")
    return np.ascontiguousarray(k)


def project_points(points_camera_mm: npt.ArrayLike, intrinsics: npt.ArrayLike) -> FloatArray:
    """Project (N, 3) points of the camera frame, mm, to (N, 2) px; for few points (meshes: `ops.project`)."""
    p = np.asarray(points_camera_mm, dtype=np.float64) @ np.asarray(intrinsics, dtype=np.float64).T
    return (p[:, :2] / p[:, 2:3]).astype(np.float32)


def crop_intrinsics(size: int, focal_ratio: float) -> FloatArray:
    """Intrinsics of the network's virtual camera, centred on a crop.

    Args:
        size: side of the crop, px.
        focal_ratio: focal length over the side.

    Returns:
        (3, 3) float32, px of the crop.
    """
    focal, middle = focal_ratio * size, (size - 1) / 2
    return np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], dtype=np.float32)
