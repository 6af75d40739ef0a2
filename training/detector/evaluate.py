"""How a detector does on held-out training pictures; the evaluation sets are never used to choose by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.metrics.box_matching import Array, Matched, match
from facesdk.detect import Detections, Detector
from training.detector.compose import is_held_out, is_held_out_photo
from training.detector.pack import Pack
from training.options import PackFolder

STORED = 416  # long side that the scenes are reduced to: small faces are what is hard
TURNS = (0, 35, 90, 180)  # degrees
ALARMS = 0.3  # false alarms of 16 px and more allowed per picture


def corners(boxes: Array) -> Array:
    """Boxes x y w h -> x0 y0 x1 y1."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)


def evaluate(model: Path, folder: Path, long_side: int = 608, faces_per_set: int = 24) -> dict[str, float]:
    """Recall on held-out scenes and of held-out faces.

    Returns:
        "threshold" at which all scenes together have ALARMS; of each set of scenes the recall at its own
        such threshold, by least size; the share of faces found at "threshold", by degrees of their turn.
    """
    detector = Detector(model, long_side=long_side, threshold=0.05, retry=False)
    scenes = Pack(folder / "scenes")
    rows: list[_Scene] = [_scene(detector, scenes, i) for i in range(len(scenes)) if is_held_out(i)]
    threshold = max(0.1, _matched(rows).threshold_for(ALARMS))
    result = {"threshold": threshold}
    for number, name in enumerate(scenes.sets):
        of_set = _matched([row for row in rows if row.set == number])
        own = max(0.1, of_set.threshold_for(ALARMS))
        result |= {f"{name}_recall_{size}": of_set.recall(size, own) for size in (16, 24, 48)}
    faces = Pack(folder / "faces")
    for turn in TURNS:
        result[f"faces_found_{turn}"] = _faces_found(detector, faces, turn, threshold, faces_per_set)
    return result


@dataclass
class _Scene:
    """What was found in a held-out scene, and what is there: boxes x0 y0 x1 y1, px."""

    set: int
    found: tuple[Array, Array]  # boxes and scores
    labelled: Array
    ignored: Array


def _scene(detector: Detector, scenes: Pack, i: int) -> _Scene:
    image = scenes.level(i, 0)[..., ::-1]
    zoom = STORED / max(image.shape)
    small = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    result = detector(np.asarray(small, np.uint8))
    boxes = corners(scenes.boxes[scenes.faces(i)]) * zoom
    sure = scenes.sure[scenes.faces(i)]
    return _Scene(int(scenes.set[i]), (result.boxes_xyxy, result.scores), boxes[sure], boxes[~sure])


def _matched(rows: list[_Scene]) -> Matched:
    return match([row.found for row in rows], [row.labelled for row in rows], [row.ignored for row in rows])


def _faces_found(detector: Detector, faces: Pack, turn: int, threshold: float, faces_per_set: int) -> float:
    """Share of held-out faces found in their photo turned by `turn` degrees."""
    hits = []
    for s in range(len(faces.sets)):
        numbers = [i for i in np.flatnonzero(faces.set == s) if is_held_out_photo(int(i))][:faces_per_set]
        for number in numbers:
            image = np.ascontiguousarray(faces.level(int(number), 0)[..., ::-1])
            box = corners(faces.boxes[faces.faces(int(number))][:1])[0]
            h, w = image.shape[:2]
            matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 0.8 if turn else 1.0)
            if turn:
                image = np.asarray(cv2.warpAffine(image, matrix, (w, h)), np.uint8)
            centre = matrix[:, :2] @ ((box[:2] + box[2:]) / 2) + matrix[:, 2]
            hits.append(_is_found(detector(image), centre, box, threshold, matrix))
    return float(np.mean(hits))


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
