"""Faces in a picture: boxes, five points, scores, roll."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesdk import ops
from facesdk.errors import AssetError, InvalidImage, InvalidOptions

FloatArray = NDArray[np.float32]
ASSET = Path(__file__).parent / "assets" / "detector.onnx"
LARGEST_FACE = 190.0  # px as the network sees it; larger ones are left to the reduced look
SMALLEST_REDUCED = 40.0  # px in the reduced look; smaller ones are left to the full look
REDUCTION = 3.0
SURE = 0.8  # score of a face that needs no second opinion
MOST_HALVINGS = 8  # of ops.resize
LARGEST_ZOOM = 3.0  # a thumbnail is enlarged no further: there is nothing more to see in it


@dataclass(frozen=True)
class Detections:
    """Faces of one picture, the most prominent (score times size) first; pixels of the picture.

    boxes_xyxy (N, 4), forehead to chin, may reach over the border; scores (N,) in 0..1; points (N, 5, 2):
    right eye, left eye, nose tip, right and left mouth corner of the person; roll_deg (N,), > 0 when the
    top of the head leans to the picture's right. All float32.
    """

    boxes_xyxy: FloatArray
    scores: FloatArray
    points: FloatArray
    roll_deg: FloatArray

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[np.intp]) -> Detections:
        """Those with the given indices, in their order."""
        return Detections(*(array[chosen] for array in self.arrays))

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """As they are given to the constructor."""
        return self.boxes_xyxy, self.scores, self.points, self.roll_deg


class Detector:
    """Finds faces with the bundled network, or another of the same form.

    It looks twice: at the picture with the given long side (px) and, for a ninth of the cost, at a third of
    that; faces that fill the picture are found in the second look. threshold: scores below it are dropped.
    retry: where nothing was found, look once more at 1.6 times the size. single: only the most prominent
    face is wanted, so where the quick look is sure of one, that is all. Raises AssetError if the network
    cannot be read.
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
            raise InvalidOptions(f"long_side is {long_side}; give 64 to 4096 px")
        if not 0 < threshold < 1 or not 0 < overlap < 1:
            raise InvalidOptions(f"threshold {threshold} and overlap {overlap} must lie between 0 and 1")
        self.long_side, self.threshold, self.overlap = long_side, threshold, overlap
        self.max_faces, self.retry, self.single = max_faces, retry, single
        self._cells = open_cells(path or ASSET, threads)

    def __call__(self, image: NDArray[np.uint8]) -> Detections:
        """Faces in an RGB picture (H, W, 3) uint8. Raises InvalidImage for anything else."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise InvalidImage(f"expected an RGB picture (H, W, 3) uint8, got {image.shape} {image.dtype}")
        image = np.ascontiguousarray(image)  # once for all looks
        found = self._find(image, self.long_side)
        if self.retry and not len(found):
            found = self._find(image, int(self.long_side * 1.6))
        return found[_prominent(found)[: self.max_faces]]

    def quick(self, image: NDArray[np.uint8]) -> Detections:
        """Faces that fill much of an RGB picture (H, W, 3) uint8 and are beyond doubt; mostly all there is to
        see in a portrait, for a sixth of the time."""
        image = np.ascontiguousarray(image)
        found = self._reduced(image, self.long_side // 2, max(SURE, self.threshold))
        return found if len(found) < 2 else found[_prominent(found)]

    def _reduced(self, image: NDArray[np.uint8], side: int, threshold: float) -> Detections:
        """The larger faces, in a look at a smaller picture."""
        found = self._look(image, max(64, side), SMALLEST_REDUCED, np.inf, threshold)
        return found if len(found) < 2 else found[suppress(found.boxes_xyxy, found.scores, self.overlap)]

    def _find(self, image: NDArray[np.uint8], side: int) -> Detections:
        """Both looks at the given long side, joined."""
        if self.single and side == self.long_side:
            quick = self._reduced(image, side // 2, self.threshold)
            if (quick.scores >= SURE).any():
                return quick
        reduced = self._reduced(image, round(side / REDUCTION), self.threshold)
        full = self._look(image, side, 0.0, LARGEST_FACE, self.threshold)
        both = Detections(*(np.concatenate(pair) for pair in zip(full.arrays, reduced.arrays, strict=True)))
        return both[suppress(both.boxes_xyxy, both.scores, self.overlap)]

    def _look(
        self, image: NDArray[np.uint8], side: int, smallest: float, largest: float, threshold: float
    ) -> Detections:
        """One run of the network; faces whose size there lies in the range, in the picture's pixels."""
        seen = letterbox(image.shape[0], image.shape[1], side)
        cells = self._cells(image, seen)
        boxes, scores, points, roll = ops.decode_detections(cells, seen.height, seen.width, threshold)
        size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        keep = (size >= smallest) & (size < largest)
        # pixel centres at integers: (p + 0.5) / scale - 0.5
        scale = np.array(seen.scale * 2, np.float32)
        shift = np.float32(0.5) / scale - np.float32(0.5)
        points = points[keep] / scale[:2] + shift[:2]
        return Detections(boxes[keep] / scale + shift, scores[keep], points, roll[keep])


def _prominent(found: Detections) -> NDArray[np.intp]:
    """Indices by score times size, the largest first."""
    sides = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    return np.argsort(-found.scores * np.sqrt(np.prod(sides, axis=1)), kind="stable")


@dataclass(frozen=True)
class Letterbox:
    """How a picture is made smaller, or larger, for a look: the arguments of ops.resize."""

    rows: int
    columns: int
    halvings: int
    height: int  # of the look: rows and columns, filled up below and right to multiples of 32
    width: int
    scale: tuple[float, float]  # px of the look over px of the picture, x and y


Cells = Callable[[NDArray[np.uint8], Letterbox], FloatArray]
MOST_SIZES = 6  # picture sizes that are kept ready


def open_cells(path: str | os.PathLike[str], threads: int) -> Cells:
    """What takes a look at a picture (H, W, 3) to the network's output (cells, 15).

    A .plan runs on our own kernels, anything else in ONNX Runtime. Raises AssetError.
    """
    return _plan_cells(path) if Path(path).suffix == ".plan" else _onnx_cells(path, threads)


def _onnx_cells(path: str | os.PathLike[str], threads: int) -> Cells:
    import onnxruntime as ort  # slow to import; pictures with given boxes never need it

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    try:
        session: Any = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base class for its errors
        reason = str(error).splitlines()[0]
        raise AssetError(f"cannot read the detector {path}: {reason}") from error
    name = session.get_inputs()[0].name

    def cells(image: NDArray[np.uint8], seen: Letterbox) -> FloatArray:
        picture = fit(image, seen)
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) * np.float32(1 / 255)
        return _float(session.run(None, {name: tensor})[0][0])

    return cells


def _plan_cells(path: str | os.PathLike[str]) -> Cells:
    from facesdk.inference.int8_engine import Runs, build, read_plan

    description, arrays, _ = read_plan(path)
    plan = build(description, arrays, os.path.basename(os.fspath(path)))
    try:
        outputs = description["outputs"]["cells"]
        levels, values = list(outputs["float_maps"]), int(outputs["shape"][1])
    except (KeyError, TypeError, IndexError) as error:
        raise AssetError(f"{path}: not a detector ({error})") from error

    @functools.lru_cache(MOST_SIZES)
    def runs(height: int, width: int) -> Runs:
        return Runs(plan, height, width)

    def cells(image: NDArray[np.uint8], seen: Letterbox) -> FloatArray:
        with runs(seen.height, seen.width).taken() as run:
            run.shrink(image, seen.rows, seen.columns, seen.halvings)
            run.run()
            return np.concatenate([run.float_map(level)[:, :values] for level in levels])

    return cells


def letterbox(height: int, width: int, side: int) -> Letterbox:
    """How a picture height x width comes to the given long side."""
    zoom = min(side / max(height, width), LARGEST_ZOOM)
    rows, columns = max(1, round(height * zoom)), max(1, round(width * zoom))
    # Bilinear alone skips pixels below one half: powers of two are taken off by means first.
    halvings = min(max(0, int(math.log2(min(width / columns, height / rows) + 1e-9))), MOST_HALVINGS)
    # What is left over, less than a cell, is cut off.
    height, width = height >> halvings << halvings, width >> halvings << halvings
    rows, columns = max(1, round(height * zoom)), max(1, round(width * zoom))
    scale = (columns / width, rows / height)
    return Letterbox(rows, columns, halvings, -(-rows // 32) * 32, -(-columns // 32) * 32, scale)


def fit(image: NDArray[np.uint8], seen: Letterbox) -> NDArray[np.uint8]:
    """The picture (H, W, 3) as it is looked at."""
    return ops.resize(image, seen.rows, seen.columns, seen.halvings, seen.height, seen.width)[..., :3]


def suppress(boxes: FloatArray, scores: FloatArray, overlap: float) -> NDArray[np.intp]:
    """Indices of the boxes kept, best first: each overlaps every better one by less than `overlap` (IoU)."""
    import cv2  # slow to import; a program that gives boxes never needs it

    corner_and_size: Any = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(corner_and_size, scores.tolist(), 0.0, overlap)
    return np.asarray(kept, np.intp).reshape(-1)


def _float(array: NDArray[Any]) -> FloatArray:
    return np.asarray(array, np.float32)
