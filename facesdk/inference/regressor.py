"""The regressor by itself (csrc/pipeline/regress.h), for measurements and training."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from facesdk.core.arrays import DoubleArray, FloatArray, Picture
from facesdk.core.compiled import _core
from facesdk.core.crop import Crop


@dataclasses.dataclass(frozen=True, repr=False)
class Predictions:
    """What the network predicts for N crops, in each crop's virtual camera."""

    identity: FloatArray  # (N, n_id)
    albedo: FloatArray  # (N, n_tex)
    expression: FloatArray  # (N, n_exp) 0..1
    rotation: FloatArray  # (N, 3, 3) face -> virtual camera
    translation_mm: FloatArray  # (N, 3) virtual camera
    sh: FloatArray  # (N, 9, 3) RGB
    gray: FloatArray | None = None  # (N, S, S) the crops, 0..1; None of mirrored ones
    points: FloatArray | None = None  # (N, 68, 2) by soft-argmax, crop sides from the crop's centre
    landmark_log_sigma: FloatArray | None = None  # (N, 68) log of the expected error, crop sides
    face_logit: DoubleArray | None = None  # (N,) of the crop showing a face

    def __repr__(self) -> str:
        return f"Predictions({len(self.identity)} crops)"


class Regressor:
    """Predicts coefficients for crops. Working memory is its own: one for each thread."""

    def __init__(self, network: _core.Network, threads: int = 1) -> None:
        self._stage = _core.Regressor(network, threads)
        self.input_size: int = self._stage.input_size  # S px
        self.focal_ratio: float = self._stage.focal_ratio  # focal length over the crop's side

    def predict(self, crops: Picture) -> Predictions:
        """Predict for crops (N, S, S, 3) uint8 RGB."""
        return Predictions(**self._stage.predict_pixels(crops))

    def regress(self, picture: Picture, crops: Sequence[Crop], mirrored: bool = False) -> Predictions:
        """Predict for crops of one picture (H, W, 3) RGB.

        Args:
            picture: (H, W, 3) uint8 RGB.
            crops: where; their size is not used.
            mirrored: the network sees each crop mirrored left to right, and predicts what the mirror shows.
        """
        places = np.array([crop.geometry for crop in crops], np.float64).reshape(-1, 4)
        return Predictions(**self._stage.predict(picture, places, mirrored))
