"""Identity embedding: linear map of shape and albedo coefficients to 128-D.

Learned from photos by ridge regression onto a face recogniser's embedding (training/identity/learn_code.py).
No pixel enters: it distinguishes only what the reconstruction holds. It does not replace a recogniser, least
of all where the face is covered, dark or in profile.
"""

from __future__ import annotations

import functools
import os

import numpy as np

from facesdk import manifest
from facesdk.core.appearance import Appearance
from facesdk.core.arrays import FloatArray
from facesdk.errors import AssetError, InvalidOptions


class IdentityMap:
    """Coefficients in, identity code out."""

    def __init__(self, mean: FloatArray, directions: FloatArray) -> None:
        """mean (K,) of identity, albedo and its detail, in this order; directions (K, N)."""
        self._mean, self._directions = mean, directions

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> IdentityMap:
        """Read the file that training/identity/learn_code.py wrote.

        Raises:
            AssetError: it is missing or damaged.
        """
        from safetensors.numpy import load_file

        try:
            stored = load_file(path)
            mean, directions = (stored[name].astype(np.float32) for name in ("mean", "directions"))
        except Exception as error:  # safetensors has its own error type
            raise AssetError(f"{os.path.basename(path)}: not an identity map ({error})") from error
        return cls(mean, directions)

    def __call__(self, identity: FloatArray, appearance: Appearance) -> FloatArray:
        """Embed a face.

        Args:
            identity: (n_id,) shape coefficients.
            appearance: albedo and detail coefficients; fitted to the photo, as those that it was learned on.

        Returns:
            (N,) float32 of length one.

        Raises:
            InvalidOptions: the face model has another number of coefficients.
        """
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
