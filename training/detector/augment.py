"""Light, lens and file: what happens to a whole canvas after it is composed. BGR uint8 in and out."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]


LEGIBLE = 9.0
"""px; a face that low resolution leaves smaller is one no more."""


def degrade(canvas: Image, rng: np.random.Generator, smallest: float = 20.0) -> Image:
    """Colour, gray, darkness, blur, motion, low resolution, noise and JPEG, each with its own chance.

    smallest: px of the smallest face, which stays legible however low the resolution.
    """
    if rng.random() < 0.8:
        canvas = _colour(canvas, rng)
    if rng.random() < 0.12:
        canvas = cv2.cvtColor(cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    draw = rng.random()
    if draw < 0.12:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 1.6))
    elif draw < 0.17:
        length = int(rng.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        canvas = cv2.filter2D(canvas, -1, kernel / kernel.sum())
    elif draw < 0.3:
        h, w = canvas.shape[:2]
        share = float(np.exp(rng.uniform(np.log(np.clip(LEGIBLE / smallest, 0.12, 0.45)), np.log(0.9))))
        small = cv2.resize(canvas, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        canvas = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    elif draw < 0.38:  # sharpened, as phone cameras do
        soft = cv2.GaussianBlur(canvas, (0, 0), 1.2)
        amount = rng.uniform(0.3, 1.2)
        canvas = cv2.addWeighted(canvas, 1 + amount, soft, -amount, 0)
    if rng.random() < 0.12:
        noise = rng.standard_normal((canvas.shape[0] // 2, canvas.shape[1] // 2, 3), np.float32)
        noise = cv2.resize(noise, canvas.shape[1::-1]) * rng.uniform(3, 16)
        canvas = np.clip(canvas + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        quality = int(rng.integers(25, 90))
        file = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        canvas = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))
    return np.asarray(canvas, np.uint8)


def _colour(canvas: Image, rng: np.random.Generator) -> Image:
    """Gamma, gain, offset and white balance as one table per channel, then saturation."""
    levels = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, 0.3))
    gain = rng.uniform(0.2, 0.6) if rng.random() < 0.1 else np.exp(rng.normal(0, 0.2))
    offset = rng.normal(0, 0.06)
    balance = np.exp(rng.normal(0, 0.1, 3))
    if rng.random() < 0.06:  # stage light, neon
        balance *= rng.uniform(0.3, 1.3, 3)
    table = (levels[:, None] ** gamma * gain * balance + offset) * 255
    canvas = cv2.LUT(canvas, np.clip(table, 0, 255).astype(np.uint8).reshape(1, 256, 3))
    if rng.random() < 0.3:
        gray = cv2.cvtColor(cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        amount = rng.uniform(0.3, 1.5)
        canvas = cv2.addWeighted(canvas, amount, gray, 1 - amount, 0)
    return np.asarray(canvas, np.uint8)
