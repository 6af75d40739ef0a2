"""The 68 landmarks' order: what other files need to know of it."""

from __future__ import annotations

import numpy as np

MIRROR_68 = np.r_[
    16:-1:-1, 26:16:-1, 27:31, 35:30:-1, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54:47:-1, 59:54:-1, 64:59:-1, 67:64:-1,
]  # fmt: skip
"""Index of each of the 68 points after the picture is mirrored."""
