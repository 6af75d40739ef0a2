"""Reference of csrc/ops/sharpness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sharpness(gray: NDArray[np.float32]) -> float:
    """Mean size of the Laplacian over four times the standard deviation, a fifth left out on every side."""
    size = gray.shape[0]
    inner = gray[size // 5 : size - size // 5, size // 5 : size - size // 5].astype(np.float64)
    if len(inner) < 3 or not inner.std() >= 1e-3:
        return 0.0
    laplacian = (
        inner[:-2, 1:-1] + inner[2:, 1:-1] + inner[1:-1, :-2] + inner[1:-1, 2:] - 4.0 * inner[1:-1, 1:-1]
    )
    return float(np.abs(laplacian).mean() / inner.std() / 4.0)
