"""The labels of the training sets as one record per picture, completed by the teacher detector.

Hand-made points and stored boxes win over the teacher; its further finds become faces (sure) or
regions without loss (unsure), so that an unlabelled person in the background is never a negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FACE_SETS = (
    "lfw",
    "humans_web",
    "mtfl",
    "aflw_merl",
    "cfp",
    "utkface",
    "youtube_faces",
    "web_mixed",
    "fasseg",
    "car_yawn",
    "london_faces",
    "masked_faces",
    "aflw_turned",
    "helen_afw",
)
SCENE_SETS = ("scenes", "scenes_masks", "scenes_flickr")
CROWDED = ("lfw", "humans_web", "mtfl", "masked_faces", "web_mixed")  # small faces may stand behind
SURE, UNSURE = 0.6, 0.2
SMALLEST = 8.0  # px, root of the area; smaller faces are regions without loss

Array = NDArray[Any]


@dataclass
class Picture:
    """One training picture: BGR pixels, and its faces in pixels of that picture.

    boxes (n, 4) x y w h; points (n, 5, 2), NaN where unknown; sure (n,) False for regions that are
    left out of the loss; the first face is the labelled one.
    """

    set: str
    name: str
    pixels: NDArray[Any]
    boxes: Array
    points: Array
    sure: NDArray[np.bool_]


class Teacher:
    """YuNet at several scales over a padded picture; the best of overlapping finds."""

    def __init__(self, path: Path) -> None:
        self.net = cv2.FaceDetectorYN.create(str(path), "", (320, 320), UNSURE, 0.4, 500)

    def __call__(self, pixels: NDArray[Any], scales: tuple[float, ...]) -> tuple[Array, Array, Array]:
        rows = []
        for scale in scales:
            small = cv2.resize(
                pixels,
                None,
                fx=scale,
                fy=scale,
                interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
            )
            pad = max(24, max(small.shape[:2]) // 5)  # faces that are cut by the border are found better
            small = cv2.copyMakeBorder(small, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(104, 104, 104))
            self.net.setInputSize((small.shape[1], small.shape[0]))
            found = self.net.detect(small)[1]
            if found is not None:
                found = found.copy()
                found[:, [0, 1, *range(4, 14)]] -= pad
                found[:, :14] = found[:, :14] / scale
                rows.append(found)
        if not rows:
            return np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
        all_rows = np.concatenate(rows)
        all_rows = all_rows[np.argsort(-all_rows[:, 14])]
        keep: list[int] = []
        for i in range(len(all_rows)):
            if all(overlap(all_rows[i, :4], all_rows[j, :4]) < 0.35 for j in keep):
                keep.append(i)
        best = all_rows[keep].astype(np.float32)
        return best[:, :4], best[:, 4:14].reshape(-1, 5, 2), best[:, 14]


def overlap(a: Array, b: Array) -> float:
    """Intersection over union of two boxes x y w h."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inter = max(0.0, float(w)) * max(0.0, float(h))
    return inter / max(1e-6, float(a[2] * a[3] + b[2] * b[3]) - inter)


def box_of_points(points: Array) -> Array:
    """A detector-style box (forehead to chin) guessed from any points on a face, where no find matches."""
    low, high = np.nanmin(points, 0), np.nanmax(points, 0)
    eyes_to_mouth = max(high[1] - low[1], 0.8 * (high[0] - low[0]))
    if len(points) == 5:
        centre = (low + high) / 2 - (0, 0.08 * eyes_to_mouth)
        size = np.array((1.75, 2.3)) * eyes_to_mouth
    else:  # contour points: jaw and brows are among them
        size = np.array([max(high[0] - low[0], 0.7 * (high[1] - low[1])), 1.3 * (high[1] - low[1])])
        centre = np.array(((low[0] + high[0]) / 2, high[1] - size[1] / 2))
    return np.concatenate([centre - size / 2, size]).astype(np.float32)


def read_faces(data: Path, teacher: Teacher, sets: tuple[str, ...] = FACE_SETS) -> Iterator[Picture]:
    """Every picture of the face sets with its labelled face first."""
    for name in sets:
        folder = data / "train" / name
        labels = dict(np.load(folder / "labels.npz"))
        for i, file in enumerate(labels["files"]):
            pixels = cv2.imread(str(folder / "images" / str(file)))
            if pixels is None:
                continue
            boxes, points, scores = teacher(pixels, (0.45, 1.0, 2.0) if name in CROWDED else (0.45, 1.0))
            picture = _merge(labels, i, boxes, points, scores)
            if picture is not None:
                yield Picture(name, str(file), pixels, *picture)


def _merge(
    labels: dict[str, NDArray[Any]], i: int, boxes: Array, points: Array, scores: Array
) -> tuple[Array, Array, NDArray[np.bool_]] | None:
    """Labels of picture i and the teacher's finds as one list of faces."""
    hand = labels.get("points5", labels.get("points30", labels.get("points68")))
    if "box" in labels:
        main_box, main_points = labels["box"][i], labels["pts5"][i]
        match = [overlap(main_box, b) for b in boxes]
    elif hand is not None:
        spot = np.nanmean(hand[i], 0)
        spread = np.nanmax(np.nanmax(hand[i], 0) - np.nanmin(hand[i], 0))
        near = np.hypot(*(boxes[:, :2] + boxes[:, 2:] / 2 - spot).T) / max(1.0, float(spread))
        fits = (near < 0.6) & (boxes[:, 3] > 0.8 * spread) & (scores > 0.35)
        match = [1.0 - n if f else 0.0 for n, f in zip(near, fits, strict=True)]
        if any(match):
            main_box = boxes[int(np.argmax(match))]
            main_points = points[int(np.argmax(match))]
        else:
            main_box, main_points = box_of_points(hand[i]), np.full((5, 2), np.nan, np.float32)
        if hand.shape[1] == 5:
            main_points = hand[i]
        elif hand.shape[1] == 68:  # what turned heads hide nobody has marked: the teacher's guess stays
            by_hand = five_of_68(hand[i])
            main_points = np.where(np.isfinite(by_hand), by_hand, main_points).astype(np.float32)
    else:
        return None
    if not np.isfinite(main_box).all() or min(main_box[2:]) < 8:
        return None
    rest = [
        k
        for k in range(len(boxes))
        if overlap(main_box, boxes[k]) < 0.3
        and k != (int(np.argmax(match)) if len(match) and max(match) > 0 else -1)
    ]
    return (
        np.concatenate([main_box[None], boxes[rest]]).astype(np.float32),
        np.concatenate([main_points[None], points[rest]]).astype(np.float32),
        np.concatenate([[True], scores[rest] > SURE]),
    )


def five_of_68(points: Array) -> Array:
    """Centres of the eyes, tip of the nose and corners of the mouth, (5, 2), of 68 points (68, 2)."""
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])


def read_scenes(data: Path, teacher: Teacher, sets: tuple[str, ...] = SCENE_SETS) -> Iterator[Picture]:
    """Whole pictures with many faces: stored boxes and points; doubtful finds are regions without loss."""
    for name in sets:
        folder = data / "train" / name
        labels = dict(np.load(folder / "labels.npz"))
        for i, file in enumerate(labels["files"]):
            pixels: Array = np.asarray(cv2.imread(str(folder / "images" / str(file))))
            seen = _stored(labels, i) if "ignore_boxes" in labels else _completed(labels, i, pixels, teacher)
            yield Picture(name, str(file), pixels, *seen)


def _stored(labels: dict[str, NDArray[Any]], i: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Scene i of a set whose labels name what is doubtful."""
    boxes, points = labels["boxes"][labels["box_image"] == i], labels["pts5"][labels["box_image"] == i]
    doubtful = labels["ignore_boxes"][labels["ignore_image"] == i]
    unknown = np.full((len(doubtful), 5, 2), np.nan)
    return (
        np.concatenate([boxes, doubtful]).astype(np.float32),
        np.concatenate([points, unknown]).astype(np.float32),
        np.concatenate([np.sqrt(boxes[:, 2] * boxes[:, 3]) >= SMALLEST, np.zeros(len(doubtful), bool)]),
    )


def _completed(
    labels: dict[str, NDArray[Any]], i: int, pixels: Array, teacher: Teacher
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Scene i with the teacher's points, its further finds, and stored boxes that it doubts."""
    of_this = labels["box_image"] == i
    boxes, points = labels["boxes"][of_this], labels["pts5"][of_this].copy()
    found, found_points, scores = teacher(pixels, (0.5, 1.0, 2.0))
    sure = np.sqrt(boxes[:, 2] * boxes[:, 3]) >= SMALLEST
    if str(labels["label_kind"][i]) == "yunet_pseudo":  # a find that does not come back is doubted
        again = [max([overlap(b, f) for f in found[scores > 0.4]], default=0.0) for b in boxes]
        sure &= np.array(again) > 0.45
    extra = []
    for k in range(len(found)):
        share = np.array([overlap(found[k], b) for b in boxes])
        if not len(share) or share.max() < 0.3:
            extra.append(k)
        elif share.max() > 0.5 and np.isnan(points[share.argmax()]).any() and scores[k] > 0.5:
            points[share.argmax()] = found_points[k]
    return (
        np.concatenate([boxes, found[extra]]).astype(np.float32),
        np.concatenate([points, found_points[extra]]).astype(np.float32),
        np.concatenate([sure, scores[extra] > SURE]),
    )
