"""The detector's anchor-free head (csrc/ops/decode_detections)."""

from __future__ import annotations

from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core


def decode_detections(
    raw: FloatArray, height: int, width: int, threshold: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Decode a detector's output: the cells whose probability is over the threshold.

    Args:
        raw: (C, 15): for the strides 8, 16 and 32, row by row, each cell's logit; then in strides from the
            cell's centre its face's centre, the log of its sides over four strides, and five points.
        height: of the detector's input, a multiple of 32 px.
        width: of the detector's input, a multiple of 32 px.
        threshold: probability, 0..1.

    Returns:
        Boxes (N, 4) x0, y0, x1, y1 px; scores (N,); points (N, 5, 2) px: right eye, left eye, nose tip, right
        and left mouth corner of the person; rolls (N,) in degrees, > 0 where the top of the head leans to the
        right: along the mouth-to-eyes line and along the eyes, whichever is longer, so that a profile, whose
        eyes nearly coincide, has one too.
    """
    return _core.decode_detections(raw, height, width, threshold)
