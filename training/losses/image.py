"""Image losses of paper 1 between the crop and the rendered face: equations 14 and 15."""

from __future__ import annotations

from torch import Tensor

C1, C2 = 0.01**2, 0.03**2


def photo_loss(picture: Tensor, rendered: Tensor, covered: Tensor) -> Tensor:
    """Equation 14: mean distance of colours, both (N, H, W, 3) in 0..1, over the covered pixels (N, H, W)."""
    distance = ((picture - rendered).square().sum(3) + 1e-8).sqrt()
    mask = covered.to(distance.dtype)
    return (distance * mask).sum() / mask.sum().clamp_min(1)


def ssim_loss(picture: Tensor, rendered: Tensor, covered: Tensor) -> Tensor:
    """Equation 15: one minus structural similarity over a face's covered pixels, mean of faces and channels.

    The paper takes mean, variance and covariance over the whole face region V, not over windows.
    """
    mask = covered[..., None].to(picture.dtype)
    count = mask.sum((1, 2)).clamp_min(1)  # (N, 1)

    def mean(x: Tensor) -> Tensor:
        return (x * mask).sum((1, 2)) / count

    a, b = mean(picture), mean(rendered)
    da, db = picture - a[:, None, None], rendered - b[:, None, None]
    va, vb, cov = mean(da * da), mean(db * db), mean(da * db)
    similarity = (2 * a * b + C1) * (2 * cov + C2) / ((a * a + b * b + C1) * (va + vb + C2))
    present = (covered.flatten(1).any(1)).to(picture.dtype)[:, None]
    return ((1 - similarity) * present).sum() / (3 * present.sum().clamp_min(1))
