"""NumPy reference of csrc/pipeline/regress: the network's numbers to named coefficients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.color import LUMA
from facesdk.core.rotation import rotation_from_vector
from facesdk.reference.pose import rotation_from_six


def split(x: FloatArray, metadata: dict[str, Any]) -> dict[str, FloatArray]:
    """Coefficients of the network's output x (K,); metadata: the "facesdk" entry of its file."""
    parts: dict[str, FloatArray] = {}
    start = 0
    for name, size in metadata["layout"].items():
        parts[name] = x[start : start + size]
        start += size
    x0, y0, log_depth = parts["m"].astype(float).tolist()
    depth = metadata["z0_mm"] * math.exp(min(max(log_depth, -4.0), 4.0))
    focal_ratio = metadata["focal_ratio"]
    six = len(parts["R"]) == 6
    return {
        "identity": parts["alpha"],
        "albedo": parts["beta"],
        "expression": parts["delta"].clip(0.0, 1.0),
        "rotation": (
            rotation_from_six(parts["R"])
            if six
            else rotation_from_vector(parts["R"].astype(float)).astype(np.float32)
        ),
        "translation_mm": np.array([x0 * depth / focal_ratio, y0 * depth / focal_ratio, depth], np.float32),
        "sh": parts["gamma"].reshape(9, 3),
    }


def gray(crop: Picture) -> FloatArray:
    """Luma (S, S) in 0..1 of a crop (S, S, 3) uint8."""
    return np.asarray(crop.astype(np.float32) @ LUMA / np.float32(255), np.float32)
