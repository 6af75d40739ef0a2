"""One Gauss-Newton step that makes pose, identity and expression follow the landmarks the network saw.

The network answers twice: with coefficients, whose mesh projects to 68 landmarks, and with maps, whose
soft-argmax are landmarks too. The errors of the two are mostly independent, so the points between them are
better than either; this step moves the coefficients there, each as far as it is usually wrong.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.camera import exponential
from facesdk.regress import Coefficients

FloatArray = npt.NDArray[np.float32]

# How far the network is usually off, measured on held-out training photos: what a step may change cheaply.
ROTATION_RAD, LATERAL_MM, DEPTH_MM = 0.05, 6.0, 60.0
IDENTITY, EXPRESSION = 0.3, 0.08
LANDMARK = 0.004  # crop sides; what is left to chance between the two answers


class LandmarkModel:
    """The 68 landmarks as a linear function of identity and expression, laid out for `refine`.

    mean (68, 3) and bases (K, 68, 3) in mm, face frame, K = n_id + n_exp.
    """

    def __init__(self, mean: FloatArray, bases: FloatArray, n_id: int) -> None:
        self.mean, self.n_id = mean, n_id
        self.by_landmark = np.ascontiguousarray(bases.transpose(1, 2, 0))  # (68, 3, K)
        n_exp = len(bases) - n_id
        usual = [
            *[ROTATION_RAD] * 3,
            LATERAL_MM,
            LATERAL_MM,
            DEPTH_MM,
            *[IDENTITY] * n_id,
            *[EXPRESSION] * n_exp,
        ]
        self.usual = np.array(usual, np.float32)


def refine(x: Coefficients, target: FloatArray, model: LandmarkModel, focal_ratio: float) -> Coefficients:
    """Coefficients whose landmarks come near `target` (68, 2), crop sides from the crop's centre.

    The step s is the most probable one: it minimises |J s - r|^2 / LANDMARK^2 + |s / usual|^2, r being how
    far the landmarks are from the target and J how they move.
    """
    turned = (model.mean + model.by_landmark @ np.concatenate([x.identity, x.expression])) @ x.rotation.T
    camera = turned + x.translation_mm
    z = camera[:, 2:]
    seen = focal_ratio * camera[:, :2] / z
    by_point = np.zeros((68, 2, 3), np.float32)
    by_point[:, 0, 0] = by_point[:, 1, 1] = focal_ratio / z[:, 0]
    by_point[:, :, 2] = -seen / z
    jacobian = np.empty((68, 2, len(model.usual)), np.float32)
    jacobian[:, :, :3] = by_point @ _cross(turned)
    jacobian[:, :, 3:6] = by_point
    np.matmul(by_point @ x.rotation, model.by_landmark, out=jacobian[:, :, 6:])
    scaled = jacobian.reshape(136, -1) * model.usual
    residual = np.asarray(target - seen, np.float32).reshape(136)
    step = model.usual * ops.damped_least_squares(scaled, residual, LANDMARK**2)
    if not np.isfinite(step).all() or not step.any():
        return x
    end = 6 + model.n_id
    return dataclasses.replace(
        x,
        rotation=(exponential(step[:3].astype(np.float64)) @ x.rotation).astype(np.float32),
        translation_mm=x.translation_mm + step[3:6],
        identity=x.identity + step[6:end],
        expression=np.clip(x.expression + step[end:], 0.0, 1.0),
    )


def _cross(turned: FloatArray) -> FloatArray:
    """(N, 3, 3) matrices that take a small turn w to the movement w x p of each point p."""
    out = np.zeros((len(turned), 3, 3), np.float32)
    out[:, 0, 1], out[:, 1, 2], out[:, 2, 0] = turned[:, 2], turned[:, 0], turned[:, 1]
    return np.asarray(out - out.transpose(0, 2, 1))
