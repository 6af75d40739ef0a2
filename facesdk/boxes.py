"""Faces to look at, whoever found them: our detector, the user's callable, or boxes given outright."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.errors import InvalidArray

FloatArray = npt.NDArray[np.float32]
DetectorLike = Callable[[npt.NDArray[np.uint8]], Any] | npt.ArrayLike


@dataclasses.dataclass(frozen=True)
class FoundFace:
    """One face before it is reconstructed."""

    box_xyxy_px: FloatArray  # (4,)
    score: float  # 0..1; 1 for a box that the user gave
    points_px: FloatArray | None = None  # (5, 2): eyes, nose tip, mouth corners, the person's right first
    roll_deg: float | None = None


def found_faces(found: Any, name: str = "detector") -> list[FoundFace]:
    """The faces in what a detector returned, in its order.

    Taken are facesdk.detect.Detections, or anything with boxes_xyxy, scores, points and roll_deg; or an array
    (N, 4) of boxes x0, y0, x1, y1 in pixels, or (N, 5) with a score in the last column; None means no face.
    Raises InvalidArray otherwise.
    """
    if found is None:
        return []
    if hasattr(found, "boxes_xyxy"):
        boxes = _boxes(found.boxes_xyxy, name, (4,))
        scores = np.asarray(found.scores, dtype=np.float32).reshape(-1)
        points = getattr(found, "points", None)
        rolls = getattr(found, "roll_deg", None)
        return [
            FoundFace(
                box[:4],
                float(scores[i]),
                None if points is None else np.asarray(points[i], dtype=np.float32),
                None if rolls is None else float(rolls[i]),
            )
            for i, box in enumerate(boxes)
        ]
    boxes = _boxes(found, name, (4, 5))
    return [FoundFace(box[:4], float(box[4]) if len(box) == 5 else 1.0) for box in boxes]


def _boxes(values: Any, name: str, widths: tuple[int, ...]) -> FloatArray:
    try:
        boxes = np.asarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidArray(
            f"{name}: boxes are not numbers ({error}), expected (N, 4) x0, y0, x1, y1"
        ) from error
    if boxes.size == 0:
        return np.zeros((0, widths[0]), dtype=np.float32)
    if boxes.ndim == 1 and len(boxes) in widths:
        boxes = boxes[None]
    if boxes.ndim != 2 or boxes.shape[1] not in widths:
        raise InvalidArray(
            f"{name}: boxes have shape {boxes.shape}, expected (N, 4) x0, y0, x1, y1 in pixels"
        )
    if not np.isfinite(boxes).all():
        raise InvalidArray(f"{name}: a box is not finite")
    if (boxes[:, 2] <= boxes[:, 0]).any() or (boxes[:, 3] <= boxes[:, 1]).any():
        raise InvalidArray(f"{name}: a box is empty or turned round, expected x0 < x1 and y0 < y1")
    return boxes
