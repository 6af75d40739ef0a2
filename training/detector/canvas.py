"""A canvas of the detector's training: pixels and the faces put on them so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Image = NDArray[Any]


@dataclass
class Canvas:
    """Pixels BGR (S, S, 3) with the faces put on it so far: boxes x0 y0 x1 y1, points, kind 1 or 0."""

    pixels: Image
    boxes: list[Array] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)

    def add(self, boxes: Array, points: Array, kind: NDArray[np.int64], x: int = 0, y: int = 0) -> None:
        self.boxes += list(boxes + np.array([x, y, x, y], np.float32))
        self.points += list(points + np.array([x, y], np.float32))
        self.kind += [int(k) for k in kind]

    def cover(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Something is about to hide this rectangle: faces under it fade or go."""
        keep = []
        for n, box in enumerate(self.boxes):
            w = min(box[2], x1) - max(box[0], x0)
            h = min(box[3], y1) - max(box[1], y0)
            hidden = max(w, 0) * max(h, 0) / max(1e-3, float(np.prod(box[2:] - box[:2])))
            if hidden > 0.25:
                self.kind[n] = 0
            if hidden < 0.85:
                keep.append(n)
        self.boxes = [self.boxes[n] for n in keep]
        self.points = [self.points[n] for n in keep]
        self.kind = [self.kind[n] for n in keep]
