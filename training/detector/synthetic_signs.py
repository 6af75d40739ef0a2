"""What streets are full of and what face photos lack: lettering, round emblems, rows of windows, flags.

Drawn plainly, in any colours: a detector that has never seen a letter takes it for an eye.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?&%"))
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX,
         cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)  # fmt: skip
SIDE = 96  # px, drawn at; callers shrink it


def sign(rng: np.random.Generator) -> Image:
    """A square of SIDE px, BGR uint8."""
    draw = (_lettering, _emblem, _windows, _stripes)[rng.choice(4, p=(0.45, 0.2, 0.2, 0.15))]
    image = draw(rng)
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), float(rng.normal(0, 12)), 1.15)
    matrix[0, 1] += rng.normal(0, 0.15)  # seen from the side
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _colours(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """A ground and something that stands out on it."""
    ground = rng.integers(0, 256, 3)
    if rng.random() < 0.4:  # white boards and black cloth are the most frequent
        ground[:] = 255 * rng.integers(0, 2) + rng.integers(-30, 30)
    other = rng.integers(0, 256, 3)
    if abs(int(other.sum()) - int(ground.sum())) < 200:
        other = 255 - ground
    return [int(v) for v in ground.clip(0, 255)], [int(v) for v in other.clip(0, 255)]


def _plain(colour: list[int]) -> Image:
    return np.full((SIDE, SIDE, 3), colour, np.uint8)


def _lettering(rng: np.random.Generator) -> Image:
    ground, ink = _colours(rng)
    image = _plain(ground)
    lines = int(rng.integers(1, 5))
    height = SIDE / lines
    for line in range(lines):
        text = "".join(rng.choice(LETTERS, int(rng.integers(2, 3 + 2 * lines))))
        font, scale = int(rng.choice(FONTS)), float(height / 34 * rng.uniform(0.6, 1.1))
        at = (int(rng.integers(-8, 16)), int((line + 0.5) * height + 8 * scale))
        cv2.putText(image, text, at, font, scale, ink, int(rng.integers(1, 2 + 5 // lines)), cv2.LINE_AA)
    return image


def _emblem(rng: np.random.Generator) -> Image:
    ground, ink = _colours(rng)
    image = _plain(ground)
    centre = tuple(int(v) for v in rng.integers(40, 57, 2))
    for radius in sorted(rng.integers(8, 46, int(rng.integers(1, 5))), reverse=True):
        colour = ink if rng.random() < 0.5 else _colours(rng)[1]
        cv2.circle(image, centre, int(radius), colour, -1 if rng.random() < 0.5 else 3, cv2.LINE_AA)
    if rng.random() < 0.6:
        text = "".join(rng.choice(LETTERS, int(rng.integers(1, 3))))
        cv2.putText(image, text, (24, 62), int(rng.choice(FONTS)), 1.5, ink, 3, cv2.LINE_AA)
    return image


def _windows(rng: np.random.Generator) -> Image:
    ground, dark = _colours(rng)
    image = _plain(ground)
    columns, rows = (int(v) for v in rng.integers(1, 6, 2))
    w, h = SIDE / columns, SIDE / rows
    share = rng.uniform(0.3, 0.8, 2)
    for i in range(columns):
        for j in range(rows):
            x, y = int((i + (1 - share[0]) / 2) * w), int((j + (1 - share[1]) / 2) * h)
            end = (int(x + share[0] * w), int(y + share[1] * h))
            cv2.rectangle(image, (x, y), end, dark, -1 if rng.random() < 0.8 else 2)
            if rng.random() < 0.3:
                cv2.line(image, (x, (y + end[1]) // 2), (end[0], (y + end[1]) // 2), ground, 2)
    return image


def _stripes(rng: np.random.Generator) -> Image:
    ground, other = _colours(rng)
    image = _plain(ground)
    third = _colours(rng)[1]
    width = int(rng.integers(5, 34))
    for n, start in enumerate(range(0, SIDE, width)):
        colour = (ground, other, third)[n % int(rng.integers(2, 4))]
        cv2.rectangle(image, (0, start), (SIDE, start + width), colour, -1)
    if rng.random() < 0.4:
        cv2.rectangle(image, (0, 0), (SIDE // 2, SIDE // 2), third, -1)
        for x, y in rng.integers(4, SIDE // 2, (12, 2)):
            cv2.circle(image, (int(x), int(y)), 3, ground, -1)
    return np.ascontiguousarray(image.transpose(1, 0, 2)) if rng.random() < 0.5 else image
