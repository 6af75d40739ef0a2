"""Mesh and camera -> depth, normals, triangle indices and colours in the picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from facesdk import ops
from facesdk.core.arrays import BoolArray, FloatArray, IntArray

VISIBILITY_PX = 320  # side of the square in which visibility is decided
VISIBILITY_TOLERANCE_MM = 3.0  # about the depth that a steep surface falls within a pixel of that square


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Rendering:
    """What a mesh covers of a picture: arrays of the window [y0:y0+h, x0:x0+w] that it touches."""

    y0: int
    x0: int
    depth_mm: FloatArray  # (h, w), 0 where empty
    triangle: IntArray  # (h, w), -1 where empty
    bary: FloatArray  # (h, w, 3), perspective-correct

    @property
    def covered(self) -> BoolArray:
        """(h, w): where the mesh is."""
        return self.triangle >= 0

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture."""
        h, w = self.triangle.shape
        return slice(self.y0, self.y0 + h), slice(self.x0, self.x0 + w)

    def interpolate(self, values: FloatArray, triangles: IntArray) -> FloatArray:
        """Interpolate (V, K) vertex values to (h, w, K) in the window, 0 where empty."""
        result = np.zeros((*self.triangle.shape, values.shape[1]), dtype=np.float32)
        covered = self.covered
        corners = values[triangles[self.triangle[covered]]]  # (n, 3 corners, K)
        result[covered] = np.einsum("nc,nck->nk", self.bary[covered], corners)
        return result

    def __repr__(self) -> str:
        h, w = self.triangle.shape
        return f"Rendering({w} x {h} px at {self.x0}, {self.y0})"


def render(
    verts_camera_mm: FloatArray, triangles: IntArray, intrinsics: FloatArray, height: int, width: int
) -> Rendering:
    """Rasterize a mesh into the part of a picture that it touches.

    Args:
        verts_camera_mm: (V, 3), camera frame.
        triangles: (T, 3) int32.
        intrinsics: (3, 3), px.
        height: of the picture, px.
        width: of the picture, px.
    """
    points = ops.project(verts_camera_mm, intrinsics)
    want = ("depth", "triangle", "bary")
    (rows, columns), raster = rasterize_window(points, triangles, height, width, None, want)
    assert raster.depth is not None
    assert raster.triangle is not None
    assert raster.bary is not None
    return Rendering(rows.start, columns.start, raster.depth, raster.triangle, raster.bary)


def rasterize_window(
    points: FloatArray,
    triangles: IntArray,
    height: int,
    width: int,
    colors: FloatArray | None,
    want: Sequence[str],
) -> tuple[tuple[slice, slice], ops.Raster]:
    """Rasterize into the rows and columns of a picture that the points touch.

    Only that window is allocated, so that a small face in a large photo costs little.

    Args:
        points: (V, 3): x px, y px, depth mm.
        triangles: (T, 3) int32.
        height: of the picture, px.
        width: of the picture, px.
        colors: (V, 3), any range, or None.
        want: outputs, as for `ops.rasterize`.

    Returns:
        Rows and columns of the window, and the raster in it.
    """
    front = points[points[:, 2] > 0]
    x0 = y0 = x1 = y1 = 0
    if len(front):
        low, high = front[:, :2].min(axis=0), front[:, :2].max(axis=0)
        x0, y0 = (int(np.clip(np.floor(v), 0, n - 1)) for v, n in zip(low, (width, height), strict=True))
        x1, y1 = (int(np.clip(np.ceil(v) + 1, 1, n)) for v, n in zip(high, (width, height), strict=True))
    h, w = max(y1 - y0, 1), max(x1 - x0, 1)
    shifted = np.ascontiguousarray(points - np.array([x0, y0, 0], dtype=np.float32))
    raster = ops.rasterize(shifted, triangles, h, w, colors=colors, want=want)
    return (slice(y0, y0 + h), slice(x0, x0 + w)), raster


def visible_vertices(
    verts_camera_mm: FloatArray, normals_camera: FloatArray, triangles: IntArray
) -> BoolArray:
    """Decide which vertices the camera sees: turned towards it, and nothing before them.

    The mesh is rasterized into a square of its own, so the answer does not depend on how large the face is
    in the picture. A vertex may lie VISIBILITY_TOLERANCE_MM behind the depth found at its pixel.

    Args:
        verts_camera_mm: (V, 3), camera frame.
        normals_camera: (V, 3), camera frame.
        triangles: (T, 3) int32.

    Returns:
        (V,) bool.
    """
    towards = np.asarray(np.einsum("vx,vx->v", normals_camera, verts_camera_mm) < 0, dtype=np.bool_)
    if not (verts_camera_mm[:, 2] > 0).all():
        return towards
    flat = verts_camera_mm[:, :2] / verts_camera_mm[:, 2:]
    low = flat.min(axis=0)
    scale = (VISIBILITY_PX - 1) / max(float(np.ptp(flat, axis=0).max()), 1e-9)
    points = np.column_stack([(flat - low) * scale, verts_camera_mm[:, 2]]).astype(np.float32)
    depth = ops.rasterize(points, triangles, VISIBILITY_PX, VISIBILITY_PX, want=("depth",)).depth
    assert depth is not None
    column, row = np.rint(points[:, :2]).astype(np.int64).T
    nearest = depth[row, column]
    before = (nearest == 0) | (points[:, 2] <= nearest + VISIBILITY_TOLERANCE_MM)
    return np.asarray(towards & before, dtype=np.bool_)


def lit_colors(albedo: FloatArray, normals_camera: FloatArray, sh: FloatArray) -> FloatArray:
    """Shade vertices and clip (paper 1, equation 6).

    Args:
        albedo: (V, 3), 0..1.
        normals_camera: (V, 3), unit length, camera frame.
        sh: (9, 3), RGB.

    Returns:
        (V, 3) float32 colours in 0..1.
    """
    lit = ops.shade(np.ascontiguousarray(albedo), normals_camera, np.ascontiguousarray(sh))
    return np.asarray(np.clip(lit, 0.0, 1.0), dtype=np.float32)
