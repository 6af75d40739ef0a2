"""NumPy references of the compiled ops: same names and signatures, plain enough to serve as definitions.

They check nothing and are slow on purpose; tests compare every compiled op with its reference.
"""

from __future__ import annotations

from facesdk.reference.contours import contours
from facesdk.reference.damped_least_squares import damped_least_squares
from facesdk.reference.decode import Decoder, decode, decode_dense, subdivide
from facesdk.reference.decode_detections import decode_detections
from facesdk.reference.landmarks import (
    crop_landmarks,
    landmark_roll_and_bbox,
    mean_distance,
    mesh_points,
    oriented_bbox,
)
from facesdk.reference.normals import normals
from facesdk.reference.pose import picture_pose, rotation_from_six
from facesdk.reference.project import project, transform, unproject
from facesdk.reference.rasterize import rasterize
from facesdk.reference.resize import resize
from facesdk.reference.sample_normalized_patch import sample_normalized_patch
from facesdk.reference.shade import shade
from facesdk.reference.shade_and_project import shade_and_project
from facesdk.reference.sharpness import sharpness
from facesdk.reference.smoothness import smoothness
from facesdk.reference.warp import warp

__all__ = [
    "Decoder",
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
