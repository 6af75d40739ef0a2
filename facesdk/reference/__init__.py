"""NumPy twins of the compiled ops: same names, same signatures, plain enough to be read as the definition.

They check nothing and are slow on purpose; tests compare every compiled op with its twin.
"""

from __future__ import annotations

from facesdk.reference.cells import read_cells
from facesdk.reference.decode import Decoder, decode, decode_dense, subdivide
from facesdk.reference.landmarks import crop_landmarks, face_frame, mean_distance, mesh_points, turned_box
from facesdk.reference.lit import lit_points
from facesdk.reference.normals import normals
from facesdk.reference.patch import patch
from facesdk.reference.pose import picture_pose, rotation_from_six
from facesdk.reference.project import project, transform, unproject
from facesdk.reference.rasterize import rasterize
from facesdk.reference.ridge import ridge
from facesdk.reference.shade import shade
from facesdk.reference.sharpness import sharpness
from facesdk.reference.shrink import shrink
from facesdk.reference.smoothness import adjacency, smoothness
from facesdk.reference.warp import warp

__all__ = [
    "Decoder",
    "adjacency",
    "crop_landmarks",
    "decode",
    "decode_dense",
    "face_frame",
    "lit_points",
    "mean_distance",
    "mesh_points",
    "normals",
    "patch",
    "picture_pose",
    "project",
    "rasterize",
    "read_cells",
    "ridge",
    "rotation_from_six",
    "shade",
    "sharpness",
    "shrink",
    "smoothness",
    "subdivide",
    "transform",
    "turned_box",
    "unproject",
    "warp",
]
