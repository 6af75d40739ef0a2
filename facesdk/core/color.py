"""Colour constants and spaces."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # RGB -> gray, ITU-R BT.601


def linear_from_srgb(colors: FloatArray) -> FloatArray:
    """Convert sRGB colours (..., 3), 0..1, to linear light (IEC 61966-2-1), 0..1."""
    low = colors / np.float32(12.92)
    high = ((colors + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(colors <= 0.04045, low, high).astype(np.float32)
