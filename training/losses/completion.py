"""Losses of N_cont and N_syn (paper 2, equations 2 to 8), one function for each equation.

Equations 2 and 4 are one form with two discriminators. Both are averaged over patches, since a discriminator
gives a logit for each. The generators climb log D of what they made instead of descending log(1 - D), which
has no slope where the discriminator is sure (Goodfellow et al. 2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

SMALLEST_MASK = 0.02  # of the picture: equation 5 divides by the mask's size


def discriminator_loss(true_logits: Tensor, false_logits: Tensor) -> Tensor:
    """Equations 2 and 4 as the discriminator minimises them: -E log D(true) - E log(1 - D(made))."""
    return F.softplus(-true_logits).mean() + F.softplus(false_logits).mean()


def adversarial_loss(false_logits: Tensor) -> Tensor:
    """Equations 2 and 4 as the generator minimises them: -E log D(made)."""
    return F.softplus(-false_logits).mean()


def feature_matching_loss(true: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Equation 3: mean absolute difference of the discriminator's activations, summed over its layers.

    Args:
        true: activations of each layer for the true contours, no gradient goes there.
        made: the same for those of the generator.
    """
    return torch.stack([(a.detach() - b).abs().mean() for a, b in zip(true, made, strict=True)]).sum()


def pixel_loss(made: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Equation 5: sum of absolute differences over the whole picture by the size of its mask, mean over N.

    Args:
        made: (N, 3, S, S).
        true: (N, 3, S, S).
        mask: (N, 1, S, S), 1 where covered.
    """
    smallest = SMALLEST_MASK * mask[0].numel()
    per_picture = (made - true).abs().sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(smallest)
    return per_picture.mean()


def gram_matrix(features: Tensor) -> Tensor:
    """G = phi^T phi (N, Q, Q) of Q feature maps (N, Q, H, W), by Q H W as in equation 6."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat[0].numel()


def style_loss(made: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    """Equation 6: absolute difference of Gram matrices by Q^2, summed over layers, mean over N.

    The equation is printed with both pictures times (1 - I_mask), where they are seen; then nothing of it
    reaches the completed pixels. The caller chooses the pictures whose features these are.

    Args:
        made: maps of each layer (N, Q, H, W) for the generator's picture.
        true: the same for the true picture.
    """
    terms = [(gram_matrix(a) - gram_matrix(b)).abs().mean((1, 2)) for a, b in zip(made, true, strict=True)]
    return torch.stack(terms).sum(0).mean()


def contour_objective(adversarial: Tensor, matching: Tensor, weights: tuple[float, float]) -> Tensor:
    """Equation 7; the paper's weights (lambda_adv, lambda_ffea) are 1 and 11.5."""
    return weights[0] * adversarial + weights[1] * matching


def completion_objective(
    adversarial: Tensor, pixel: Tensor, style: Tensor, weights: tuple[float, float, float]
) -> Tensor:
    """Equation 8; the paper's weights (lambda_sar, lambda_pix, lambda_styl) are 0.1, 1 and 250."""
    return weights[0] * adversarial + weights[1] * pixel + weights[2] * style
