"""Reference of csrc/ops/landmarks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray

# Times the 68 landmarks: from the middle of the mouth to the middle of the eyes.
MOUTH_TO_EYES = np.repeat([0.0, 1 / 12, -1 / 20], [36, 12, 20])


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
    """A dense product, then the crop's camera, then the crop's place in the picture."""
    face = mean + np.einsum("k,knx->nx", np.concatenate([identity, expression]).astype(float), bases)
    seen = face @ rotation.astype(float).T + translation
    in_crop = focal_ratio * seen[:, :2] / seen[:, 2:]
    in_picture = side * in_crop @ _turn(roll).T + center
    return in_crop.astype(np.float32), in_picture.astype(np.float32)


def mesh_points(verts: FloatArray, corners: NDArray[np.int32], weights: FloatArray) -> FloatArray:
    """Weighted sums of the corners."""
    return np.asarray(np.einsum("nc,ncx->nx", weights, verts[corners]))


def mean_distance(a: FloatArray, b: FloatArray) -> float:
    """Of two sets of points."""
    return float(np.linalg.norm(a.astype(float) - b, axis=1).mean())


def oriented_bbox(points: FloatArray, angle: float) -> tuple[float, float, float, float]:
    """Least and greatest of the points in the turned frame."""
    turned = points.astype(float) @ _turn(angle)  # rows times turn = turn(-angle) times columns
    return (*turned.min(0).tolist(), *turned.max(0).tolist())


def landmark_roll_and_bbox(
    landmarks: FloatArray, forehead: float
) -> tuple[float, tuple[float, float, float, float]]:
    """Roll, and the box of the landmarks and of the brows lifted along the line from mouth to eyes."""
    points = landmarks.astype(float)
    axis = MOUTH_TO_EYES @ points
    unit = axis / max(float(np.linalg.norm(axis)), 1e-6)
    above = forehead * float(np.ptp(points @ unit)) * unit
    every = np.concatenate([points, points[17:27] + above])
    return math.atan2(axis[0], -axis[1]), (*every.min(0).tolist(), *every.max(0).tolist())


def _turn(angle: float) -> NDArray[np.float64]:
    """Rotation in the picture (y down) that leans an upright face to the right by an angle in radians."""
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
