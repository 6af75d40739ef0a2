"""Matching of found boxes to labelled ones: recall by size and false alarms per picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
HIT, APART = 0.5, 0.3  # IoU from which a face counts as found, and below which a find is an alarm


def overlaps(a: Array, b: Array) -> Array:
    """IoU of every box x0 y0 x1 y1 of a (n, 4) with every one of b (m, 4) -> (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.maximum(high - low, 0), axis=-1)
    area_a, area_b = (np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b))
    return np.asarray(inter / np.maximum(area_a[:, None] + area_b[None] - inter, 1e-6), np.float32)


@dataclass
class Matched:
    """Outcome over a set: a row for each labelled face and for each find that hits none.

    face_size (n,) px, face_score (n,) best score of a box that hits it, or 0; wrong_size, wrong_score,
    wrong_overlap (m,) of the finds whose best overlap with a label is under HIT.
    """

    pictures: int
    face_size: Array
    face_score: Array
    wrong_size: Array
    wrong_score: Array
    wrong_overlap: Array

    def recall(self, smallest: float, threshold: float) -> float:
        """Share of the labelled faces of `smallest` px (sqrt of w h) and more found at the threshold."""
        which = self.face_size >= smallest
        found = self.face_score[which] >= max(threshold, 1e-9)  # a face that nothing hits has score 0
        return float(found.mean()) if which.any() else float("nan")

    def false_alarms(self, threshold: float, smallest: float = 16.0, apart: float = APART) -> float:
        """Finds per picture, of `smallest` px and more, that overlap no labelled face by `apart`.

        With HIT for `apart`, faces boxed badly count as alarms too.
        """
        wrong = (self.wrong_size >= smallest) & (self.wrong_overlap < apart)
        return float((wrong & (self.wrong_score >= threshold)).sum() / self.pictures)

    def threshold_for(self, alarms: float, smallest: float = 16.0) -> float:
        """The lowest threshold with at most `alarms` false alarms per picture."""
        wrong = (self.wrong_size >= smallest) & (self.wrong_overlap < APART)
        scores = np.sort(self.wrong_score[wrong])[::-1]
        allowed = int(alarms * self.pictures)
        return float(scores[allowed]) + 1e-6 if len(scores) > allowed else 0.0


def match(
    found: list[tuple[Array, Array]], labelled: list[Array], ignored: list[Array] | None = None
) -> Matched:
    """Match found (boxes, scores) of each picture to its labelled boxes, all x0 y0 x1 y1.

    A find that covers a region of `ignored` counts neither as right nor as wrong.
    """
    faces: list[tuple[float, float]] = []
    wrong: list[tuple[float, float, float]] = []
    for n, (boxes, scores) in enumerate(found):
        truth = labelled[n]
        share = overlaps(boxes, truth)
        hits = np.where(share >= HIT, scores[:, None], 0).max(0, initial=0)
        size = np.sqrt(np.prod(truth[:, 2:] - truth[:, :2], axis=1))
        faces += zip(size.tolist(), hits.tolist(), strict=True)
        best = share.max(1, initial=0)
        for i in np.flatnonzero(best < HIT):
            if ignored is None or not len(ignored[n]) or overlaps(boxes[i : i + 1], ignored[n]).max() < APART:
                side = float(np.sqrt(np.prod(boxes[i, 2:] - boxes[i, :2])))
                wrong.append((side, float(scores[i]), float(best[i])))
    face, miss = np.array(faces).reshape(-1, 2), np.array(wrong).reshape(-1, 3)
    return Matched(len(found), face[:, 0], face[:, 1], miss[:, 0], miss[:, 1], miss[:, 2])
