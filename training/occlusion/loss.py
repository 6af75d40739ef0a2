"""Loss of N_mask: cross-entropy and Dice over pixels whose cover is known, cross-entropy at landmarks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pixel_loss(logits: Tensor, covered: Tensor, weight: Tensor, dice: float) -> Tensor:
    """Weighted binary cross-entropy plus `dice` times one minus the soft Dice coefficient.

    Args:
        logits: (N, 1, S, S).
        covered: (N, 1, S, S) in 0..1.
        weight: (N, 1, S, S), 0 where nobody knows.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, covered, reduction="none")
    total = weight.sum().clamp_min(1.0)
    loss = (entropy * weight).sum() / total
    if dice:
        chance = torch.sigmoid(logits) * weight
        truth = covered * weight
        both = (chance * truth).sum((1, 2, 3))
        # One pixel's worth on both sides: a bare face that is called bare has no error.
        overlap = (2 * both + 1) / (chance.sum((1, 2, 3)) + truth.sum((1, 2, 3)) + 1)
        known = (weight.sum((1, 2, 3)) > 0).float()
        loss = loss + dice * ((1 - overlap) * known).sum() / known.sum().clamp_min(1.0)
    return loss


def at_points(values: Tensor, points: Tensor) -> Tensor:
    """Values (N, 1, S, S) read bilinearly at points (N, P, 2) in crop sides from the centre -> (N, P)."""
    read = F.grid_sample(values, 2 * points[:, None], padding_mode="border", align_corners=False)
    return read[:, 0, 0]


def point_loss(logits: Tensor, points: Tensor, hidden: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy at landmarks that annotators called hidden (1) or seen (0).

    Hidden points are fewer: both sides count alike in sum.
    """
    found = at_points(logits, points)
    entropy = F.binary_cross_entropy_with_logits(found, hidden, reduction="none") * weight
    total = found.new_zeros(())
    for side in (hidden, 1 - hidden):
        total = total + 0.5 * (entropy * side).sum() / (weight * side).sum().clamp_min(1.0)
    return total
