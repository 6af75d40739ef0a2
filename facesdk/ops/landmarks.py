"""Landmarks from coefficients and from meshes, and their boxes (csrc/ops/landmarks)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.compiled import _core


def crop_landmarks(
    mean: FloatArray,
    bases: FloatArray,
    identity: FloatArray,
    expression: FloatArray,
    rotation: FloatArray,
    translation: FloatArray,
    center: tuple[float, float],
    side: float,
    roll: float,
    focal_ratio: float,
) -> tuple[FloatArray, FloatArray]:
    """Project the landmarks of a crop's face straight from its coefficients: no mesh is decoded.

    Args:
        mean: (N, 3) mm, face frame.
        bases: (I + E, N, 3) mm per unit, face frame.
        identity: (I,).
        expression: (E,).
        rotation: (3, 3), face frame -> virtual camera of the crop.
        translation: (3,) mm.
        center: of the crop, px of the picture.
        side: of the crop, px of the picture.
        roll: of the crop, radians.
        focal_ratio: the virtual camera's focal length over the side.

    Returns:
        (N, 2) crop sides from the crop's centre, and (N, 2) px of the picture.
    """
    return _core.crop_landmarks(
        mean, bases, identity, expression, rotation, translation, *center, side, roll, focal_ratio
    )


def mesh_points(verts: FloatArray, corners: IntArray, weights: FloatArray) -> FloatArray:
    """Interpolate points on a mesh.

    Args:
        verts: (V, 3), any unit and frame.
        corners: (N, 3) int32, vertices.
        weights: (N, 3), barycentric.

    Returns:
        (N, 3) float32, as verts.
    """
    return _core.mesh_points(verts, corners, weights)


def mean_distance(a: FloatArray, b: FloatArray) -> float:
    """Compute the mean distance of corresponding points (N, 2), N > 0."""
    return _core.mean_distance(a, b)


def oriented_bbox(points: FloatArray, angle: float) -> tuple[float, float, float, float]:
    """Compute the bounding box of points in a turned frame.

    Args:
        points: (N, 2), N > 0.
        angle: radians; the frame's axes are (cos, sin) and (-sin, cos).

    Returns:
        Minimal x and y, maximal x and y in that frame.
    """
    return _core.oriented_bbox(points, angle)


def landmark_roll_and_bbox(
    landmarks: FloatArray, forehead: float
) -> tuple[float, tuple[float, float, float, float]]:
    """Compute roll and upright box of a face from its landmarks.

    Args:
        landmarks: (68, 2).
        forehead: how far the box reaches above the brows, over the height of the landmarks along the face.

    Returns:
        Roll in radians, that of the line from the middle of the mouth to the middle of the eyes, > 0 where
        the top leans to the picture's right; and the box x0, y0, x1, y1.
    """
    return _core.landmark_roll_and_bbox(landmarks, forehead)
