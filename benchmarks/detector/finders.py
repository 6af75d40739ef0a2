"""Detectors under test: ours alone, FaceSDK's whole chain, and YuNet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.metrics.box_matching import Array
from facesdk.detect import Detector

Image = NDArray[Any]
Finder = Callable[[Image], tuple[Array, Array]]  # RGB picture -> boxes x0 y0 x1 y1, scores
LOW = 0.05  # scores kept for the curves; rates are taken at each detector's own threshold


def yunet(path: Path) -> Finder:
    """OpenCV's YuNet with its usual settings."""
    net = cv2.FaceDetectorYN.create(str(path), "", (320, 320), LOW, 0.3, 5000)

    def find(image: Image) -> tuple[Array, Array]:
        net.setInputSize((image.shape[1], image.shape[0]))
        rows = net.detect(np.ascontiguousarray(image[..., ::-1]))[1]
        rows = np.zeros((0, 15), np.float32) if rows is None else rows
        return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1), rows[:, 14]

    return find


def ours(path: Path, long_side: int | None, retry: bool) -> Finder:
    """Our detector; retry: as in use, for found rates; without, a single pass, for the curves of scores."""
    size: dict[str, Any] = {} if long_side is None else {"long_side": long_side}
    detector = Detector(path, threshold=0.5 if retry else LOW, retry=retry, **size)

    def find(image: Image) -> tuple[Array, Array]:
        result = detector(image)
        return result.boxes_xyxy, result.scores

    return find


def chain(model: Path, threshold: float) -> Finder:
    """The faces that FaceSDK returns: candidates of our detector that pass the candidate filter."""
    from facesdk import FaceSDK, Options

    sdk = FaceSDK(Options(detector=model, min_detector_score=threshold, max_faces=1000))

    def find(image: Image) -> tuple[Array, Array]:
        faces = sdk.reconstruct(image).faces
        boxes = np.array([f.box_xyxy_px for f in faces], np.float32).reshape(-1, 4)
        return boxes, np.array([f.score for f in faces], np.float32)

    return find
