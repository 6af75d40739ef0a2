"""A mesh as the file writers take it: plain arrays, face frame, millimetres."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, IntArray, Picture
from facesdk.io.picture import encode_picture

BRIGHT = 0.98  # share of a mesh's vertices that are darker than its material


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ExportTopology:
    """What the meshes of one face model share; writers keep what they derive from it."""

    triangles: IntArray  # (T, 3) int32, counter-clockwise seen from outside
    uv: FloatArray  # (U, 2) texture coordinates, v up; (0, 2) where there are none
    uv_triangles: IntArray  # (T, 3) int32 into uv; (0, 3) where there are none
    target_names: tuple[str, ...]  # of the morph targets
    targets: Callable[[], Iterable[FloatArray]]  # (V, 3) displacements in mm of each morph target
    name: str = "face"  # of the mesh and its material
    two_sided: bool = True  # whether its back is drawn where it is seen
    parts: tuple[ExportTopology, ...] = ()  # what shows in the mesh's openings, with the same morph targets

    def __repr__(self) -> str:
        return f"ExportTopology({len(self.triangles)} triangles, {len(self.target_names)} morph targets)"

    @property
    def has_uv(self) -> bool:
        """Whether there are texture coordinates."""
        return len(self.uv_triangles) > 0


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ExportMesh:
    """One face."""

    topology: ExportTopology
    verts_mm: FloatArray  # (V, 3) with the photo's expression
    neutral_mm: FloatArray  # (V, 3) without expression
    target_weights: tuple[float, ...]  # 0..1, of the photo's expression
    texture: Picture | None  # (size, size, 3) RGB, row 0 is v = 1; None without texture coordinates
    colors: FloatArray | None  # (V, 3) RGB, 0..1, where there is no texture
    parts: tuple[ExportMesh, ...] = ()  # of the same face, as in the topology

    @functools.cached_property
    def texture_png(self) -> bytes:
        """The texture as the bytes of a .png file; encoded once for all files that hold it."""
        assert self.texture is not None
        return encode_picture(self.texture, ".png")

    @functools.cached_property
    def vertex_colors(self) -> NDArray[np.uint8]:
        """(V, 3) uint8 RGB: the texture at each vertex, or `colors` where there is none."""
        if self.texture is None:
            assert self.colors is not None
            return np.asarray(self.colors * 255.0 + 0.5, dtype=np.uint8)
        topology, size = self.topology, len(self.texture)
        colors = np.full((len(self.verts_mm), 3), 128, dtype=np.uint8)
        column = np.clip(np.rint(topology.uv[:, 0] * size - 0.5), 0, size - 1).astype(int)
        row = np.clip(np.rint((1.0 - topology.uv[:, 1]) * size - 0.5), 0, size - 1).astype(int)
        colors[topology.triangles.ravel()] = self.texture[row, column][topology.uv_triangles.ravel()]
        return colors

    @property
    def material_color(self) -> tuple[float, float, float]:
        """RGB, 0..1, of a material without texture: that of the bright vertices."""
        r, g, b = (np.quantile(self.vertex_colors, BRIGHT, axis=0) / 255.0).tolist()
        return r, g, b

    def __repr__(self) -> str:
        return f"ExportMesh({len(self.verts_mm)} vertices, {len(self.target_weights)} morph targets)"
