"""A mesh in front of a camera: what rendering and appearance take."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from facesdk import ops
from facesdk.core.arrays import BoolArray, FloatArray, IntArray
from facesdk.rendering.render import Rendering, render, visible_vertices


class ColoredMesh(NamedTuple):
    """A mesh and its colours without light."""

    verts_face_mm: FloatArray  # (V, 3), face frame
    triangles: IntArray  # (T, 3) int32, counter-clockwise seen from outside
    albedo: FloatArray  # (V, 3) RGB, 1 for white

    def joined(self, other: ColoredMesh) -> ColoredMesh:
        """One mesh of both, the other's vertices and triangles behind this one's."""
        return ColoredMesh(
            np.concatenate([self.verts_face_mm, other.verts_face_mm]),
            np.concatenate([self.triangles, other.triangles + np.int32(len(self.verts_face_mm))]),
            np.concatenate([self.albedo, other.albedo]),
        )

    def __repr__(self) -> str:
        return f"ColoredMesh({len(self.verts_face_mm)} vertices, {len(self.triangles)} triangles)"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PosedMesh:
    """A mesh, its pose and the camera; what follows from them is computed on first use and kept."""

    verts_face_mm: FloatArray  # (V, 3), face frame
    triangles: IntArray  # (T, 3) int32, counter-clockwise seen from outside
    rotation: FloatArray  # (3, 3), face frame -> camera frame
    translation_mm: FloatArray  # (3,)
    intrinsics: FloatArray  # (3, 3), px
    width: int  # of the picture, px
    height: int
    threads: int = 1

    @functools.cached_property
    def verts_camera_mm(self) -> FloatArray:
        """(V, 3) vertices, camera frame."""
        return ops.transform(self.verts_face_mm, self.rotation, self.translation_mm)

    @functools.cached_property
    def normals_camera(self) -> FloatArray:
        """(V, 3) unit normals, camera frame."""
        return ops.normals(self.verts_camera_mm, self.triangles)

    @functools.cached_property
    def visible(self) -> BoolArray:
        """(V,) whether the camera sees each vertex: the rest of the mesh does not hide it."""
        return visible_vertices(self.verts_camera_mm, self.normals_camera, self.triangles)

    @functools.cached_property
    def rendering(self) -> Rendering:
        """Depth, triangle indices and barycentrics in the window of the picture that the mesh touches."""
        return render(self.verts_camera_mm, self.triangles, self.intrinsics, self.height, self.width)

    def zoomed(self, zoom: FloatArray, width: int, height: int) -> PosedMesh:
        """The same mesh in a part of the picture at another size.

        Args:
            zoom: (3, 3), homogeneous px of this picture -> px of the other.
            width: of the other picture, px.
            height: of the other picture, px.
        """
        intrinsics = zoom @ self.intrinsics
        return dataclasses.replace(self, intrinsics=intrinsics, width=width, height=height)

    def with_mesh(self, verts_face_mm: FloatArray, triangles: IntArray) -> PosedMesh:
        """Another mesh in the same pose and camera: (V, 3) vertices, face frame, and (T, 3) triangles."""
        return dataclasses.replace(self, verts_face_mm=verts_face_mm, triangles=triangles)

    def __repr__(self) -> str:
        return f"PosedMesh({len(self.verts_face_mm)} vertices in {self.width} x {self.height} px)"
