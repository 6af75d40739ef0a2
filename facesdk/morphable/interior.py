"""What shows in the openings of the bundled face model: the mouth interior, and shelves behind the lids.

The face's own mesh ends at a rim behind the lips and at the lids' edges. The interior is a mesh of its own in
four parts, added where a face is drawn or written: the mouth's socket, gums with tongue, teeth, and a shelf
from each lid's edge into the eyeball. Its borders are the face's rims, vertex by vertex, so that it follows
lips and lids; teeth, gums and tongue move with the skull or with the jaw (training/face_model/
mouth_interior.py).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facesdk import manifest
from facesdk.core.arrays import FloatArray, IntArray, as_float32, as_int32
from facesdk.core.color import LUMA
from facesdk.errors import AssetError

RIM_TOLERANCE_MM = 0.05  # between the rims of a face model and those that the interior was made for
HUE_ERROR = np.float32(1.15)  # of a channel of the fitted light; standard deviation over 40 photos


class InteriorPart(NamedTuple):
    """A part of the interior; its vertices lie one after the other."""

    name: str
    color: tuple[float, float, float]  # RGB, 0..1, without light
    vertices: slice  # of the interior's
    triangles: IntArray  # (T, 3) int32 into the part's own vertices, counter-clockwise seen from the opening


class Interior:
    """A linear model of the interior over the face model's own coefficients.

    Its M vertices are either free or tied. A tied one is a mean of a vertex of the face and of an eyeball's
    centre, most of them the face's vertex itself.

    Args:
        tensors: of the asset.
        metadata: of the asset.

    Raises:
        AssetError: the asset is damaged.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
        try:
            positions = tensors["positions_q"] * np.float32(metadata["step_mm"])
            jaw = tensors["jaw_share_q"].astype(np.float32)[:, None] / np.float32(255)
            self._maps: FloatArray = as_float32(tensors["maps"])  # (K, 2, 4, 3): by skull and jaw
            self._directions = tensors["directions_q"] * tensors["directions_step"][:, None, None]
            self._coefficients: FloatArray = as_float32(tensors["coefficients"])  # (K, directions)
            self._free: IntArray = as_int32(
                tensors["free"]
            )  # places of the free vertices, the socket's first
            self._tied: IntArray = as_int32(tensors["tied"])  # places of the others
            self._tied_to: IntArray = as_int32(tensors["tied_to"])  # vertices of the face
            self._tied_share: FloatArray = as_float32(tensors["tied_share"])[:, None]
            self._tied_eye: IntArray = as_int32(tensors["tied_eye"])
            self._eyeballs: IntArray = as_int32(tensors["eyeballs"])  # (2, 2) first and last + 1 vertex
            self._rim: IntArray = as_int32(tensors["rim"])
            self._rim_mean_mm: FloatArray = as_float32(tensors["rim_mean_mm"])
            self.parts = _parts(json.loads(metadata["parts"]), as_int32(tensors["triangles"]))
            light = tensors["light_q"].astype(np.float32)[:, None] / np.float32(255)
            colors = [light[part.vertices] * np.array(part.color, np.float32) for part in self.parts]
            self._albedo: FloatArray = np.concatenate([np.zeros((0, 3), np.float32), *colors])
            ones = np.ones((len(positions), 1), np.float32)
            system = np.concatenate([positions / np.float32(metadata["scale_mm"]), ones], axis=1)
            # Skull and jaw in one product: (free vertices, 8) times (8, 3).
            self._system: FloatArray = np.concatenate([system * (1 - jaw), system * jaw], axis=1)
            self._positions: FloatArray = as_float32(positions)
        except (KeyError, ValueError, TypeError) as error:
            message = f"{manifest.INTERIOR}: not an interior ({error}); reinstall facesdk"
            raise AssetError(message) from error
        self.n_verts = len(self._free) + len(self._tied)
        if self.n_verts != len(self._albedo) or len(self._free) != len(positions):
            raise AssetError(f"{manifest.INTERIOR}: sizes of its tensors do not agree; reinstall facesdk")

    def fits(self, mean_control_mm: FloatArray, n_coefficients: int) -> bool:
        """Whether a face model (C, 3) has these rims, and as many coefficients as the interior moves with."""
        if n_coefficients != len(self._maps) or self._rim.max() >= len(mean_control_mm):
            return False
        apart = np.abs(mean_control_mm[self._rim] - self._rim_mean_mm).max()
        return bool(apart < RIM_TOLERANCE_MM)

    def verts(self, identity: FloatArray, expression: FloatArray, face_verts_mm: FloatArray) -> FloatArray:
        """Decode coefficients to the interior of one face.

        Args:
            identity: (n_id,).
            expression: (n_exp,) of the face model's own shapes.
            face_verts_mm: (V, 3), face frame, the dense mesh of the same coefficients.

        Returns:
            (M, 3) float32 mm, face frame.
        """
        if not self.parts:
            return self._positions
        free = self._positions + self._moved(np.concatenate([identity, expression]))
        return self._assembled(free, face_verts_mm)

    def displacement(self, expression: FloatArray, face_displacement: FloatArray) -> FloatArray:
        """Displacements (M, 3) in mm of an expression (n_exp,), given those of the dense mesh (V, 3)."""
        none = np.zeros(len(self._maps) - len(expression), np.float32)
        return self._assembled(self._moved(np.concatenate([none, expression])), face_displacement)

    def albedo(self, sh: FloatArray) -> FloatArray:
        """Colours without light: each part's, darkened where little light gets to.

        The hue of the light is only known up to that of the skin. Within that error, white teeth should stay
        white, so that the hue is taken out.

        Args:
            sh: (9, 3) light, RGB.

        Returns:
            (M, 3) float32 RGB, 1 for white.
        """
        ambient = np.maximum(sh[0], 1e-3)
        tint = np.clip(float(ambient @ LUMA) / ambient, 1 / HUE_ERROR, HUE_ERROR)
        return np.asarray(self._albedo * tint, np.float32)

    @functools.cached_property
    def triangles(self) -> IntArray:
        """(T, 3) int32 of all parts into all vertices, counter-clockwise seen from the openings."""
        shifted = [part.triangles + np.int32(part.vertices.start) for part in self.parts]
        return np.concatenate([np.zeros((0, 3), np.int32), *shifted])

    def _moved(self, x: FloatArray) -> FloatArray:
        """Displacements of the free vertices from coefficients (K,)."""
        maps = np.tensordot(np.asarray(x, np.float32), self._maps, axes=1)  # (2, 4, 3)
        moved = self._system @ maps.reshape(8, 3)
        moved[: self._directions.shape[1]] += np.tensordot(x @ self._coefficients, self._directions, axes=1)
        return np.asarray(moved, np.float32)

    def _assembled(self, free: FloatArray, face: FloatArray) -> FloatArray:
        """All vertices (or displacements) from the free ones and those of the face."""
        out = np.empty((self.n_verts, 3), np.float32)
        out[self._free] = free
        centres = np.stack([face[first:last].mean(axis=0) for first, last in self._eyeballs])
        out[self._tied] = (
            self._tied_share * face[self._tied_to] + (1 - self._tied_share) * centres[self._tied_eye]
        )
        return out


def _parts(entries: list[dict[str, Any]], triangles: IntArray) -> tuple[InteriorPart, ...]:
    parts, vertex, triangle = [], 0, 0
    for entry in entries:
        r, g, b = entry["color"]
        end_vertex, end = vertex + entry["vertices"], triangle + entry["triangles"]
        own = np.ascontiguousarray(triangles[triangle:end])
        parts.append(InteriorPart(entry["name"], (r, g, b), slice(vertex, end_vertex), own))
        vertex, triangle = end_vertex, end
    return tuple(parts)


def interior_of(mean_control_mm: FloatArray, n_coefficients: int, n_verts: int) -> Interior:
    """The interior of a face model: the bundled one where it fits, else an empty one.

    Args:
        mean_control_mm: (C, 3), face frame.
        n_coefficients: of identity and expression.
        n_verts: of its mesh; the interior's rims are those of the dense one.
    """
    bundled = _bundled()
    fits = bundled.parts and n_verts > len(mean_control_mm) and bundled.fits(mean_control_mm, n_coefficients)
    return bundled if fits else _empty()


def _bundled() -> Interior:
    """The bundled interior; an empty one in a folder of assets without it."""
    if manifest.INTERIOR not in manifest.manifest():
        return _empty()
    return _read(manifest.asset_path(manifest.INTERIOR))


@functools.lru_cache(maxsize=1)
def _read(path: Path) -> Interior:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as stored:
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
            return Interior(tensors, stored.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise AssetError(f"{path.name}: cannot be read ({error}); reinstall facesdk") from error


@functools.cache
def _empty() -> Interior:
    shapes = {
        "positions_q": (0, 3), "jaw_share_q": (0,), "maps": (0, 2, 4, 3), "directions_q": (0, 0, 3),
        "directions_step": (0,), "coefficients": (0, 0), "free": (0,), "tied": (0,), "tied_to": (0,),
        "tied_share": (0,), "tied_eye": (0,), "eyeballs": (0, 2), "rim": (0,), "rim_mean_mm": (0, 3),
        "triangles": (0, 3), "light_q": (0,),
    }  # fmt: skip
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    return Interior(tensors, {"step_mm": "1", "scale_mm": "1", "parts": "[]"})
