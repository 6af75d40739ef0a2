"""Recall and false alarms on scenes, and found rates on sets of single faces, upright and turned."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.detector.finders import Finder, Image
from benchmarks.metrics.box_matching import HIT, Array, Matched, match

CLOSE_UPS = ("aflw2000_aligned", "aflw2000_exact", "aflw_merl", "cfp", "facesynthetics")
TURNED = 150  # photos of lfw_identities that are turned by 45 degrees to either side


def read(folder: Path) -> tuple[list[Image], dict[str, NDArray[Any]]]:
    """All pictures of a set (RGB) and its labels."""
    labels = dict(np.load(folder / "labels.npz"))
    pictures = [np.asarray(cv2.imread(str(folder / "images" / str(f)))) for f in labels["files"]]
    return [np.ascontiguousarray(p[..., ::-1]) for p in pictures], labels


def scenes(pictures: list[Image], labels: dict[str, NDArray[Any]], find: Finder) -> tuple[Matched, float]:
    """Matches over the scenes, and the median time per picture in ms."""
    truth, found, times = [], [], []
    for i, picture in enumerate(pictures):
        box = labels["boxes"][labels["box_image"] == i]
        truth.append(np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], 1))
        start = time.perf_counter()
        boxes, scores = find(picture)
        times.append(time.perf_counter() - start)
        height, width = picture.shape[:2]  # labels end at the border, finds need not
        found.append((np.clip(boxes, 0, np.array([width, height] * 2, np.float32)), scores))
    return match(found, truth), float(np.median(times)) * 1e3


def faces(labels: dict[str, NDArray[Any]]) -> Iterator[tuple[Array, float]]:
    """Centre and size (px) of the labelled face of each picture, from its box or its points."""
    if "box" in labels:
        for box in labels["box"]:
            yield box[:2] + box[2:] / 2, float(np.sqrt(box[2] * box[3]))
        return
    points = next(labels[k] for k in ("points68", "points3d68", "points30") if k in labels)
    for row in points[..., :2]:
        low, high = np.nanmin(row, 0), np.nanmax(row, 0)
        # Half a face (cfp) is narrow: its size is that of its height.
        yield (low + high) / 2, float(max(np.sqrt(np.prod(high - low)), 0.9 * (high[1] - low[1])))


def found_rate(
    pictures: list[Image],
    labels: dict[str, NDArray[Any]],
    find: Finder,
    threshold: float,
    degrees: float = 0.0,
) -> list[bool]:
    """Whether each labelled face lies under a box of fitting size (half to double), centre in its middle."""
    hits = []
    for picture, (centre, size) in zip(pictures, faces(labels), strict=True):
        if degrees:
            h, w = picture.shape[:2]
            matrix = cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1.0)
            picture = np.asarray(cv2.warpAffine(picture, matrix, (w, h)), np.uint8)
            centre = matrix[:, :2] @ centre + matrix[:, 2]
        boxes, scores = find(picture)
        own = np.sqrt(np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-6))
        away = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - centre).max(1, initial=0) / own
        hits.append(bool(((scores >= threshold) & (away < 0.4) & (own > size / 2) & (own < size * 2)).any()))
    return hits


def measure(data: Path, curve: Finder, rate: Finder, threshold: float) -> dict[str, float]:
    """All figures of one detector; `curve` keeps low scores, `rate` runs as in use."""
    pictures, labels = read(data / "scenes")
    curve(pictures[0])  # warm-up
    matched, milliseconds = scenes(pictures, labels, curve)
    result = {"threshold": threshold, "ms_per_scene": milliseconds} | scene_figures(matched, threshold)
    missed: list[bool] = []
    for name in ("lfw_identities", "masked_faces", *CLOSE_UPS):
        if not (data / name / "labels.npz").exists():
            continue
        pictures, labels = read(data / name)
        hits = found_rate(pictures, labels, rate, threshold)
        result[f"{name}_found"] = float(np.mean(hits))
        if name in CLOSE_UPS:
            missed += [not hit for hit in hits]
        if name == "lfw_identities":
            few = {key: values[:TURNED] for key, values in labels.items() if values.ndim}
            for degrees in (-45, 45):
                turned = found_rate(pictures[:TURNED], few, rate, threshold, degrees)
                result[f"lfw_turned_{degrees}_found"] = float(np.mean(turned))
    if missed:
        result["close_ups_missed"] = float(np.mean(missed))
    return result


def scene_figures(matched: Matched, threshold: float) -> dict[str, float]:
    """Recall by size and false alarms on the scenes."""
    result = {}
    strict = matched.threshold_for(0.3)
    for size in (16, 24, 48):
        result[f"scenes_recall_{size}"] = matched.recall(size, threshold)
        result[f"scenes_recall_{size}_at_0.3_alarms"] = matched.recall(size, strict)
    result["scenes_false_alarms"] = matched.false_alarms(threshold)
    result["scenes_alarms_or_badly_boxed"] = matched.false_alarms(threshold, apart=HIT)
    result["threshold_at_0.3_alarms"] = strict
    return result
