"""Batches of the detector's training: composed canvases, fresh ones and earlier ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.detector.compose import Composer
from training.detector.geometry import FLIPPED
from training.detector.loss import Targets

Sample = tuple[Any, Any, Any, Any]


class Feed:
    """Batches from fresh canvases and a pool of earlier ones: composing costs as much as half a step."""

    def __init__(self, composer: Composer, batch: int, fresh: int, pool: int) -> None:
        self.composer, self.batch, self.fresh, self.largest = composer, batch, fresh, pool
        self.pool: list[Sample] = []

    def __call__(self) -> tuple[Tensor, Targets]:
        rng = self.composer.rng
        fresh = self.fresh if len(self.pool) >= self.batch else self.batch
        rows = [self.composer.sample() for _ in range(fresh)]
        again = [self.pool[rng.integers(len(self.pool))] for _ in range(self.batch - fresh)]
        for row in rows:
            if len(self.pool) < self.largest:
                self.pool.append(row)
            else:
                self.pool[rng.integers(self.largest)] = row
        rows += [mirror(row) if rng.random() < 0.5 else row for row in again]
        return collate(rows)


def mirror(sample: Sample) -> Sample:
    """The sample seen in a mirror."""
    pixels, boxes, points, kind = sample
    width = pixels.shape[1] - 1
    boxes = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
    points = (points * (-1, 1) + (width, 0))[:, FLIPPED].astype(np.float32)
    return pixels[:, ::-1], boxes, points, kind


def collate(rows: list[Sample]) -> tuple[Tensor, Targets]:
    """Samples -> pictures (B, 3, S, S) in 0..1 channels last, and padded targets."""
    most = max(1, max(len(r[1]) for r in rows))
    boxes = np.zeros((len(rows), most, 4), np.float32)
    points = np.full((len(rows), most, 5, 2), np.nan, np.float32)
    kind = np.full((len(rows), most), -1, np.int64)
    for n, (_, b, p, k) in enumerate(rows):
        boxes[n, : len(b)], points[n, : len(b)], kind[n, : len(b)] = b, p, k
    pixels = torch.from_numpy(np.stack([r[0] for r in rows]))
    pictures = pixels.permute(0, 3, 1, 2).float().div_(255)  # stays channels last in memory
    return pictures, Targets(torch.from_numpy(boxes), torch.from_numpy(points), torch.from_numpy(kind))
