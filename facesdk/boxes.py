"""Detections from whoever made them: the caller's detector, or boxes given outright."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core
from facesdk.errors import InvalidArray

DetectorLike = Callable[[npt.NDArray[np.uint8]], Any] | npt.ArrayLike


class DetectionArrays(NamedTuple):
    """Faces of one picture as the native engine takes them, pixels of the picture."""

    boxes: FloatArray  # (N, 4) x0, y0, x1, y1
    scores: FloatArray  # (N,) 0..1; 1 for a box that the caller gave
    points: FloatArray | None  # (N, 5, 2): eyes, nose tip, mouth corners, the person's right first
    roll_deg: FloatArray | None  # (N,) > 0 where the top of the head leans to the picture's right

    def __repr__(self) -> str:
        return f"DetectionArrays({len(self.boxes)} boxes)"


def as_detections(found: Any, name: str = "detector") -> DetectionArrays:
    """Convert what a detector returned.

    Args:
        found: facesdk.detect.Detections, or anything with boxes_xyxy, scores, points and roll_deg; or an
            array (N, 4) of boxes x0, y0, x1, y1 in pixels, or (N, 5) with a score in the last column; None
            means no face.
        name: of the argument, for messages.

    Raises:
        InvalidArray: anything else; boxes that are not finite, empty, turned round or beyond 1e6 px, scores
            that are not 0 to 1.
    """
    detections = _as_arrays(found, name)
    _core.check_detections(detections, name)
    return detections


def _as_arrays(found: Any, name: str) -> DetectionArrays:
    """Detections as arrays of the right shape and type, their values unchecked."""
    if found is None:
        return DetectionArrays(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), None, None)
    if not hasattr(found, "boxes_xyxy"):
        boxes = _boxes(found, name, (4, 5))
        scores = boxes[:, 4] if boxes.shape[1] == 5 else np.ones(len(boxes), np.float32)
        return DetectionArrays(np.ascontiguousarray(boxes[:, :4]), np.ascontiguousarray(scores), None, None)
    boxes = _boxes(found.boxes_xyxy, name, (4,))
    points, roll_deg = getattr(found, "points", None), getattr(found, "roll_deg", None)
    return DetectionArrays(
        boxes,
        _numbers(found.scores, name, "scores", (len(boxes),)),
        None if points is None else _numbers(points, name, "points", (len(boxes), 5, 2)),
        None if roll_deg is None else _numbers(roll_deg, name, "roll_deg", (len(boxes),)),
    )


def _floats(values: Any) -> FloatArray:
    """As float32; what is too large becomes infinite, without a warning: the check of values names it."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(np.asarray(values, np.float64), np.float32)


def _numbers(values: Any, name: str, part: str, shape: tuple[int, ...]) -> FloatArray:
    try:
        return _floats(values).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArray(f"{name}: {part} do not fit ({error}), expected {shape}") from error


def _boxes(values: Any, name: str, widths: tuple[int, ...]) -> FloatArray:
    try:
        boxes = _floats(values)
    except (TypeError, ValueError, OverflowError) as error:
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
    return boxes
