"""The face detector by itself (csrc/pipeline/detect.h): boxes, five points, scores, roll."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from facesdk import manifest, ops
from facesdk.core.arrays import FloatArray, IndexArray, Picture
from facesdk.core.compiled import _core
from facesdk.core.numbers import flag, number, whole_number
from facesdk.errors import InvalidImage, InvalidOptions
from facesdk.inference.engine import open_network

ASSET = manifest.ASSETS / manifest.DETECTOR


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        best = f", scores {self.scores.min():.2f} to {self.scores.max():.2f}" if len(self) else ""
        return f"Detections({len(self)} faces{best})"


class Detector:
    """Detects faces with the bundled network or another of the same form; threads may share it.

    Args:
        path: .onnx, or .plan for the int8 engine; None: the bundled .onnx.
        long_side: 64..4096, px of the picture as the network sees it; it runs at a third of that, too, for
            faces that fill the picture.
        threshold: above 0, below 1; lower scores are dropped.
        overlap: above 0, below 1; two detections that overlap by more (intersection over union) are one face.
        max_faces: 0..1000, the most prominent ones are kept; None: all.
        retry: where nothing is found, detect once more at 1.6 times the size.
        single: only the most prominent face is wanted: where detection at half the size finds a certain one,
            it is all.
        threads: 1..256, of the network.

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
        side = whole_number("long_side", long_side, 64, 4096)
        shares = number("threshold", threshold, 0, 1), number("overlap", overlap, 0, 1)
        if not {0.0, 1.0}.isdisjoint(shares):
            raise InvalidOptions(
                f"threshold, overlap: got {threshold} and {overlap}, expected numbers between 0 and 1"
            )
        self.max_faces = None if max_faces is None else whole_number("max_faces", max_faces, 0, 1000)
        modes = flag("single", single), flag("retry", retry)
        file, many = Path(path or ASSET), whole_number("threads", threads, 1, 256)
        backend = "native" if file.suffix == ".plan" else "onnxruntime"
        self._settings = (open_network(file, backend, many), side, *shares, *modes)
        settings: dict[str, Any] = {
            "long_side": side, "threshold": shares[0], "overlap": shares[1], "max_faces": self.max_faces,
            "retry": modes[1], "single": modes[0], "threads": many,
        }  # fmt: skip
        self._recipe = file, settings
        self._free: list[_core.Detector] = []  # those that no thread uses; pop and append are atomic

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as file and settings: the network is loaded again."""
        file, settings = self._recipe
        return functools.partial(type(self), file, **settings), ()

    def __repr__(self) -> str:
        file, settings = self._recipe
        side, threshold = settings["long_side"], settings["threshold"]
        return f"Detector({file.name!r}, long_side={side}, threshold={threshold:g})"

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
