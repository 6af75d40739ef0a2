"""What the chain knows of each candidate before a mesh is made (csrc/pipeline/observation.h)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from facesdk.boxes import as_detections
from facesdk.core.arrays import DoubleArray, FloatArray, Picture
from facesdk.core.compiled import _core
from facesdk.core.crop import Crop


@dataclasses.dataclass(frozen=True, repr=False)
class Observations:
    """N candidates of one picture, largest and surest first."""

    boxes_px: FloatArray  # (N, 4) x0, y0, x1, y1
    scores: FloatArray  # (N,) 0..1
    five_points_px: FloatArray  # (N, 5, 2) of the detector; NaN where it gives none
    detected_roll_deg: FloatArray  # (N,) of the detector; NaN where it gives none
    crops: DoubleArray  # (N, 4) centre x, y and side, px, and roll in degrees, of the last inference pass
    identity: FloatArray  # (N, n_id)
    albedo: FloatArray  # (N, n_tex)
    expression: FloatArray  # (N, n_exp) 0..1
    rotation: FloatArray  # (N, 3, 3) face -> the crop's virtual camera
    translation_mm: FloatArray  # (N, 3) virtual camera
    sh: FloatArray  # (N, 9, 3) RGB
    gray: FloatArray  # (N, S, S) the crops, 0..1
    landmarks_crop: FloatArray  # (N, 68, 2) crop sides from the crop's centre
    landmarks_px: FloatArray  # (N, 68, 2)
    landmark_disagreement: DoubleArray  # (N,) crop sides; NaN where the network predicts them in one way
    points: FloatArray | None = None  # (N, 68, 2) by soft-argmax, crop sides from the crop's centre
    landmark_log_sigma: FloatArray | None = None  # (N, 68) log of the expected error, crop sides
    landmark_error: DoubleArray | None = None  # (N,) expected, over the size of the face
    face_logit: DoubleArray | None = None  # (N,) of the crop showing a face

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return f"Observations({len(self)} candidates)"

    def crop(self, i: int) -> Crop:
        """The crop of candidate i as the network saw it."""
        x, y, side, roll_deg = self.crops[i].tolist()
        return Crop((x, y), side, roll_deg, self.gray.shape[1])


def observe(session: _core.Session, picture: Picture, detections: Any, verify: bool) -> Observations:
    """Regress and refine the candidates of a picture.

    Args:
        session: that no other thread uses.
        picture: (H, W, 3) uint8 RGB.
        detections: what a detector returned (see facesdk/boxes.py); None: the engine's own detections.
        verify: keep only what the candidate filter takes for faces.
    """
    given = None if detections is None else as_detections(detections)
    return Observations(**session.observe(np.ascontiguousarray(picture), given, verify))
