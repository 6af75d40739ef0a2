"""Losses against fitted labels: landmarks, surface, pose and coefficients, each in its own unit.

These carry the training; the paper's image losses (photo, ssim, smooth) come late and light beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from training.augmentation.augment import Batch
from training.face_model.camera import project, rotation_from_six
from training.face_model.linear_face import LinearFace
from training.losses.identity import IdentityLoss
from training.networks.layout import Layout

# Upper and lower lids and inner lips, pair by pair.
UPPER = (37, 38, 43, 44, 61, 62, 63)
LOWER = (41, 40, 47, 46, 67, 66, 65)


@dataclass(frozen=True)
class Weights:
    """Weight of each term: lengths in the picture in per cent of the crop, on the surface in mm."""

    land: float = 1.0
    points: float = 1.0
    surface: float = 0.5
    projected: float = 0.5
    rotation: float = 0.3
    pose: float = 1.0
    alpha: float = 0.5
    beta: float = 0.3
    delta: float = 0.5
    gamma: float = 0.3
    openings: float = 0.0
    identity: float = 0.0
    spread: float = 0.1
    presence: float = 0.5


def mean_over(values: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean; zero where nothing has weight."""
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)


def distance(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distance along the last axis, smooth at zero."""
    return ((a - b).square().sum(-1) + 1e-8).sqrt()


class FitLoss:
    """Sum of the label losses of one batch, with each term's value for the log."""

    def __init__(
        self,
        face: LinearFace,
        layout: Layout,
        weights: Weights,
        std: Tensor,
        identity: IdentityLoss | None = None,
    ) -> None:
        self.face, self.parts, self.weights, self.std = face, layout.slices(), weights, std
        self.identity = identity
        # As in weighted parameter distance: a coefficient counts by how far it moves the surface.
        effect = face.sample_basis.norm(dim=1) * torch.cat(
            [std[self.parts["alpha"]], std[self.parts["delta"]]]
        )
        self.effect = torch.ones_like(std)
        for name, part in (("alpha", effect[: face.n_id]), ("delta", effect[face.n_id :])):
            self.effect[self.parts[name]] = part / part.mean()

    def __call__(
        self, x: Tensor, points: Tensor, spread: Tensor, presence: Tensor, batch: Batch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        parts, w = {name: x[:, where] for name, where in self.parts.items()}, self.weights
        rotation = rotation_from_six(parts["R"])
        target, rows = batch.target(), batch.weight
        point_weight = (
            batch.points_weight * (rows > 0)[:, None] + 0.5 * batch.points_weight * (rows <= 0)[:, None]
        )
        terms: dict[str, Tensor] = {}
        seen = project(self.face.landmarks(parts["alpha"], parts["delta"]), rotation, parts["m"])
        off_by = distance(seen, batch.points)
        terms["land"] = mean_over(100 * off_by, point_weight)
        if self.weights.openings:
            # Eyelids and lips are close together: a small error of each point hides whether they are shut.
            gap = seen[:, UPPER] - seen[:, LOWER] - batch.points[:, UPPER] + batch.points[:, LOWER]
            both = point_weight[:, UPPER] * point_weight[:, LOWER]
            terms["openings"] = mean_over(100 * distance(gap, torch.zeros_like(gap)), both)
        if spread.shape[1] and self.weights.spread:
            # Likelihood of exp(-r / b) / (2 pi b^2), whose mean error is 2 b = exp(spread).
            likelihood = off_by.detach() * torch.exp(-spread) + spread
            terms["spread"] = mean_over(likelihood, point_weight)
        if presence.shape[1]:
            terms["presence"] = F.binary_cross_entropy_with_logits(presence[:, 0], batch.presence)
        if self.identity is not None and self.weights.identity:
            terms["identity"] = self.identity(parts["alpha"], batch.identity, batch.mirrored)
        if points.shape[1]:
            terms["points"] = mean_over(100 * distance(points, batch.points), point_weight)
        # The model is linear: the difference of two surfaces is the surface of the difference.
        offsets = self.face.sample_offsets(parts["alpha"] - batch.alpha, parts["delta"] - batch.delta)
        terms["surface"] = mean_over(distance(offsets, torch.zeros_like(offsets)).mean(1), rows)
        truth = self.face.sample_mean + self.face.sample_offsets(batch.alpha, batch.delta)
        there = project(truth, batch.rotation, batch.m)
        here = project(truth + offsets, rotation, parts["m"])
        terms["projected"] = mean_over(100 * distance(here, there).mean(1), rows)
        terms["rotation"] = mean_over(100 * (rotation - batch.rotation).abs().mean((1, 2)), rows)
        off = F.smooth_l1_loss(x / self.std, target / self.std, reduction="none", beta=0.5)
        off = off * self.effect
        for name in ("alpha", "beta", "delta", "gamma"):
            known = batch.light_weight if name in ("beta", "gamma") else rows
            terms[name] = mean_over(off[:, self.parts[name]].mean(1), known)
        terms["pose"] = mean_over(off[:, self.parts["m"]].mean(1), rows)
        total = torch.stack([getattr(w, name) * value for name, value in terms.items()]).sum()
        return total, terms
