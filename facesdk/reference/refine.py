"""NumPy reference of csrc/pipeline/refine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.core.landmarks import MIRROR_68
from facesdk.core.rotation import rotation_from_vector
from facesdk.reference.damped_least_squares import damped_least_squares

# How far the network is usually off: what a step may change cheaply.
ROTATION_RAD, LATERAL_MM, DEPTH_MM = 0.05, 6.0, 60.0
IDENTITY, EXPRESSION = 0.3, 0.08
LANDMARK_SIGMA = 0.004  # crop sides; the difference of two predictions that chance explains


def agree_on_landmarks(
    predictions: Sequence[FloatArray], mirrored: Sequence[FloatArray] = ()
) -> tuple[FloatArray, float] | None:
    """Mean (68, 2) of several predictions and their disagreement; None of a single one.

    Args:
        predictions: (68, 2) each, crop sides from the crop's centre.
        mirrored: the same of the crop mirrored left to right.
    """
    every = [*predictions, *(points[MIRROR_68] * np.array([-1, 1], np.float32) for points in mirrored)]
    if len(every) == 1:
        return None
    stacked = np.stack(every).astype(float)
    mean = stacked.mean(0)
    return mean.astype(np.float32), float(2 * np.linalg.norm(stacked - mean, axis=2).mean())


def refine(
    landmark_mean: FloatArray,
    landmark_bases: FloatArray,
    focal_ratio: float,
    target: FloatArray,
    identity: FloatArray,
    expression: FloatArray,
    rotation: FloatArray,
    translation_mm: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Identity, expression, rotation and translation after the most probable step towards `target` (68, 2).

    The step s minimises |J s - r|^2 / LANDMARK_SIGMA^2 + |s / prior|^2, r being the landmarks' distance to
    the target and J how they move; in double. landmark_mean (68, 3) and landmark_bases (K, 68, 3) are in mm.
    """
    given = identity, expression, rotation, translation_mm
    r, by_shape = rotation.astype(float), landmark_bases.transpose(1, 2, 0).astype(float)
    shape = np.concatenate([identity, expression]).astype(float)
    rotated = (landmark_mean + by_shape @ shape) @ r.T
    camera = rotated + translation_mm
    z = camera[:, 2:]
    at = focal_ratio * camera[:, :2] / z
    by_point = np.zeros((68, 2, 3))
    by_point[:, 0, 0] = by_point[:, 1, 1] = focal_ratio / z[:, 0]
    by_point[:, :, 2] = -at / z
    # A small rotation w moves a point p by w x p, hence a pixel by w . (p x slope).
    by_rotation = np.cross(rotated[:, None, :], by_point)
    jacobian = np.concatenate([by_rotation, by_point, by_point @ r @ by_shape], axis=2).reshape(136, -1)
    prior = np.concatenate(
        [
            [ROTATION_RAD] * 3,
            [LATERAL_MM] * 2,
            [DEPTH_MM],
            [IDENTITY] * len(identity),
            [EXPRESSION] * len(expression),
        ]
    )
    residual = (target - at).reshape(136)
    step = prior * damped_least_squares(
        (jacobian * prior).astype(np.float32), residual.astype(np.float32), LANDMARK_SIGMA**2
    )
    if not np.isfinite(step).all() or not step.any():
        return given
    end = 6 + len(identity)
    return (
        (identity + step[6:end]).astype(np.float32),
        np.clip(expression + step[end:], 0.0, 1.0).astype(np.float32),
        (rotation_from_vector(np.asarray(step[:3], np.float64)) @ r).astype(np.float32),
        (translation_mm + step[3:6]).astype(np.float32),
    )
