"""The compiled ops as functions: arrays in, arrays out; one file per op.

Arrays are float32 (indices int32) in C order and are never converted or copied on the way in. Every function
raises InvalidArray if an argument does not fit, naming it, what came and what was expected; releases the GIL;
and gives the same bits for any number of threads. `facesdk.reference` has the NumPy reference of each.
"""

from __future__ import annotations

import warnings
from typing import Any

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.ops.contours import contours
from facesdk.ops.damped_least_squares import damped_least_squares
from facesdk.ops.decode import Decoder, ShapeBlocks, decode, decode_dense, subdivide
from facesdk.ops.decode_detections import decode_detections
from facesdk.ops.landmarks import (
    crop_landmarks,
    landmark_roll_and_bbox,
    mean_distance,
    mesh_points,
    oriented_bbox,
)
from facesdk.ops.normals import normals
from facesdk.ops.pose import picture_pose, rotation_from_six
from facesdk.ops.project import project, transform, unproject
from facesdk.ops.rasterize import Raster, rasterize
from facesdk.ops.resize import resize
from facesdk.ops.sample_normalized_patch import sample_normalized_patch
from facesdk.ops.shade import shade
from facesdk.ops.shade_and_project import shade_and_project
from facesdk.ops.sharpness import sharpness
from facesdk.ops.smoothness import adjacency, smoothness
from facesdk.ops.warp import warp

__all__ = [
    "Decoder",
    "FloatArray",
    "IntArray",
    "Raster",
    "ShapeBlocks",
    "adjacency",
    "contours",
    "crop_landmarks",
    "damped_least_squares",
    "decode",
    "decode_dense",
    "decode_detections",
    "landmark_roll_and_bbox",
    "mean_distance",
    "mesh_points",
    "normals",
    "oriented_bbox",
    "picture_pose",
    "project",
    "rasterize",
    "resize",
    "rotation_from_six",
    "sample_normalized_patch",
    "shade",
    "shade_and_project",
    "sharpness",
    "smoothness",
    "subdivide",
    "transform",
    "unproject",
    "warp",
]

_RENAMED = {
    "face_frame": "landmark_roll_and_bbox",
    "lit_points": "shade_and_project",
    "patch": "sample_normalized_patch",
    "read_cells": "decode_detections",
    "ridge": "damped_least_squares",
    "shrink": "resize",
    "turned_box": "oriented_bbox",
}


def __getattr__(name: str) -> Any:
    """Give an op under the name that it had before version 0.2, with a DeprecationWarning."""
    current = _RENAMED.get(name)
    if current is None:
        raise AttributeError(f"module 'facesdk.ops' has no attribute {name!r}")
    warnings.warn(f"ops.{name} is now ops.{current}", DeprecationWarning, stacklevel=2)
    return globals()[current]
