"""Contours of training crops, by the op that the engine runs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from facesdk import ops
from facesdk.core.color import LUMA


def gray_of(crops: Tensor) -> Tensor:
    """Luma (N, 1, S, S) of crops (N, 3, S, S)."""
    return (crops * torch.from_numpy(LUMA).to(crops.device)[:, None, None]).sum(1, keepdim=True)


def contours_of(gray: Tensor) -> Tensor:
    """Contours (N, 1, S, S), 0 or 1, of gray pictures (N, 1, S, S) in 0..1."""
    pictures = (gray[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    found = np.stack([ops.contours(picture) for picture in pictures])
    return torch.from_numpy(found).to(gray.dtype).to(gray.device)[:, None]
