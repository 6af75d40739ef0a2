"""Rotations and poses (csrc/ops/pose)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def rotation_from_six(six: FloatArray) -> FloatArray:
    """Orthonormalise the first two columns of a rotation (Zhou et al., On the continuity of rotation
    representations, 2019).

    Args:
        six: (6,), the columns one after the other. Parallel columns leave the turn round them open: any such
            rotation is returned.

    Returns:
        (3, 3) float32.
    """
    return _core.rotation_from_six(six)


def picture_pose(
    rotation: FloatArray,
    translation: FloatArray,
    landmarks: FloatArray,
    center: tuple[float, float],
    side: float,
    roll: float,
    focal_ratio: float,
    intrinsics: FloatArray,
    *,
    steps: int = 2,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Convert a pose in a crop's virtual camera to the picture's camera.

    Args:
        rotation: (3, 3), face frame -> virtual camera.
        translation: (3,) mm.
        landmarks: (N, 3) mm, face frame.
        center: of the crop, px of the picture.
        side: of the crop, px of the picture.
        roll: of the crop, radians.
        focal_ratio: the virtual camera's focal length over the side.
        intrinsics: (3, 3) px of the picture.
        steps: of Gauss-Newton, 0 to 1000.

    Returns:
        Rotation (3, 3) and translation (3,) mm, face frame -> picture's camera, and the landmarks' (N, 2) px.
    """
    return _core.picture_pose(
        rotation, translation, landmarks, *center, side, roll, focal_ratio, intrinsics, steps
    )
