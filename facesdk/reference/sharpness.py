"""Reference of csrc/ops/sharpness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sharpness(gray: NDArray[np.float32]) -> float:
    """Mean second difference in the least sharp of four directions over twice the standard deviation, a fifth
    left out on every side."""
    size = gray.shape[0]
    inner = gray[size // 5 : size - size // 5, size // 5 : size - size // 5].astype(np.float64)
    if len(inner) < 3 or not inner.std() >= 1e-3:
        return 0.0
    centre = inner[1:-1, 1:-1]
    across = inner[1:-1, :-2] + inner[1:-1, 2:] - 2.0 * centre
    down = inner[:-2, 1:-1] + inner[2:, 1:-1] - 2.0 * centre
    falling = (inner[:-2, :-2] + inner[2:, 2:] - 2.0 * centre) / 2.0
    rising = (inner[:-2, 2:] + inner[2:, :-2] - 2.0 * centre) / 2.0
    least = min(float(np.abs(bend).mean()) for bend in (across, down, falling, rising))
    return least / float(inner.std()) / 2.0
