"""How a detector does on held-out training pictures; the evaluation sets are never used to choose by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.metrics.box_matching import Array, match
from facesdk.detect import Detections, Detector
from training.detector.compose import is_held_out, is_held_out_photo
from training.detector.pack import Pack
from training.options import PackFolder

STORED = 416  # long side that the scenes are reduced to: small faces are what is hard
ALARMS = 0.3  # false alarms of 16 px and more allowed per picture


def corners(boxes: Array) -> Array:
    """Boxes x y w h -> x0 y0 x1 y1."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)


def evaluate(model: Path, folder: Path, long_side: int = 608, faces_per_set: int = 24) -> dict[str, float]:
    """Recall on held-out scenes at the threshold with at most ALARMS, and found rates on held-out faces,
    upright and turned by 35 degrees, at that threshold."""
    detector = Detector(model, long_side=long_side, threshold=0.05, retry=False)
    scenes = Pack(folder / "scenes")
    found, labelled, ignored = [], [], []
    for i in range(len(scenes)):
        if not is_held_out(i):
            continue
        which = scenes.faces(i)
        image = scenes.level(i, 0)[..., ::-1]
        zoom = STORED / max(image.shape)
        small = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        result = detector(np.asarray(small, np.uint8))
        found.append((result.boxes_xyxy, result.scores))
        boxes, sure = corners(scenes.boxes[which]) * zoom, scenes.sure[which]
        labelled.append(boxes[sure])
        ignored.append(boxes[~sure])
    scene = match(found, labelled, ignored)
    threshold = max(0.1, scene.threshold_for(ALARMS))
    result_row = {"threshold": threshold} | {
        f"scenes_recall_{s}": scene.recall(s, threshold) for s in (16, 24, 48)
    }
    faces = Pack(folder / "faces")
    for turn in (0, 35):
        hits = []
        for s in range(len(faces.sets)):
            numbers = [i for i in np.flatnonzero(faces.set == s) if is_held_out_photo(int(i))][:faces_per_set]
            for number in numbers:
                image = faces.level(int(number), 0)[..., ::-1]
                box = corners(faces.boxes[faces.faces(int(number))][:1])[0]
                h, w = image.shape[:2]
                matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 0.8 if turn else 1.0)
                image = np.ascontiguousarray(image)
                if turn:
                    image = np.asarray(cv2.warpAffine(image, matrix, (w, h)), np.uint8)
                centre = matrix[:, :2] @ ((box[:2] + box[2:]) / 2) + matrix[:, 2]
                hits.append(_is_found(detector(image), centre, box, threshold, matrix))
        result_row[f"faces_found_{turn}"] = float(np.mean(hits))
    return result_row


def _is_found(result: Detections, centre: Array, box: Array, threshold: float, matrix: Array) -> bool:
    boxes, scores = result.boxes_xyxy, result.scores
    size = float(np.sqrt(np.prod(box[2:] - box[:2]))) * float(np.hypot(*matrix[0, :2]))
    for b, s in zip(boxes, scores, strict=True):
        own = float(np.sqrt(np.prod(b[2:] - b[:2])))
        near = float(np.linalg.norm((b[:2] + b[2:]) / 2 - centre)) < 0.3 * size
        if s >= threshold and near and 0.6 < own / size < 1.6:
            return True
    return False


def evaluate_detector(
    pack: PackFolder,
    model: Annotated[Path, typer.Option(help="detector, .onnx or .plan")],
    long_side: Annotated[int, typer.Option(help="px of the picture as the network sees it")] = 608,
) -> None:
    """Measure a detector on held-out training pictures."""
    for name, value in evaluate(model, pack, long_side).items():
        print(f"{name:20s} {value:.3f}")
