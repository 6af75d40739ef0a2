"""Appearance of a face as coefficients."""

from __future__ import annotations

from typing import Any, NamedTuple

from facesdk.core.arrays import FloatArray, rounded
from facesdk.core.compiled import _core

MAX_ALBEDO = _core.MAX_ALBEDO  # above white: the light of equation 6 has no highlights


class Appearance(NamedTuple):
    """What colours a face: albedo and light."""

    albedo: FloatArray  # (n_tex,) coefficients, about N(0, 1) each
    detail: FloatArray  # (n_detail,) coefficients that only a photo's pixels determine; the network's are 0
    sh: FloatArray  # (9, 3) light, RGB (paper 1, equation 6)

    def to_dict(self) -> dict[str, Any]:
        """The coefficients as plain numbers, for JSON."""
        return {
            "albedo_coefficients": rounded(self.albedo, 4),
            "albedo_detail": rounded(self.detail, 4),
            "sh": rounded(self.sh, 5),
        }

    def __repr__(self) -> str:
        return f"Appearance({len(self.albedo)} albedo, {len(self.detail)} detail coefficients, light (9, 3))"
