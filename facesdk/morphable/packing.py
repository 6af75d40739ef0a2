"""Derived tensors of a face-model file: what an engine would else compute from the shapes at every start.

They are shipped, so that every machine reads the same bits and the C++ loader needs no packer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import as_float32
from facesdk.morphable.landmark_bases import landmark_bases
from facesdk.morphable.shape_blocks import pack_shapes
from facesdk.morphable.shape_rows import FloatRows, Shapes, SparseShapes, stored_identity
from facesdk.morphable.subdivision import stored_subdivision

PACKED = (
    "shape_ptr", "shape_row", "shape_step", "shape_values", "landmark_mean", "landmark_bases",
    "landmark_corners",
)  # fmt: skip


def packed_tensors(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Compute the derived tensors of a face model from its stored ones.

    Args:
        tensors: those of face_model.safetensors without the derived ones.

    Returns:
        shape_ptr (B + 1,) int32, shape_row (E,) int32, shape_step (E,) float32 mm, shape_values (E, 256)
        int8: the shapes that a frame adds up, as `ops.ShapeBlocks` (expressions; identities before them where
        these are stored as floats). landmark_mean (68, 3) float32 mm, landmark_bases (n_id + n_exp, 68, 3)
        float32 mm per unit, face frame; landmark_corners (68, 3) int32, dense vertices.
    """
    mean = as_float32(tensors["mean_control_mm"])
    identity = stored_identity(tensors)
    expression = SparseShapes(tensors["exp_ptr"], tensors["exp_idx"], tensors["exp_val"], len(mean))
    moved = Shapes(identity, expression) if isinstance(identity, FloatRows) else expression
    shapes = pack_shapes(moved, len(mean))
    corners = tensors["triangles"][tensors["landmark_triangles"]].astype(np.int32)
    bary = as_float32(tensors["landmark_bary"])
    points, bases = landmark_bases(mean, identity, expression, stored_subdivision(tensors), corners, bary)
    return dict(zip(PACKED, (*shapes, points, bases, corners), strict=True))
