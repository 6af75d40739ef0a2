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

from facesdk.errors import AssetError, InvalidImage, InvalidOptions

FloatArray = NDArray[np.float32]
ASSET = Path(__file__).parent / "assets" / "detector.onnx"
STRIDES = (8, 16, 32)
PRIOR = 4.0  # side of an untrained cell's box, in strides; as in the network's training
LARGEST_FACE = 190.0  # px as the network sees it; larger ones are left to the reduced look
SMALLEST_REDUCED = 40.0  # px in the reduced look; smaller ones are left to the full look
REDUCTION = 3.0
SURE = 0.8  # score of a face that needs no second opinion
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
        boxes, scores, points = self._find(image, self.long_side)
        if self.retry and not len(scores):
            boxes, scores, points = self._find(image, int(self.long_side * 1.6))
        order = np.argsort(-scores * np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)), kind="stable")
        order = order[: self.max_faces]
        return Detections(boxes[order], scores[order], points[order], roll_of_points(points[order]))

    def quick(self, image: NDArray[np.uint8]) -> Detections:
        """Faces that fill much of an RGB picture (H, W, 3) uint8 and are beyond doubt; mostly all there is to
        see in a portrait, for a sixth of the time."""
        boxes, scores, points = self._reduced(image, self.long_side // 2, max(SURE, self.threshold))
        order = np.argsort(-scores * np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)), kind="stable")
        return Detections(boxes[order], scores[order], points[order], roll_of_points(points[order]))

    def _reduced(
        self, image: NDArray[np.uint8], side: int, threshold: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The larger faces, in a look at a smaller picture."""
        boxes, scores, points = self._look(image, max(64, side), SMALLEST_REDUCED, np.inf, threshold)
        keep = suppress(boxes, scores, self.overlap)
        return boxes[keep], scores[keep], points[keep]

    def _find(self, image: NDArray[np.uint8], side: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Both looks at the given long side, joined; boxes, scores and points in the picture's pixels."""
        if self.single and side == self.long_side:
            quick = self._reduced(image, side // 2, self.threshold)
            if (quick[1] >= SURE).any():
                return quick
        reduced = self._reduced(image, round(side / REDUCTION), self.threshold)
        full = self._look(image, side, 0.0, LARGEST_FACE, self.threshold)
        boxes, scores, points = (np.concatenate(pair) for pair in zip(full, reduced, strict=True))
        keep = suppress(boxes, scores, self.overlap)
        return boxes[keep], scores[keep], points[keep]

    def _look(
        self, image: NDArray[np.uint8], side: int, smallest: float, largest: float, threshold: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """One run of the network; faces whose size there lies in the range, in the picture's pixels."""
        picture, scale = fit(image, side)
        height, width = picture.shape[:2]
        boxes, scores, points = decode(self._cells(picture), height, width, threshold)
        size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        keep = (size >= smallest) & (size < largest)
        # pixel centres at integers: (p + 0.5) / scale - 0.5
        shift = _float(0.5 / scale - 0.5)
        boxes = _float(boxes[keep] / np.tile(scale, 2) + np.tile(shift, 2))
        return boxes, scores[keep], _float(points[keep] / scale + shift)


Cells = Callable[[NDArray[np.uint8]], FloatArray]
MOST_SIZES = 6  # picture sizes that are kept ready


def open_cells(path: str | os.PathLike[str], threads: int) -> Cells:
    """What takes a picture (H, W, 3), sides multiples of 32, to the network's output (cells, 15).

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

    def cells(picture: NDArray[np.uint8]) -> FloatArray:
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) * np.float32(1 / 255)
        return _float(session.run(None, {name: tensor})[0][0])

    return cells


def _plan_cells(path: str | os.PathLike[str]) -> Cells:
    import cv2  # slow to import; a program that gives boxes never needs it

    from facesdk.backends.native import Runs, build, read_plan

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

    def cells(picture: NDArray[np.uint8]) -> FloatArray:
        with runs(*picture.shape[:2]).taken() as run:
            cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA, dst=run.picture())  # the fourth channel has no weight
            run.run()
            return np.concatenate([run.float_map(level)[:, :values] for level in levels])

    return cells


def fit(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], FloatArray]:
    """The picture with the given long side, padded below and right to multiples of 32, and (x, y) scales."""
    height, width = image.shape[:2]
    zoom = min(side / max(height, width), LARGEST_ZOOM)
    h, w = max(1, round(height * zoom)), max(1, round(width * zoom))
    import cv2  # slow to import; a program that gives boxes never needs it

    # Bilinear alone skips pixels below one half: powers of two, which are quick, are taken off by area first.
    factor = 1 << max(0, int(math.log2(min(width / w, height / h) + 1e-9)))
    if factor > 1:
        cells = (width // factor, height // factor)  # what is left over, less than a cell, is cut off
        whole = image[: cells[1] * factor, : cells[0] * factor]
        for left in range(factor.bit_length() - 2, -1, -1):
            half = (cells[0] << left, cells[1] << left)
            whole = np.asarray(cv2.resize(whole, half, interpolation=cv2.INTER_AREA), np.uint8)
        image = whole
        w, h = max(1, round(cells[0] * factor * zoom)), max(1, round(cells[1] * factor * zoom))
        width, height = cells[0] * factor, cells[1] * factor
    small = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    padded = np.zeros((-(-h // 32) * 32, -(-w // 32) * 32, 3), np.uint8)
    padded[:h, :w] = small
    return padded, np.array([w / width, h / height], np.float32)


def decode(
    raw: FloatArray, height: int, width: int, threshold: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Network output (cells, 15) of a picture height x width -> boxes, scores, points over the threshold."""
    logit = np.log(threshold / (1 - threshold))
    chosen = np.flatnonzero(raw[:, 0] > logit)
    columns = [width // s for s in STRIDES]
    counts = [(height // s) * c for s, c in zip(STRIDES, columns, strict=True)]
    level = np.searchsorted(np.cumsum(counts), chosen, side="right")
    index = chosen - (np.cumsum(counts) - counts)[level]
    stride = np.array(STRIDES, np.float32)[level][:, None]
    y, x = np.divmod(index, np.array(columns)[level])
    centre = np.stack([x, y], 1).astype(np.float32) * stride + (stride - 1) / 2
    rows = raw[chosen]
    middle = centre + rows[:, 1:3] * stride
    half = 0.5 * PRIOR * stride * np.exp(np.clip(rows[:, 3:5], -4, 4))
    points = centre[:, None] + rows[:, 5:].reshape(-1, 5, 2) * stride[:, None]
    scores = 1 / (1 + np.exp(-rows[:, 0]))
    return _float(np.concatenate([middle - half, middle + half], 1)), _float(scores), _float(points)


def suppress(boxes: FloatArray, scores: FloatArray, overlap: float) -> NDArray[np.intp]:
    """Indices of the boxes kept, best first: each overlaps every better one by less than `overlap` (IoU)."""
    import cv2  # slow to import; a program that gives boxes never needs it

    corner_and_size: Any = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(corner_and_size, scores.tolist(), 0.0, overlap)
    return np.asarray(kept, np.intp).reshape(-1)


def roll_of_points(points: FloatArray) -> FloatArray:
    """Roll in degrees of each five points (N, 5, 2): from the mouth's middle up to the eyes' middle and
    along the eyes, whichever is longer, so that a profile, whose eyes nearly meet, has a roll too."""
    across = points[:, 1] - points[:, 0] + points[:, 4] - points[:, 3]
    up = points[:, :2].mean(1) - points[:, 3:].mean(1)
    by_eyes = np.arctan2(across[:, 1], across[:, 0])
    by_height = np.arctan2(up[:, 0], -up[:, 1])
    frontal = np.clip(np.linalg.norm(across, axis=1) / 2 / (np.linalg.norm(up, axis=1) + 1e-6), 0, 1)
    difference = np.angle(np.exp(1j * (by_eyes - by_height)))
    return _float(np.degrees(by_height + frontal * difference))


def _float(array: NDArray[Any]) -> FloatArray:
    return np.asarray(array, np.float32)
