"""Reference of csrc/ops/pose."""

from __future__ import annotations

import math

import numpy as np

from facesdk.core.arrays import DoubleArray, FloatArray
from facesdk.core.rotation import rotation_from_vector


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
    """In double: the pose turned to where the crop is, then Gauss-Newton on the landmarks in the picture."""
    r, m, face = rotation.astype(float), translation.astype(float), landmarks.astype(float)
    k = intrinsics.astype(float)
    seen = face @ r.T + m
    leaning = rotation_from_vector(np.array([0.0, 0.0, roll]))
    target = np.asarray(center) + focal_ratio * side * (seen[:, :2] / seen[:, 2:]) @ leaning[:2, :2].T

    ray = np.linalg.solve(k, np.array([*center, 1.0]))
    axis = np.array([-ray[1], ray[0], 0.0])  # z x ray
    off = float(np.linalg.norm(axis))
    turn = rotation_from_vector(axis / max(off, 1e-12) * math.atan2(off, 1.0)) @ leaning
    grow = math.sqrt(k[0, 0] * k[1, 1]) / (focal_ratio * side) * float(np.linalg.norm(ray))
    r, m = turn @ r, turn @ (m * [1.0, 1.0, grow])
    for _ in range(steps):
        r, m = gauss_newton(r, m, face, target, k)
    projected = (face @ r.T + m) @ k.T
    px = projected[:, :2] / projected[:, 2:]
    return r.astype(np.float32), m.astype(np.float32), px.astype(np.float32)


def gauss_newton(
    rotation: DoubleArray, translation: DoubleArray, face: DoubleArray, target: DoubleArray, k: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """One step on the six numbers of a pose towards the target px (N, 2) of the landmarks (N, 3)."""
    turned = face @ rotation.T
    camera = turned + translation
    z = camera[:, 2:3]
    projected = camera @ k.T
    pixels = projected[:, :2] / z
    by_point = (k[None, :2, :] - pixels[:, :, None] * k[None, 2:3, :]) / z[:, :, None]  # (N, 2, 3)
    # A small turn w moves a point by w x turned, hence a pixel by w . (turned x slope).
    by_turn = np.cross(turned[:, None, :], by_point)
    jacobian = np.concatenate([by_turn, by_point], axis=2).reshape(-1, 6)
    residual = (target - pixels).reshape(-1)
    normal = jacobian.T @ jacobian
    # The damping is far below any real curvature; it only keeps a degenerate face solvable.
    normal[np.diag_indices(6)] *= 1.0 + 1e-9
    try:
        step = np.linalg.solve(normal, jacobian.T @ residual)
    except np.linalg.LinAlgError:
        return rotation, translation
    moved = translation + step[3:]
    if not np.isfinite(step).all() or moved[2] <= 1.0:
        return rotation, translation  # a step behind the camera is worse than none
    return rotation_from_vector(step[:3]) @ rotation, moved


def rotation_from_six(six: FloatArray) -> FloatArray:
    """Gram and Schmidt; the third column is the cross product."""
    first, second = six.astype(float).reshape(2, 3)
    first = first / max(float(np.linalg.norm(first)), 1e-9)
    second = second - (first @ second) * first
    if float(np.linalg.norm(second)) <= 1e-9:
        second = np.cross(first, np.eye(3)[int(np.argmin(np.abs(first)))])
    second = second / max(float(np.linalg.norm(second)), 1e-9)
    return np.stack([first, second, np.cross(first, second)], 1).astype(np.float32)
