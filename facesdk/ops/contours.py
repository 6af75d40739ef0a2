"""Contours of a gray picture (csrc/ops/contours)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesdk.core.compiled import _core


def contours(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Detect contours by Canny's method (1986) on the picture smoothed by a Gaussian of 1.8 px.

    Crests of the gradient by Sobel's filter count from 40 gray levels on, and from 20 on where they touch one
    that counts.

    Args:
        gray: (H, W) uint8, 1 to 32768 px a side.

    Returns:
        (H, W) uint8, 1 on a contour, else 0.
    """
    return _core.contours(gray)
