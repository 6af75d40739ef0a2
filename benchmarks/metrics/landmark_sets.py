"""Subsets of the 68 landmarks, and how the sets' own point lists map to them."""

from __future__ import annotations

import numpy as np

CFP_HALF = np.r_[0:9, 17, 19, 21, 36:42, 27:31, 33, 32, 31, 48, 51, 62, 57, 66]
"""CFP's 30 points (the half at the picture's left) as indices of the 68."""

INNER = np.arange(17, 68)
"""The 51 points inside the face; the first 17 are the jaw."""
