"""Triangles to pixels (csrc/ops/rasterize)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.compiled import _core
from facesdk.errors import InvalidArray


class Raster(NamedTuple):
    """Outputs of `rasterize`; None where not wanted."""

    color: FloatArray | None  # (H, W, 3), 0 where empty
    depth: FloatArray | None  # (H, W) mm, 0 where empty
    triangle: IntArray | None  # (H, W), -1 where empty
    bary: FloatArray | None  # (H, W, 3) weights of the triangle's corners, perspective-correct, 0 where empty

    def __repr__(self) -> str:
        made = {name: array for name, array in zip(self._fields, self, strict=True) if array is not None}
        size = "".join(f" of {array.shape[1]} x {array.shape[0]} px" for array in list(made.values())[:1])
        return f"Raster({', '.join(made)}{size})"


def rasterize(
    points: FloatArray,
    triangles: IntArray,
    height: int,
    width: int,
    *,
    colors: FloatArray | None = None,
    want: Sequence[str] = ("color", "depth", "triangle", "bary"),
    cull: bool = True,
    threads: int = 1,
) -> Raster:
    """Rasterize triangles with a depth buffer, perspective-correct.

    A pixel belongs to a triangle if its centre is inside, by the top-left rule on an edge; the nearest
    triangle wins, at equal depth the lower index. Triangles with a vertex that is not finite, not in front of
    the camera or more than 131,072 px off the picture's origin are dropped.

    Args:
        points: (V, 3): x px, y px, depth mm, as `project` gives them; the first pixel's centre is (0, 0).
        triangles: (T, 3) int32, counter-clockwise seen from outside.
        height: of the picture, 1 to 32767 px.
        width: of the picture, 1 to 32767 px.
        colors: (V, 3), any range; without them there is no colour.
        want: outputs to compute; others are None and cost nothing.
        cull: drop triangles that face away.
        threads: CPU threads.

    Returns:
        The picture's colour, depth, triangle indices and barycentrics.

    Raises:
        InvalidArray: an argument does not fit, or `want` names an unknown output.
    """
    wanted = _wanted(want)
    return Raster(
        *_core.rasterize(
            points, triangles, height, width, colors, cull,
            "color" in wanted, "depth" in wanted, "triangle" in wanted, "bary" in wanted, threads,
        )
    )  # fmt: skip


def _wanted(want: Sequence[str]) -> frozenset[str]:
    wanted = frozenset([want] if isinstance(want, str) else want)
    unknown = sorted(map(str, wanted - set(Raster._fields)))
    if unknown:
        raise InvalidArray(f"want: got {', '.join(unknown)}, expected some of {', '.join(Raster._fields)}")
    return wanted
