"""The basis of the light (paper 1, equation 6) in torch: differentiable, batched."""

from __future__ import annotations

import torch
from torch import Tensor

from facesdk.core import spherical_harmonics as sh

Y0, Y1, Y2, Y20, Y22 = (float(factor) for factor in (sh.Y0, sh.Y1, sh.Y2, sh.Y20, sh.Y22))


def sh_basis(directions: Tensor) -> Tensor:
    """Evaluate the basis of `facesdk.core.spherical_harmonics.sh_basis`.

    Args:
        directions: (..., 3), unit length.

    Returns:
        (..., 9), in the order Y00, Y1-1, Y10, Y11, Y2-2, Y2-1, Y20, Y21, Y22.
    """
    x, y, z = directions.unbind(-1)
    return torch.stack([
        torch.full_like(x, Y0), Y1 * y, Y1 * z, Y1 * x,
        Y2 * x * y, Y2 * y * z, Y20 * (3 * z * z - 1), Y2 * x * z, Y22 * (x * x - y * y),
    ], -1)  # fmt: skip
