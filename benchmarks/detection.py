"""Matching of found boxes to labelled ones: recall by size and false alarms per picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def overlaps(a: Array, b: Array) -> Array:
    """IoU of every box x0 y0 x1 y1 of a (n, 4) with every one of b (m, 4) -> (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.maximum(high - low, 0), axis=-1)
    area_a, area_b = (np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b))
    return np.asarray(inter / np.maximum(area_a[:, None] + area_b[None] - inter, 1e-6), np.float32)


@dataclass
class Matched:
    """Outcome over a set: a row for each labelled face and for each false find.

    face_size (n,) px, face_score (n,) score of the box that found it or 0; false_size, false_score (m,).
    """

    pictures: int
    face_size: Array
    face_score: Array
    false_size: Array
    false_score: Array

    def recall(self, smallest: float, threshold: float) -> float:
        """Share of the labelled faces of `smallest` px (sqrt of w h) and more found at the threshold."""
        which = self.face_size >= smallest
        return float((self.face_score[which] >= threshold).mean()) if which.any() else float("nan")

    def false_alarms(self, threshold: float, smallest: float = 16.0) -> float:
        """Finds per picture, of `smallest` px and more, that match no labelled face."""
        return float(((self.false_score >= threshold) & (self.false_size >= smallest)).sum() / self.pictures)

    def threshold_for(self, alarms: float, smallest: float = 16.0) -> float:
        """The lowest threshold with at most `alarms` false alarms per picture."""
        scores = np.sort(self.false_score[self.false_size >= smallest])[::-1]
        allowed = int(alarms * self.pictures)
        return float(scores[allowed]) + 1e-6 if len(scores) > allowed else 0.0


def match(found: list[tuple[Array, Array]], labelled: list[Array], ignored: list[Array] | None = None,
          least: float = 0.5) -> Matched:
    """Match found (boxes, scores) of each picture to its labelled boxes, all x0 y0 x1 y1, best score first.

    A find that covers a region of `ignored` counts neither as right nor as wrong.
    """
    rows: list[list[float]] = []
    false: list[list[float]] = []
    for n, (boxes, scores) in enumerate(found):
        truth = labelled[n]
        hit = np.zeros(len(truth), np.float32)
        share = overlaps(boxes, truth)
        for i in np.argsort(-scores, kind="stable"):
            free = np.where(hit == 0, share[i], 0)
            if len(free) and free.max() >= least:
                hit[free.argmax()] = scores[i]
            elif ignored is None or not len(ignored[n]) or overlaps(boxes[i:i + 1], ignored[n]).max() < 0.3:
                false.append([float(np.sqrt(np.prod(boxes[i, 2:] - boxes[i, :2]))), float(scores[i])])
        size = np.sqrt(np.prod(truth[:, 2:] - truth[:, :2], axis=1))
        rows += [[float(s), float(h)] for s, h in zip(size, hit, strict=True)]
    faces, wrong = np.array(rows, np.float32).reshape(-1, 2), np.array(false, np.float32).reshape(-1, 2)
    return Matched(len(found), faces[:, 0], faces[:, 1], wrong[:, 0], wrong[:, 1])
