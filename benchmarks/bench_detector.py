"""Faces found in whole pictures and in close-ups, beside YuNet in the same run.

    python -m benchmarks.bench_detector --data DIR [--json FILE] [--check] [--picture FILE]

Three columns: `sdk`, the faces that FaceSDK returns (detector, then the network's word on each candidate;
these are held against the bounds); `detector`, the small network alone; and YuNet. DIR is laid out like
eval/; YuNet is read from ../teachers beside it where that is present.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.check import check
from benchmarks.detection import HIT, Array, Matched, match
from benchmarks.interleave import interleaved, ratio, timed
from facesdk.detect import ASSET, Detector

Image = NDArray[Any]
Finder = Callable[[Image], tuple[Array, Array]]  # RGB picture -> boxes x0 y0 x1 y1, scores
CLOSE_UPS = ("aflw2000_aligned", "aflw2000_exact", "aflw_merl", "cfp", "facesynthetics")
RETURNED = 1e-6  # whatever FaceSDK returns counts as found
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
    """Our detector; for the curves of scores it must not look twice, for found rates it does as in use."""
    size: dict[str, Any] = {} if long_side is None else {"long_side": long_side}
    detector = Detector(path, threshold=0.5 if retry else LOW, retry=retry, **size)

    def find(image: Image) -> tuple[Array, Array]:
        result = detector(image)
        return result.boxes_xyxy, result.scores

    return find


def chain(model: Path, threshold: float) -> Finder:
    """The faces that FaceSDK returns: candidates of our detector that the network takes for faces."""
    from facesdk import FaceSDK, Options

    sdk = FaceSDK(Options(detector=model, min_detector_score=threshold, max_faces=1000))

    def find(image: Image) -> tuple[Array, Array]:
        faces = sdk.reconstruct(image).faces
        boxes = np.array([f.box_xyxy_px for f in faces], np.float32).reshape(-1, 4)
        return boxes, np.array([f.score for f in faces], np.float32)

    return find


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
        # half a face (cfp) is narrow: the height alone says how large it is
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
    """All figures of one detector."""
    result: dict[str, float] = {"threshold": threshold}
    pictures, labels = read(data / "scenes")
    curve(pictures[0])
    matched, result["ms_per_scene"] = scenes(pictures, labels, curve)
    strict = matched.threshold_for(0.3)
    for size in (16, 24, 48):
        result[f"scenes_recall_{size}"] = matched.recall(size, threshold)
        result[f"scenes_recall_{size}_at_0.3_alarms"] = matched.recall(size, strict)
    result["scenes_false_alarms"] = matched.false_alarms(threshold)
    result["scenes_alarms_or_badly_boxed"] = matched.false_alarms(threshold, apart=HIT)
    result["threshold_at_0.3_alarms"] = strict
    missed: list[bool] = []
    for name in ("lfw_identities", "masked_faces", *CLOSE_UPS):
        if not (data / name / "labels.npz").exists():
            continue
        pictures, labels = read(data / name)
        hits = found_rate(pictures, labels, rate, threshold)
        result[f"{name}_found"] = float(np.mean(hits))
        if name in CLOSE_UPS:
            missed += [not h for h in hits]
        if name == "lfw_identities":
            few = {k: v[:150] for k, v in labels.items() if v.ndim}
            for degrees in (-45, 45):
                turned = found_rate(pictures[:150], few, rate, threshold, degrees)
                result[f"lfw_turned_{degrees}_found"] = float(np.mean(turned))
    if missed:
        result["close_ups_missed"] = float(np.mean(missed))
    return result


def time_to_yunet(pictures: list[Image], ours: Finder, theirs: Finder) -> float:
    """Median over the pictures of our detector's time over YuNet's, in turns on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    ratios = []
    for picture in pictures:
        calls = {"ours": functools.partial(ours, picture), "yunet": functools.partial(theirs, picture)}
        times = interleaved({name: timed(call, warm_up=1) for name, call in calls.items()}, 3, 1)
        ratios.append(ratio(times, "ours", "yunet"))
    os.sched_setaffinity(0, before)
    return float(np.median(ratios))


def contact_sheet(data: Path, find: Finder, threshold: float, path: Path, count: int = 20) -> None:
    """Scenes with finds (green) and labels (red) in one picture."""
    pictures, labels = read(data / "scenes")
    cells = []
    for i in np.linspace(0, len(pictures) - 1, count).astype(int):
        picture = cv2.cvtColor(pictures[i], cv2.COLOR_RGB2BGR)
        for x, y, w, h in labels["boxes"][labels["box_image"] == i].astype(int):
            cv2.rectangle(picture, (x, y), (x + w, y + h), (0, 0, 255), 1)
        for box, score in zip(*find(pictures[i]), strict=True):
            if score >= threshold:
                x0, y0, x1, y1 = (int(v) for v in box)
                cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 255, 0), 1)
        cell = np.zeros((416, 416, 3), np.uint8)
        scale = 416 / max(picture.shape)
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        cell[: small.shape[0], : small.shape[1]] = small[:416, :416]
        cells.append(cell)
    cv2.imwrite(str(path), np.vstack([np.hstack(cells[k : k + 5]) for k in range(0, count, 5)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder laid out like eval/")
    parser.add_argument("--model", type=Path, default=ASSET)
    parser.add_argument("--long-side", type=int, help="instead of the detector's default")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="compare with bounds.toml; exit 1 if short")
    parser.add_argument("--every", type=int, default=2, help="scene that is timed beside YuNet")
    parser.add_argument("--picture", type=Path, help="write a contact sheet of scenes")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    curve, rate = ours(args.model, args.long_side, False), ours(args.model, args.long_side, True)
    whole = chain(args.model, args.threshold)
    results = {"sdk": measure(args.data, whole, whole, RETURNED)}
    results["sdk"]["megabytes"] = args.model.stat().st_size / 1e6
    results["detector"] = measure(args.data, curve, rate, args.threshold)
    teacher = args.data.parent / "teachers" / "yunet_2026may.onnx"
    if teacher.exists():
        find = yunet(teacher)
        results["yunet"] = measure(args.data, find, find, 0.5)
        some = read(args.data / "scenes")[0][:: args.every]
        results["sdk"]["time_to_yunet"] = time_to_yunet(some, rate, find)
    print(f"{'':34s}" + "".join(f"{name:>10s}" for name in results))
    for name in results["sdk"]:
        print(f"{name:34s}" + "".join(f"{r.get(name, float('nan')):10.3f}" for r in results.values()))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")
    if args.picture:
        contact_sheet(args.data, curve, args.threshold, args.picture)
    if args.check and not check("detector", results["sdk"]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
