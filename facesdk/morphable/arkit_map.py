"""ARKit's 52 expression names over the expression shapes of a face model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arkit import ARKIT_NAMES
from facesdk.core.arrays import FloatArray
from facesdk.errors import AssetError, InvalidArray


def stored_arkit_map(
    tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str], name: str
) -> FloatArray | None:
    """Read the map of a face-model file.

    Args:
        tensors: of the file; arkit_map is (52, n_exp).
        metadata: of the file; arkit_names are the names of the map's rows.
        name: of the file, for the error.

    Returns:
        (52, n_exp), rows in the order of ARKIT_NAMES; None where the file has none.

    Raises:
        AssetError: the names are not ARKit's.
    """
    if "arkit_map" not in tensors:
        return None
    order = json.loads(metadata.get("arkit_names", "null")) or list(ARKIT_NAMES)
    if sorted(order) != sorted(ARKIT_NAMES) or len(tensors["arkit_map"]) != len(order):
        raise AssetError(f"{name}: its arkit_names are not the 52 names of ARKit")
    rows = np.ascontiguousarray(tensors["arkit_map"], np.float32)
    return rows[[order.index(arkit) for arkit in ARKIT_NAMES]]


def named_weights(arkit_map: FloatArray, expression: FloatArray) -> dict[str, float]:
    """Name expression weights (n_exp,): 52 ARKit names -> 0..1."""
    weights = np.clip(arkit_map @ expression, 0.0, 1.0)
    return {name: float(w) for name, w in zip(ARKIT_NAMES, weights, strict=True)}


def shape_weights(arkit_map: FloatArray, weights: Mapping[str, float]) -> FloatArray:
    """Convert ARKit names -> 0..1 to expression weights (n_exp,); names left out are 0.

    Raises:
        InvalidArray: a name is not ARKit's.
    """
    unknown = [name for name in weights if name not in ARKIT_NAMES]
    if unknown:
        raise InvalidArray(f"expression: unknown name {unknown[0]!r}, expected one of the 52 ARKit names")
    result = np.zeros(arkit_map.shape[1], dtype=np.float32)
    for name, weight in weights.items():
        # browInnerUp and cheekPuff each stand for a left and a right shape.
        result[arkit_map[ARKIT_NAMES.index(name)] > 0] = weight
    return result
