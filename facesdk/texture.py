"""Picture + mesh -> UV texture.

A texel is taken from the photo where its point of the face is in the picture, turned towards the camera and
in front of the rest of the face. Elsewhere it is the model's albedo under the estimated light, scaled per
channel to the photo's level, so that both meet without a step.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.errors import InvalidArray
from facesdk.render import lit_colors

if TYPE_CHECKING:
    from facesdk.result import Face

FloatArray = npt.NDArray[np.float32]

DEPTH_TOLERANCE_MM = 4.0  # more than the depth between two pixels on a slope, less than nose to cheek
COSINE = (0.15, 0.45)  # seen at a more grazing angle than the first counts nothing, than the second fully
BORDER_PX = 4  # texels painted beyond the edge of an island, so that its seam stays clean when filtered


@dataclasses.dataclass(frozen=True)
class Texture:
    """A baked texture; row 0 is v = 1, as in an image file."""

    image: npt.NDArray[np.uint8]  # (size, size, 3) RGB
    observed: FloatArray  # (size, size) in 0..1: how much of a texel comes from the photo


def bake(face: Face, size: int = 1024) -> Texture:
    """The texture of one face, size x size texels; raises InvalidArray if its model has no UVs."""
    model = face.model
    if len(model.uv_triangles) == 0:
        raise InvalidArray(f"texture: {model.name} has no texture coordinates")
    unfolded = _Unfolded(model.uv, model.uv_triangles, model.triangles, size)
    rows, columns = unfolded.rows, unfolded.columns
    points = unfolded.interpolate(face.verts_camera_mm)
    normals = unfolded.interpolate(face.normals_camera)
    lit = unfolded.interpolate(lit_colors(face.albedo, face.normals_camera, face.sh))
    pixels = ops.project(points, face.pose.intrinsics)
    weight = _visibility(face, points, normals, pixels)
    seen = _sample(face.image, pixels[:, :2])
    level = _level(seen, lit, weight)
    color = weight[:, None] * seen + (1.0 - weight[:, None]) * np.clip(lit * level, 0.0, 1.0)

    image = np.zeros((size, size, 3), dtype=np.uint8)
    observed = np.zeros((size, size), dtype=np.float32)
    filled = np.zeros((size, size), dtype=np.uint8)
    image[rows, columns] = (np.clip(color, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    observed[rows, columns] = weight
    filled[rows, columns] = 1
    return Texture(_grow(image, filled), observed)


class _Unfolded:
    """The mesh laid flat in UV space: values at its vertices -> values at its texels."""

    def __init__(
        self,
        uv: FloatArray,
        uv_triangles: npt.NDArray[np.int32],
        triangles: npt.NDArray[np.int32],
        size: int,
    ) -> None:
        # Each triangle gets corners of its own, because a vertex on a seam has several places.
        self._vertex = triangles.ravel()
        self._size = size
        corner_uv = uv[uv_triangles.ravel()]
        self._points = np.ones((len(corner_uv), 3), dtype=np.float32)
        self._points[:, 0] = corner_uv[:, 0] * size - 0.5
        self._points[:, 1] = (1.0 - corner_uv[:, 1]) * size - 0.5
        self._triangles = np.arange(len(corner_uv), dtype=np.int32).reshape(-1, 3)
        raster = ops.rasterize(self._points, self._triangles, size, size, want=("triangle",), cull=False)
        assert raster.triangle is not None
        self.rows, self.columns = np.nonzero(raster.triangle >= 0)

    def interpolate(self, values: FloatArray) -> FloatArray:
        """(V, 3) at the vertices -> (n, 3) at the texels."""
        raster = ops.rasterize(
            self._points,
            self._triangles,
            self._size,
            self._size,
            colors=values[self._vertex],
            want=("color",),
            cull=False,
        )
        assert raster.color is not None
        return raster.color[self.rows, self.columns]


def _visibility(face: Face, points: FloatArray, normals: FloatArray, pixels: FloatArray) -> FloatArray:
    """(n,) in 0..1: how well the photo shows each point."""
    rendering = face.rendering
    height, width = rendering.depth_mm.shape
    column = np.rint(pixels[:, 0]).astype(np.int64) - rendering.x0
    row = np.rint(pixels[:, 1]).astype(np.int64) - rendering.y0
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (points[:, 2] > 0)
    nearest = np.zeros(len(points), dtype=np.float32)
    nearest[inside] = rendering.depth_mm[row[inside], column[inside]]
    # A mm of depth grows with the distance between two pixels where the face is small.
    pixel_mm = points[:, 2] / face.pose.intrinsics[0, 0]
    in_front = inside & (nearest > 0) & (points[:, 2] <= nearest + DEPTH_TOLERANCE_MM + 2.0 * pixel_mm)
    towards = -(points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6))
    length = np.maximum(np.linalg.norm(normals, axis=1), 1e-6)
    cosine = np.einsum("nk,nk->n", normals, towards) / length
    ramp = np.clip((cosine - COSINE[0]) / (COSINE[1] - COSINE[0]), 0.0, 1.0)
    return np.where(in_front, ramp * ramp * (3.0 - 2.0 * ramp), 0.0).astype(np.float32)


def _sample(image: npt.NDArray[np.uint8], pixels: FloatArray) -> FloatArray:
    """(n, 3) colours in 0..1 at (n, 2) px, bilinear."""
    low = np.floor(pixels.min(axis=0)).astype(int) - 1
    high = np.ceil(pixels.max(axis=0)).astype(int) + 2
    x0, y0 = (int(np.clip(v, 0, n - 1)) for v, n in zip(low, (image.shape[1], image.shape[0]), strict=True))
    x1, y1 = (int(np.clip(v, 1, n)) for v, n in zip(high, (image.shape[1], image.shape[0]), strict=True))
    window = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    # remap takes maps of at most 32767 rows, so the list of points is folded into rows.
    folded = 1024
    padded = np.zeros((-(-len(pixels) // folded) * folded, 2), dtype=np.float32)
    padded[: len(pixels)] = pixels - np.array([x0, y0], dtype=np.float32)
    maps = padded.reshape(-1, folded, 2)
    x, y = np.ascontiguousarray(maps[:, :, 0]), np.ascontiguousarray(maps[:, :, 1])
    taken = cv2.remap(window, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, dtype=np.float32).reshape(-1, 3)[: len(pixels)] / np.float32(255.0)


def _level(seen: FloatArray, lit: FloatArray, weight: FloatArray) -> FloatArray:
    """(3,) factor from the model's lit albedo to the photo's level; a median, for hair and glare."""
    sure = weight > 0.8
    if sure.sum() < 100:
        return np.ones(3, dtype=np.float32)
    ratio = np.median(seen[sure] / np.maximum(lit[sure], 0.02), axis=0)
    return np.clip(ratio, 0.25, 4.0).astype(np.float32)


def _grow(image: npt.NDArray[np.uint8], filled: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Paint the nearest colour over the edge of each island."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    for _ in range(BORDER_PX):
        wider = cv2.dilate(filled, kernel)
        ring = (wider > 0) & (filled == 0)
        image[ring] = cv2.dilate(image, kernel)[ring]
        filled = np.asarray(wider, dtype=np.uint8)
    return image
