"""Crops for engines that take float planes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.core.color import LUMA

FloatArray = npt.NDArray[np.float32]


def crop_planes(
    picture: npt.NDArray[np.uint8], matrices: Sequence[FloatArray], side: int
) -> tuple[FloatArray, FloatArray]:
    """Crops (N, 3, S, S) RGB in 0..1 and the same in gray (N, S, S); matrices (2, 3), picture to crop px."""
    batch = np.empty((len(matrices), 3, side, side), np.float32)
    for matrix, planes in zip(matrices, batch, strict=True):
        ops.warp(picture, matrix, side, out=planes)
    return batch, np.asarray(np.einsum("c,nchw->nhw", LUMA, batch), np.float32)
