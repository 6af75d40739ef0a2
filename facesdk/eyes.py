"""How far each eye is shut, from its own pixels.

The network's features, three by three cells of a crop, forget an eye's few pixels, and with them whether it
is open. A small network of its own sees a patch of the gray crop round each eye, cut by the landmarks, and
says how far the lids are shut (training/learn_eyes.py); the eyeBlink weights follow it.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.errors import AssetError

FloatArray = npt.NDArray[np.float32]

ACROSS, DOWN = 24, 14
WIDE = 1.5
"""Width of a patch over the distance of the eye's corners."""
CORNERS = ((36, 39), (45, 42))
"""iBUG points: outer and inner corner of the person's right eye and of the left."""
FACING = 0.5
"""Cosine of the turn up to which both eyes are seen."""
OPEN, SHUT = 0.3, 0.8
"""What the network says of an eye that is taken for open, and for shut: of held-out eyes that are open nine
in ten stay below the one, of those that are shut three in four reach the other."""
FLAT = 0.02  # contrast of a patch, 0..1, that is not amplified


class Eyes:
    """A gray crop and its landmarks in, shares out."""

    def __init__(self, layers: list[tuple[FloatArray, FloatArray]]) -> None:
        """Weights (out, in) and biases (out,) of dense layers with ReLU between them, a logit at the end."""
        self._layers = [(np.ascontiguousarray(weight.T), bias) for weight, bias in layers]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Eyes:
        """Read the file that training/learn_eyes.py wrote. Raises AssetError."""
        from safetensors.numpy import load_file

        try:
            stored = load_file(path)
            layers = [
                (stored[f"{k}.weight"].astype(np.float32), stored[f"{k}.bias"].astype(np.float32))
                for k in range(len(stored) // 2)
            ]
            if layers[0][0].shape[1] != ACROSS * DOWN or layers[-1][0].shape[0] != 1:
                raise ValueError(f"layers of shapes {[weight.shape for weight, _ in layers]}")
        except Exception as error:  # safetensors has its own error type
            raise AssetError(f"{os.path.basename(path)}: not a network of eyes ({error})") from error
        return cls(layers)

    def __call__(self, gray: FloatArray, landmarks: FloatArray) -> FloatArray:
        """Shares (2,), 0 open and 1 shut, of the person's right and left eye.

        gray (S, S) in 0..1; landmarks (68, 2) in crop sides from the crop's centre.
        """
        x = self.patches(gray, landmarks)
        for weight, bias in self._layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self._layers[-1]
        shut = 1 / (1 + np.exp(-(x @ weight + bias)[:, 0]))
        return np.asarray(np.clip((shut - OPEN) / (SHUT - OPEN), 0, 1), np.float32)

    def patches(self, gray: FloatArray, landmarks: FloatArray) -> FloatArray:
        """Eyes (2, DOWN * ACROSS) without their brightness and contrast; the left one in a mirror, so that
        both run from the outer corner to the inner."""
        size = len(gray)
        out = np.empty((2, DOWN, ACROSS), np.float32)
        for k, (outer, inner) in enumerate(CORNERS):
            (ax, ay), (bx, by) = ((landmarks[[outer, inner]] + 0.5) * size - 0.5).tolist()
            right = (WIDE * (bx - ax) / 2, WIDE * (by - ay) / 2)
            out[k] = ops.sample_normalized_patch(
                gray, ((ax + bx) / 2, (ay + by) / 2), right,
                mirrored=outer > inner, across=ACROSS, down=DOWN, flat=FLAT,
            )  # fmt: skip
        return out.reshape(2, -1)
