"""The network: crops in, named coefficients out.

What each of the network's K numbers means is written in the file's metadata ("facesdk"), so that a
retrained network with other sizes needs no change here.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.crop import Crop
from facesdk.errors import AssetError
from facesdk.inference import open_session

FloatArray = npt.NDArray[np.float32]

PARTS = ("alpha", "beta", "delta", "R", "m", "gamma")


@dataclasses.dataclass(frozen=True)
class Coefficients:
    """What the network says of one crop: x = (alpha, beta, delta, R, m, gamma), in the crop's camera."""

    identity: FloatArray  # (n_id,), about N(0, 1) each
    albedo: FloatArray  # (n_tex,), about N(0, 1) each
    expression: FloatArray  # (n_exp,), 0..1
    rotation: FloatArray  # (3, 3), face -> virtual camera
    translation_mm: FloatArray  # (3,), virtual camera
    sh: FloatArray  # (9, 3), RGB
    points: FloatArray | None = None  # (68, 2) landmarks by the second way, crop sides from the centre
    spread: FloatArray | None = None  # (68,) log of each landmark's expected error, crop sides
    presence: float | None = None  # logit of there being a face in the crop


class Regressor:
    """Mobile-FaceRNet, or any network with the same metadata."""

    def __init__(self, path: str | os.PathLike[str], backend: str = "onnxruntime", threads: int = 1) -> None:
        self._session = open_session(path, backend, threads)
        self._name = os.path.basename(os.fspath(path))
        meta = _read_metadata(self._session.metadata, self._name)
        self.input_size: int = int(meta["input_size"])
        self.focal_ratio: float = float(meta["focal_ratio"])
        self.version: str = str(meta.get("version", "unknown"))
        self.sizes: dict[str, int] = {name: int(size) for name, size in meta["layout"].items()}
        self._z0_mm = float(meta["z0_mm"])
        self._slices: dict[str, slice] = {}
        start = 0
        for name, size in self.sizes.items():
            self._slices[name] = slice(start, start + size)
            start += size
        self._length = start

    def __call__(self, crops: FloatArray) -> list[Coefficients]:
        """Coefficients of each of the (N, 3, S, S) crops, float32 RGB in 0..1."""
        return self._named(self._session.run(np.ascontiguousarray(crops, dtype=np.float32)), len(crops))

    def look(
        self, picture: npt.NDArray[np.uint8], crops: Sequence[Crop], mirror: bool = False
    ) -> tuple[list[Coefficients], FloatArray]:
        """Coefficients of each crop of a picture (H, W, 3) RGB, and the crops in gray (N, S, S), 0..1.

        mirror: the network sees each crop in a mirror, and its answers are of what it sees.
        """
        matrices = [mirrored(crop) if mirror else crop.matrix for crop in crops]
        outputs, gray = self._session.run_on(picture, matrices, self.input_size)
        return self._named(outputs, len(crops)), gray

    def _named(self, outputs: dict[str, FloatArray], count: int) -> list[Coefficients]:
        x = outputs["x"]
        if x.shape != (count, self._length):
            raise AssetError(
                f"{self._name}: output x has shape {x.shape}, its layout says {self._length} numbers"
            )
        if not np.isfinite(x).all():
            raise AssetError(f"{self._name}: its output is not finite; the file is damaged")
        others = ("points", "spread", "presence")
        return [
            self._split(row, *(outputs[name][i] if name in outputs else None for name in others))
            for i, row in enumerate(x)
        ]

    def _split(
        self,
        x: FloatArray,
        points: FloatArray | None,
        spread: FloatArray | None,
        presence: FloatArray | None,
    ) -> Coefficients:
        part = {name: x[where] for name, where in self._slices.items()}
        return Coefficients(
            identity=part["alpha"].copy(),
            albedo=part["beta"].copy(),
            expression=part["delta"].clip(0.0, 1.0),
            rotation=rotation_from_output(part["R"]),
            translation_mm=translation_from_output(part["m"], self.focal_ratio, self._z0_mm),
            sh=part["gamma"].reshape(9, 3).copy(),
            points=None if points is None else points.copy(),
            spread=None if spread is None else spread.copy(),
            presence=None if presence is None else float(presence[0]),
        )


def mirrored(crop: Crop) -> FloatArray:
    """(2, 3) picture px -> px of the crop seen in a mirror."""
    return crop.matrix * np.array([[-1], [1]], np.float32) + np.array(
        [[0, 0, crop.size - 1], [0, 0, 0]], np.float32
    )


def rotation_from_output(values: FloatArray) -> FloatArray:
    """(3, 3) rotation from 6 numbers (its first two columns, made orthonormal) or 3 (a rotation vector)."""
    if len(values) == 3:
        import cv2

        return np.asarray(cv2.Rodrigues(values.astype(np.float64))[0], dtype=np.float32)
    return ops.rotation_from_six(np.ascontiguousarray(values))


def translation_from_output(values: FloatArray, focal_ratio: float, z0_mm: float) -> FloatArray:
    """(3,) mm from x0, y0 (units of the crop's side, from its centre) and log(depth / z0)."""
    x0, y0, log_depth = values.tolist()
    depth = z0_mm * math.exp(min(max(log_depth, -4.0), 4.0))
    return np.array([x0 * depth / focal_ratio, y0 * depth / focal_ratio, depth], dtype=np.float32)


def _read_metadata(metadata: dict[str, str], name: str) -> dict[str, Any]:
    """The checked "facesdk" entry of the file's metadata."""
    try:
        meta: dict[str, Any] = json.loads(metadata["facesdk"])
        layout = meta["layout"]
        missing = [part for part in PARTS if part not in layout]
        if missing:
            raise KeyError(f"layout lacks {', '.join(missing)}")
        if layout["gamma"] != 27 or layout["m"] != 3 or layout["R"] not in (3, 6):
            raise KeyError(f"layout {layout}")
        for key in ("input_size", "focal_ratio", "z0_mm"):
            if not float(meta[key]) > 0:
                raise KeyError(f"{key} is {meta[key]}")
    except (KeyError, ValueError, TypeError) as error:
        raise AssetError(f"{name}: not a FaceSDK network (metadata: {error})") from error
    return meta
