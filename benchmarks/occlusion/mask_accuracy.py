"""What the mask network says of faces, as FaceSDK returns it, against pixel maps, points and known covers.

Faces are given as boxes of the true points, so that the detector's misses do not count. A face's pixels are
those within the hull of the 68 points: the forehead is left out, where most sets do not label hair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.evaluation_sets import Case
from benchmarks.metrics.landmark_errors import Array, box_size
from benchmarks.metrics.verification import auc
from benchmarks.occlusion.occluders import Templates, blobs
from benchmarks.predictors import read
from facesdk import FaceSDK
from facesdk.result import Face

Mask = npt.NDArray[np.bool_]
Put = Callable[[Array, Array, int], Array]  # picture, true points, number of the picture -> picture
VISIBLE_FACE = (1, 2, 4, 5, 6, 7, 10, 11, 12)  # CelebAMask classes: skin, nose, eyes, brows, mouth
GLASSES = 3  # clear or dark: nobody says which
BOUNDARY = 0.02  # width of the boundary band over the hull's diagonal
CALLED_OCCLUDED = 0.15  # share of the face's outline
INNER = slice(17, 68)  # jaw points behind a beard are labelled covered by some annotators
FOREHEAD = 0.35  # of the points' box that a face's box reaches above it


def face_of(sdk: FaceSDK, picture: Array, points: Array) -> Face:
    """The face whose box is that of its true points (n, 2)."""
    low, high = points.min(0), points.max(0)
    low = low - [0, FOREHEAD * (high[1] - low[1])]
    return sdk.reconstruct(picture, boxes=[[*low, *high]]).faces[0]


def covered_pixels(face: Face) -> Mask:
    """(H, W) pixels called covered."""
    mask = face.occlusion_mask
    assert mask is not None
    return mask


def hull(points: Array, height: int, width: int) -> Mask:
    """(H, W) pixels within the hull of points (n, 2)."""
    out = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(out, cv2.convexHull(points.astype(np.float32)).round().astype(np.int32), 1)
    return np.asarray(out == 1)


def true_cover(put: Put, picture: Array, points: Array, number: int) -> Mask:
    """(H, W) pixels of which an occluder hides more than half: it is put before black and before white."""
    black, white = (put(np.full_like(picture, value), points, number).astype(float) for value in (0, 255))
    return np.asarray((white - black).mean(2) < 127)


def synthetic_iou(sdk: FaceSDK, cases: Iterable[Case], templates: Templates) -> dict[str, float]:
    """Intersection over union of covered pixels, over all pictures of a set, by occluder."""
    puts: dict[str, Put] = {
        "blobs 20 %": lambda picture, points, number: blobs(picture, points, 20, number),
        "blobs 40 %": lambda picture, points, number: blobs(picture, points, 40, number),
        "masks": templates.mask,
        "sunglasses": lambda picture, points, number: templates.sunglasses(picture, points),
    }
    both, either = dict.fromkeys(puts, 0), dict.fromkeys(puts, 0)
    for number, case in enumerate(cases):
        picture = read(case.picture)
        region = hull(case.points, *picture.shape[:2])
        for name, put in puts.items():
            truth = true_cover(put, picture, case.points, number) & region
            found = covered_pixels(face_of(sdk, put(picture, case.points, number), case.points)) & region
            both[name] += int((truth & found).sum())
            either[name] += int((truth | found).sum())
    return {name: both[name] / max(either[name], 1) for name in puts}


def boundary(mask: Mask, px: int) -> Mask:
    """Pixels of a mask within px of its border."""
    kernel = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    return np.asarray(mask & (cv2.erode(mask.astype(np.uint8), kernel) == 0))


def pixel_maps(sdk: FaceSDK, folder: Path) -> dict[str, float]:
    """Visible face pixels against hand-made maps (celebamask): IoU of faces and of their boundaries."""
    with np.load(folder / "labels.npz") as labels:
        files, points = [str(name) for name in labels["files"]], labels["points68_teacher"].astype(float)
    sums = np.zeros(4)
    for name, places in zip(files, points, strict=True):
        picture = read(folder / "images" / name)
        path = folder / "seg" / f"{Path(name).stem}.png"
        classes = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        region = hull(places, *picture.shape[:2]) & (classes != GLASSES)
        truth = region & np.isin(classes, VISIBLE_FACE)
        found = region & ~covered_pixels(face_of(sdk, picture, places))
        px = max(1, round(BOUNDARY * float(np.linalg.norm(np.ptp(places, axis=0)))))
        edges = [boundary(mask, px) for mask in (truth, found)]
        for k, (one, other) in enumerate(((truth, found), (edges[0], edges[1]))):
            sums[2 * k] += (one & other).sum()
            sums[2 * k + 1] += (one | other).sum()
    return {"face IoU": float(sums[0] / sums[1]), "boundary IoU": float(sums[2] / sums[3])}


def really_covered(sdk: FaceSDK, folder: Path) -> dict[str, float]:
    """Points that annotators called visible or covered (aflw_covered): area under the ROC curve of the mask's
    chance at them, and their errors in per cent of the box."""
    with np.load(folder / "labels.npz") as labels:
        files = [str(name) for name in labels["files"]]
        points, states = labels["points68"].astype(float), labels["visibility"]
        boxes = labels["points3d68"][..., :2].astype(float)
    chances, covered = [], []
    errors: dict[int, list[float]] = {1: [], 2: []}
    for name, place, state, box in zip(files, points, states, boxes, strict=True):
        face = face_of(sdk, read(folder / "images" / name), box)
        assert face.occlusion is not None
        for kind, some in errors.items():
            chosen = np.flatnonzero((state == kind) & (np.arange(68) >= INNER.start))
            some += list(
                100 * np.linalg.norm(face.landmarks_px[chosen] - place[chosen], axis=1) / box_size(box)
            )
            chances += list(chance_at(face, place[chosen]))
            covered += [kind == 2] * len(chosen)
    return {
        "AUC at points": auc(np.array(chances), np.array(covered)),
        "NME visible": float(np.mean(errors[1])),
        "NME covered": float(np.mean(errors[2])),
    }


def chance_at(face: Face, points: Array) -> Array:
    """Chance of being covered, 0..1, at points (n, 2) px."""
    occlusion = face.occlusion
    assert occlusion is not None
    at = points @ occlusion.matrix[:, :2].T + occlusion.matrix[:, 2]
    x, y = at.T.astype(np.float32)
    values = cv2.remap(occlusion.chance.astype(np.float32), x[None], y[None], cv2.INTER_LINEAR)
    return np.asarray(values[0] / 255)


def false_cover(sdk: FaceSDK, cases: Iterable[Case]) -> list[float]:
    """Share of each bare face's pixels that is called covered."""
    shares = []
    for case in cases:
        picture = read(case.picture)
        face = face_of(sdk, picture, case.points)
        region = hull(np.asarray(face.landmarks_px, float), *picture.shape[:2])
        shares.append(float((covered_pixels(face) & region).sum() / max(region.sum(), 1)))
    return shares


def called_occluded(sdk: FaceSDK, folder: Path) -> float:
    """Share of real masked faces of whose outline at least CALLED_OCCLUDED is called covered."""
    with np.load(folder / "labels.npz") as labels:
        files, boxes = [str(name) for name in labels["files"]], labels["box"].astype(float)
    called = 0
    for name, (x, y, w, h) in zip(files, boxes, strict=True):
        face = sdk.reconstruct(read(folder / "images" / name), boxes=[[x, y, x + w, y + h]]).faces[0]
        assert face.occluded_share is not None
        called += face.occluded_share >= CALLED_OCCLUDED
    return called / len(files)
