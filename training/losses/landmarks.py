"""Landmark losses of paper 1: equations 12 and 13."""

from __future__ import annotations

import torch
from torch import Tensor

N_CONTOUR = 17  # of the 68 points; the paper counts 16 on the contour and 52 inside


def point_weights() -> Tensor:
    """(68,) weights of equation 12: a half on the contour, one inside."""
    weights = torch.ones(68)
    weights[:N_CONTOUR] = 0.5
    return weights


def land_loss(seen: Tensor, true: Tensor, known: Tensor) -> Tensor:
    """Equation 12, mean over the batch: seen, true (N, 68, 2) in crop sides, known (N, 68) 0..1."""
    squared = (seen - true).square().sum(2) * known
    return (squared * point_weights().to(seen.device)).sum(1).mean()


class PointErrors:
    """The e_i of equation 13: each inner point's mean error over the epoch before."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.total = torch.zeros(68, device=device)
        self.count = torch.zeros(68, device=device)
        self.errors: Tensor | None = None

    @torch.no_grad()
    def add(self, seen: Tensor, true: Tensor, known: Tensor) -> None:
        """Take in one batch of the running epoch."""
        self.total += ((seen - true).square().sum(2).sqrt() * known).sum(0)
        self.count += known.sum(0)

    def end_epoch(self) -> None:
        """The running epoch becomes the one before."""
        self.errors = self.total / self.count.clamp_min(1e-6)
        self.total, self.count = torch.zeros_like(self.total), torch.zeros_like(self.count)

    def loss(self, seen: Tensor, true: Tensor, known: Tensor) -> Tensor:
        """Equation 13, mean over the batch; zero before the first epoch has ended."""
        if self.errors is None:
            return seen.new_zeros(())
        squared = (seen - true).square().sum(2) * known * self.errors
        return squared[:, N_CONTOUR:].sum(1).mean()
