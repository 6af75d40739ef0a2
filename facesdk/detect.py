"""The face detector by itself (csrc/pipeline/detect.h): boxes, five points, scores, roll."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facesdk import manifest, ops
from facesdk.core.arrays import FloatArray, IndexArray, Picture
from facesdk.core.compiled import _core
from facesdk.errors import InvalidImage, InvalidOptions
from facesdk.inference.engine import open_network

ASSET = manifest.ASSETS / manifest.DETECTOR


@dataclass(frozen=True)
class Detections:
    """Faces of one picture, the most prominent (score times size) first; pixels of the picture, float32."""

    boxes_xyxy: FloatArray  # (N, 4), forehead to chin, may reach over the border
    scores: FloatArray  # (N,) 0..1
    points: FloatArray  # (N, 5, 2): right eye, left eye, nose tip, right and left mouth corner of the person
    roll_deg: FloatArray  # (N,) > 0 where the top of the head leans to the picture's right

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: IndexArray | slice) -> Detections:
        """Those with the given indices, in their order."""
        return Detections(*(array[chosen] for array in self.arrays))

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """As they are given to the constructor."""
        return self.boxes_xyxy, self.scores, self.points, self.roll_deg


class Detector:
    """Detects faces with the bundled network or another of the same form; threads may share it.

    Args:
        path: .onnx, or .plan for the int8 engine; None: the bundled .onnx.
        long_side: 64..4096, px of the picture as the network sees it; it runs at a third of that, too, for
            faces that fill the picture.
        threshold: lower scores are dropped.
        overlap: two detections that overlap by more (intersection over union) are one face.
        max_faces: the most prominent ones are kept; None: all.
        retry: where nothing is found, detect once more at 1.6 times the size.
        single: only the most prominent face is wanted: where detection at half the size finds a certain one,
            it is all.
        threads: of the network.

    Raises:
        InvalidOptions: an argument is out of range.
        AssetError: the network cannot be read.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        long_side: int = 608,
        threshold: float = 0.5,
        overlap: float = 0.4,
        max_faces: int | None = None,
        retry: bool = True,
        single: bool = False,
        threads: int = 1,
    ) -> None:
        if not 64 <= long_side <= 4096:
            raise InvalidOptions(f"long_side: got {long_side}, expected 64 to 4096 px")
        if not 0 < threshold < 1 or not 0 < overlap < 1:
            raise InvalidOptions(
                f"threshold, overlap: got {threshold} and {overlap}, expected numbers between 0 and 1"
            )
        file = Path(path or ASSET)
        backend = "native" if file.suffix == ".plan" else "onnxruntime"
        self.max_faces = max_faces
        self._settings = (open_network(file, backend, threads), long_side, threshold, overlap, single, retry)
        self._free: list[_core.Detector] = []  # those that no thread uses; pop and append are atomic

    def __call__(self, image: Picture) -> Detections:
        """Detect the faces of an RGB picture (H, W, 3) uint8.

        Raises:
            InvalidImage: it is anything else.
        """
        return self._detect(image, fast=False)

    def fast(self, image: Picture) -> Detections:
        """Detect large faces of a score of 0.8 or more, at half the resolution; a sixth of the time."""
        return self._detect(image, fast=True)

    def _detect(self, image: Picture, fast: bool) -> Detections:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise InvalidImage(
                f"image: got {image.shape} {image.dtype}, expected an RGB picture (H, W, 3) uint8"
            )
        try:
            stage = self._free.pop()
        except IndexError:
            stage = _core.Detector(*self._settings)
        try:
            found = Detections(*stage.detect(np.ascontiguousarray(image), fast))
        finally:
            self._free.append(stage)
        return found[: self.max_faces]


class Letterbox(NamedTuple):
    """How a picture is resized for the detector: the arguments of ops.resize."""

    rows: int
    columns: int
    halvings: int
    height: int  # of the input: rows and columns, filled up below and right to multiples of 32
    width: int
    scale: tuple[float, float]  # px of the input over px of the picture, x and y


def letterbox(height: int, width: int, side: int) -> Letterbox:
    """How a picture height x width comes to the given long side."""
    return Letterbox(*_core.letterbox(height, width, side))


def resize(image: Picture, box: Letterbox) -> Picture:
    """The picture (H, W, 3) as the detector sees it."""
    return ops.resize(image, box.rows, box.columns, box.halvings, box.height, box.width)[..., :3]
