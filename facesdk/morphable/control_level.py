"""The control mesh as a face model's mesh: its tensors without subdivision and texture coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.morphable.packing import PACKED, packed_tensors

Tensors = Mapping[str, NDArray[Any]]


def control_level(tensors: Tensors, metadata: Mapping[str, str]) -> tuple[Tensors, Mapping[str, str]]:
    """Reduce a subdivided model's tensors and metadata to its control mesh.

    Args:
        tensors: of a face-model file with sub_ptr, sub_idx and control_triangles.
        metadata: of the same.

    Returns:
        Tensors without uv, with the control triangles; metadata with the control mesh's counts of the skin.
        The packed landmarks stay those of the subdivided mesh.
    """
    packed = tensors if all(key in tensors for key in PACKED) else packed_tensors(tensors)
    level = {**tensors, **packed, "triangles": tensors["control_triangles"]}
    skin = int(metadata.get("n_skin_verts", len(level["sub_ptr"]) - 1))
    used = np.unique(level["sub_idx"][: level["sub_ptr"][skin]])
    triangles = np.count_nonzero(np.isin(level["triangles"], used).all(axis=1))
    level = {key: value for key, value in level.items() if key not in ("uv", "uv_triangles")}
    return level, {**metadata, "n_skin_verts": str(len(used)), "n_skin_triangles": str(triangles)}
