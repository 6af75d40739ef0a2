"""NumPy reference of csrc/pipeline/eye_closure."""

from __future__ import annotations

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.reference.sample_normalized_patch import sample_normalized_patch

ACROSS, DOWN = 24, 14  # samples of an eye's patch
WIDTH = 1.5  # of the patch, over the distance of the eye's corners
CORNERS = ((36, 39), (45, 42))  # iBUG: outer and inner corner of the person's right eye and of the left
OPEN, CLOSED = 0.3, 0.8  # predictions that count as open and as closed
CONTRAST_EPSILON = 0.02  # added to the patch's standard deviation, 0..1

Layers = list[tuple[FloatArray, FloatArray]]  # weights (out, in) and biases (out,) of dense layers


def eye_closure(layers: Layers, gray: FloatArray, landmarks: FloatArray) -> FloatArray:
    """How far the person's right and left eye are closed (2,), 0..1.

    Args:
        layers: with ReLU between them, a logit at the end.
        gray: (S, S) the crop, 0..1.
        landmarks: (68, 2) crop sides from the crop's centre.
    """
    x = patches(gray, landmarks)
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight.T + bias, 0)
    weight, bias = layers[-1]
    closed = 1 / (1 + np.exp(-(x @ weight.T + bias)[:, 0].astype(float)))
    return np.asarray(np.clip((closed - OPEN) / (CLOSED - OPEN), 0, 1), np.float32)


def patches(gray: FloatArray, landmarks: FloatArray) -> FloatArray:
    """Eyes (2, DOWN * ACROSS) without their brightness and contrast; the left one mirrored, so that both run
    from the outer corner to the inner."""
    out = np.empty((2, DOWN, ACROSS), np.float32)
    for eye, (outer, inner) in enumerate(CORNERS):
        (ax, ay), (bx, by) = ((landmarks[[outer, inner]] + 0.5) * len(gray) - 0.5).tolist()
        out[eye] = sample_normalized_patch(
            gray, ((ax + bx) / 2, (ay + by) / 2), (WIDTH * (bx - ax) / 2, WIDTH * (by - ay) / 2),
            mirrored=outer > inner, across=ACROSS, down=DOWN, flat=CONTRAST_EPSILON,
        )  # fmt: skip
    return out.reshape(2, -1)
