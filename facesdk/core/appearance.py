"""Appearance of a face as coefficients."""

from __future__ import annotations

from typing import NamedTuple

from facesdk.core.arrays import FloatArray


class Appearance(NamedTuple):
    """What colours a face: albedo and light."""

    albedo: FloatArray  # (n_tex,) coefficients, about N(0, 1) each
    detail: FloatArray  # (n_detail,) coefficients that only a photo's pixels determine; the network's are 0
    sh: FloatArray  # (9, 3) light, RGB (paper 1, equation 6)

    def __repr__(self) -> str:
        return f"Appearance({len(self.albedo)} albedo, {len(self.detail)} detail coefficients, light (9, 3))"
