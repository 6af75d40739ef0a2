"""Who is it: shape and albedo of a face as one short vector, near for photos of one person.

A linear map of the coefficients, learned from photos by ridge regression onto a face recogniser's embedding
(training/learn_identity.py). It sees no pixel: what it tells apart, the reconstruction holds. It is no match
for a recogniser, and less so where the face is covered, dark or in profile.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facesdk import manifest
from facesdk.errors import AssetError, InvalidOptions

if TYPE_CHECKING:
    from facesdk.appearance.fit import Appearance

FloatArray = npt.NDArray[np.float32]


class IdentityMap:
    """Coefficients in, identity code out."""

    def __init__(self, mean: FloatArray, directions: FloatArray) -> None:
        """mean (K,) of identity, albedo and its detail, in this order; directions (K, N)."""
        self._mean, self._directions = mean, directions

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> IdentityMap:
        """Read the file that training/learn_identity.py wrote. Raises AssetError."""
        from safetensors.numpy import load_file

        try:
            stored = load_file(path)
            mean, directions = (stored[name].astype(np.float32) for name in ("mean", "directions"))
        except Exception as error:  # safetensors has its own error type
            raise AssetError(f"{os.path.basename(path)}: not an identity map ({error})") from error
        return cls(mean, directions)

    def __call__(self, identity: FloatArray, appearance: Appearance) -> FloatArray:
        """(N,) of length one, from (n_id,) shape coefficients and the albedo's."""
        coefficients = np.concatenate([identity, appearance.albedo, appearance.detail])
        if len(coefficients) != len(self._mean):
            raise InvalidOptions(
                f"identity_code: the face model has {len(coefficients)} coefficients of shape and albedo, "
                f"the map was learned on {len(self._mean)}"
            )
        code = (coefficients - self._mean) @ self._directions
        return np.asarray(code / max(float(np.linalg.norm(code)), 1e-9), np.float32)


@functools.cache
def bundled() -> IdentityMap:
    """The map of the bundled face model."""
    return IdentityMap.load(manifest.asset_path(manifest.IDENTITY))
