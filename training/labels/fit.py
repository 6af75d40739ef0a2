"""Pose, identity and expression of many faces at once from points in their pictures.

Levenberg-Marquardt on 6 + n_id + n_exp unknowns per face with batched normal equations. Everything is in
units of the crop side, seen by the virtual camera of the crop (FOCAL_RATIO crop sides long, looking at the
crop's centre).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.face_model.camera import FOCAL_RATIO


@dataclass
class Fit:
    """Fitted faces: rotation (N, 3, 3), translation_mm (N, 3), alpha (N, n_id), delta (N, n_exp), and the
    root of the mean weighted squared residual `rms` (N,) in crop sides."""

    rotation: Tensor
    translation_mm: Tensor
    alpha: Tensor
    delta: Tensor
    rms: Tensor


@dataclass(frozen=True)
class Priors:
    """alpha ~ N(alpha_mean, 1 / alpha_precision); delta in 0..1, pulled to delta_mean and, linearly, to
    zero."""

    alpha_mean: Tensor
    alpha_precision: Tensor
    delta_mean: Tensor
    delta_precision: Tensor
    delta_pull: float = 0.0


def exp_map(w: Tensor) -> Tensor:
    """Rotation matrices (N, 3, 3) of rotation vectors (N, 3)."""
    zero = torch.zeros_like(w[:, 0])
    cross = torch.stack(
        [zero, -w[:, 2], w[:, 1], w[:, 2], zero, -w[:, 0], -w[:, 1], w[:, 0], zero], 1
    ).reshape(-1, 3, 3)
    return torch.matrix_exp(cross)


def project(verts_face: Tensor, rotation: Tensor, translation_mm: Tensor) -> tuple[Tensor, Tensor]:
    """Points (N, P, 2) in crop sides from the centre, and camera-frame points (N, P, 3) in mm."""
    camera = verts_face @ rotation.transpose(1, 2) + translation_mm[:, None]
    return FOCAL_RATIO * camera[..., :2] / camera[..., 2:], camera


def initial_pose(points: Tensor, weights: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Rotation and translation by scaled orthography of the mean points (P, 3): a start for the
    iterations."""
    w = weights[..., None] / weights.sum(1, keepdim=True)[..., None]
    centre2, centre3 = (w * points).sum(1, keepdim=True), (w * mean).sum(1, keepdim=True)
    a = (mean - centre3) * w.sqrt()
    b = (points - centre2) * w.sqrt()
    # Rows of the 2x3 affine camera, then the nearest scaled rotation.
    gram = a.transpose(1, 2) @ a + 1e-3 * torch.eye(3)
    affine = torch.linalg.solve(gram, a.transpose(1, 2) @ b).transpose(1, 2)
    u, s, vt = torch.linalg.svd(affine, full_matrices=False)
    rows = u @ vt
    third = torch.cross(rows[:, 0], rows[:, 1], dim=1)
    rotation = torch.stack([rows[:, 0], rows[:, 1], third], 1)
    depth = FOCAL_RATIO / s.mean(1).clamp_min(1e-6)
    middle = (rotation @ centre3.transpose(1, 2))[..., 0]
    translation = torch.cat([centre2[:, 0] * depth[:, None] / FOCAL_RATIO, depth[:, None]], 1) - middle
    return rotation, translation


def prior_cost(priors: Priors, alpha: Tensor, delta: Tensor) -> Tensor:
    """Cost (N,) of coefficients by themselves."""
    cost = (priors.alpha_precision * (alpha - priors.alpha_mean) ** 2).sum(1)
    cost = cost + (priors.delta_precision * (delta - priors.delta_mean) ** 2).sum(1)
    return cost + 2 * priors.delta_pull * delta.sum(1)


def jacobian(camera: Tensor, rotation: Tensor, translation_mm: Tensor, basis: Tensor) -> Tensor:
    """Derivatives (N, P, 2, 6 + n) of projected points by rotation vector, translation and coefficients.

    Args:
        camera: (N, P, 3) the points in the camera frame, mm.
        rotation: (N, 3, 3).
        translation_mm: (N, 3).
        basis: (P, 3, n) mm per unit.
    """
    n, p, z = len(camera), camera.shape[1], camera[..., 2]
    by_point = camera.new_zeros(n, p, 2, 3)
    by_point[..., 0, 0] = by_point[..., 1, 1] = FOCAL_RATIO / z
    by_point[..., 0, 2] = -FOCAL_RATIO * camera[..., 0] / z**2
    by_point[..., 1, 2] = -FOCAL_RATIO * camera[..., 1] / z**2
    x, y, depth = (camera - translation_mm[:, None]).unbind(-1)
    zero = torch.zeros_like(z)
    turn = torch.stack([zero, depth, -y, -depth, zero, x, y, -x, zero], -1).reshape(n, p, 3, 3)
    arms = (by_point @ rotation[:, None]).permute(1, 0, 2, 3).reshape(p, -1, 3)
    shape = torch.bmm(arms, basis).reshape(p, n, 2, -1).transpose(0, 1)
    return torch.cat([by_point @ turn, by_point, shape], -1)


def bounded_step(normal: Tensor, gradient: Tensor, delta: Tensor, damping: Tensor) -> Tensor:
    """Levenberg-Marquardt step (N, K) whose last unknowns, delta (N, n_exp), are kept in 0..1."""
    diagonal, n_exp = torch.diagonal(normal, dim1=1, dim2=2), delta.shape[1]
    # A weight that rests on its bound and is pulled outwards takes no part in this step.
    push = gradient[:, -n_exp:]
    held = ((delta <= 0) & (push > 0)) | ((delta >= 1) & (push < 0))
    diagonal[:, -n_exp:] += held * 1e12
    diagonal += damping[:, None] * diagonal + 1e-9
    return -torch.cholesky_solve(gradient[..., None], torch.linalg.cholesky(normal))[..., 0]


def fit(
    basis: Tensor, mean: Tensor, n_id: int, points: Tensor, weights: Tensor, priors: Priors,
    start: Fit | None = None, steps: int = 12, robust: float = 0.03,
) -> Fit:  # fmt: skip
    """Fit N faces to P points each.

    basis (P, 3, n_id + n_exp) and mean (P, 3): the points' rows of the model, mm; points (N, P, 2) in crop
    sides from the centre; weights (N, P), one over the variance in crop sides squared, 0 where unknown;
    robust: residual (crop sides) at which a point's weight is a quarter (Geman-McClure).
    """
    count, n_exp = len(points), basis.shape[2] - n_id
    if start is None:
        rotation, translation = initial_pose(points, weights.clamp_max(1e5), mean)
        alpha, delta = points.new_zeros(count, n_id), priors.delta_mean.expand(count, n_exp).clone() * 0.5
    else:
        rotation, translation = start.rotation, start.translation_mm
        alpha, delta = start.alpha, start.delta
    damping = points.new_full((count,), 1e-3)
    flat = basis.reshape(-1, n_id + n_exp)

    def residual(r: Tensor, t: Tensor, a: Tensor, d: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        face = (torch.cat([a, d], 1) @ flat.T).reshape(count, -1, 3) + mean
        seen, camera = project(face, r, t)
        e = seen - points
        e = torch.where(weights[..., None] > 0, e, torch.zeros_like(e))
        square = (e**2).sum(-1)
        k = robust**2
        cost = (weights * square * k / (k + square)).sum(1) + prior_cost(priors, a, d)
        return e, camera, square, cost

    e, camera, square, cost = residual(rotation, translation, alpha, delta)
    for _ in range(steps):
        w = weights * (robust**2 / (robust**2 + square)) ** 2
        full = jacobian(camera, rotation, translation, basis) * w.sqrt()[..., None, None]
        full = full.reshape(count, -1, full.shape[-1])
        rhs = (e * w.sqrt()[..., None]).reshape(count, -1, 1)
        normal = full.transpose(1, 2) @ full
        gradient = (full.transpose(1, 2) @ rhs)[..., 0]
        precisions = (priors.alpha_precision.expand(count, n_id), priors.delta_precision.expand(count, n_exp))
        gradient[:, 6 : 6 + n_id] += priors.alpha_precision * (alpha - priors.alpha_mean)
        gradient[:, 6 + n_id :] += priors.delta_precision * (delta - priors.delta_mean) + priors.delta_pull
        torch.diagonal(normal, dim1=1, dim2=2)[:, 6:] += torch.cat(precisions, 1)
        step = bounded_step(normal, gradient, delta, damping)
        tried = (
            exp_map(step[:, :3]) @ rotation,
            translation + step[:, 3:6],
            alpha + step[:, 6 : 6 + n_id],
            (delta + step[:, 6 + n_id :]).clamp(0, 1),
        )
        new = residual(*tried)
        better = (new[3] < cost) & (tried[1][:, 2] > 100)
        rotation, translation, alpha, delta, e, camera, square, cost = (
            torch.where(better.view(-1, *[1] * (one.ndim - 1)), one, other)
            for one, other in zip(
                (*tried, *new), (rotation, translation, alpha, delta, e, camera, square, cost), strict=True
            )
        )
        damping = torch.where(better, damping * 0.3, damping * 8).clamp(1e-7, 1e4)
    rms = ((weights.clamp_max(1.0) * square).sum(1) / weights.clamp_max(1.0).sum(1).clamp_min(1e-9)).sqrt()
    return Fit(rotation, translation, alpha, delta, rms)
