"""Albedo as a linear model on the control mesh (paper 1, equation 2).

Its first directions are those that the network predicts. A file may have more, `detail`, that only a photo's
pixels determine; each is symmetric or antisymmetric in the face's middle plane, so one half is stored. The
last of them change all three channels alike and are stored as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.core.arrays import FloatArray, IndexArray


class Albedo:
    """Mean and directions as stored; converted to floats on use, because tracking needs none."""

    def __init__(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        self.mean: FloatArray = np.ascontiguousarray(tensors["albedo_mean_control"], dtype=np.float32)
        self._basis, self._scale = tensors["albedo_basis_q"], tensors["albedo_scale"].astype(np.float32)
        self.n_tex = len(self._scale)
        none = np.zeros((0, 0, 3), np.int8)
        self._even, self._odd = (tensors.get(f"detail_{kind}_q", none) for kind in ("even", "odd"))
        none = none[..., 0]
        self._gray_even, self._gray_odd = (
            tensors.get(f"detail_gray_{kind}_q", none) for kind in ("even", "odd")
        )
        self._detail_scale = tensors.get("detail_scale", np.zeros(0)).astype(np.float32)
        self.n_detail = len(self._detail_scale)
        self._half: IndexArray = tensors.get("detail_half", np.zeros(0)).astype(np.intp)
        mirror = tensors.get("mirror_control", np.zeros(0))
        self._other: IndexArray = mirror[self._half].astype(np.intp)

    @property
    def fits(self) -> bool:
        """Whether the sizes of the tensors agree."""
        controls, half = len(self.mean), len(self._half)
        return (
            self.mean.shape == (controls, 3)
            and self._basis.shape == (self.n_tex, controls, 3)
            and sum(len(part) for part in self._parts) == self.n_detail
            and all(part.shape[1:3] == (half, 3)[: part.ndim - 1] for part in self._parts if len(part))
            and len(self._other) == half
            and max(self._half.max(initial=-1), self._other.max(initial=-1)) < controls
        )

    @property
    def _parts(self) -> tuple[npt.NDArray[np.int8], ...]:
        """Symmetric and antisymmetric directions in colour, then in gray: the coefficients' order."""
        return self._even, self._odd, self._gray_even, self._gray_odd

    @property
    def proper(self) -> IndexArray:
        """Control vertices of the face proper, those with detail; all where there is no detail."""
        if not self.n_detail:
            return np.arange(len(self.mean))
        return np.unique(np.concatenate([self._half, self._other]))

    def control(self, coefficients: FloatArray, detail: FloatArray) -> FloatArray:
        """Decode (n_tex,) and (n_detail,) coefficients to (C, 3) RGB, not clipped."""
        basis = self._basis
        if basis.dtype != np.int8:
            basis = np.ascontiguousarray(basis, dtype=np.float32)
        out = ops.decode_dense(self.mean, basis, coefficients * self._scale)
        if self.n_detail and detail.any():
            ends = np.cumsum([len(part) for part in self._parts])[:-1]
            scaled = np.split(detail * self._detail_scale, ends)
            even, odd, gray_even, gray_odd = (
                np.tensordot(own, part.astype(np.float32), axes=1)
                for own, part in zip(scaled, self._parts, strict=True)
            )
            out += self._unfolded(_with(even, gray_even), _with(odd, gray_odd))
        return np.ascontiguousarray(out, dtype=np.float32)

    def _unfolded(self, even: FloatArray, odd: FloatArray) -> FloatArray:
        """(..., C, 3) on both halves of the face from the two kinds (..., H, 3) on one; zeros beside it."""
        out = np.zeros((*even.shape[:-2], *self.mean.shape), np.float32)
        out[..., self._half, :] = even + odd
        out[..., self._other, :] = even - odd  # on the midline, where odd is zero, the same once more
        return out

    def directions(self) -> FloatArray:
        """(n_tex + n_detail, C, 3) RGB per unit coefficient."""
        own = self._basis * self._scale[:, None, None]
        if not self.n_detail:
            return own
        ends = np.cumsum([len(part) for part in self._parts])[:-1]
        scales = np.split(self._detail_scale, ends)
        half = (len(self._half), 3)
        rows = [own]
        for part, scale, odd in zip(self._parts, scales, (False, True, False, True), strict=True):
            colors = part if part.ndim == 3 else part[..., None]
            wide = np.broadcast_to(colors * scale[:, None, None], (len(part), *half))
            none = np.zeros_like(wide)
            rows.append(self._unfolded(none, wide) if odd else self._unfolded(wide, none))
        return np.concatenate(rows)


def _with(color: FloatArray, gray: FloatArray) -> FloatArray:
    """Add colour (H, 3) and gray (H,), either of which may be empty."""
    if not len(gray):
        return color
    wide = np.broadcast_to(gray[:, None], (len(gray), 3))
    return np.asarray(color + wide if len(color) else wide, np.float32)
