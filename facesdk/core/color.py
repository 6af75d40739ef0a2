"""Colour constants."""

from __future__ import annotations

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # RGB -> gray, ITU-R BT.601
