"""Contours of training crops: Canny's detector (1986) on a Gaussian's smoothed gray."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from facesdk.core.color import LUMA

SIGMA = 1.8  # px
LOW, HIGH = (
    20.0,
    40.0,
)  # of the gradient's length in 0..255: about what skimage.feature.canny marks by default


def gray_of(crops: Tensor) -> Tensor:
    """Luma (N, 1, S, S) of crops (N, 3, S, S)."""
    return (crops * torch.from_numpy(LUMA).to(crops.device)[:, None, None]).sum(1, keepdim=True)


def contours_of(gray: Tensor, sigma: float = SIGMA) -> Tensor:
    """Contours (N, 1, S, S), 0 or 1, of gray pictures (N, 1, S, S) in 0..1."""
    pictures = (gray[:, 0] * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    out = np.empty_like(pictures)
    for picture, found in zip(pictures, out, strict=True):
        smooth = cv2.GaussianBlur(picture, (0, 0), sigma)
        cv2.Canny(smooth, LOW, HIGH, edges=found, L2gradient=True)
    return (torch.from_numpy(out) > 0).to(gray.dtype).to(gray.device)[:, None]
