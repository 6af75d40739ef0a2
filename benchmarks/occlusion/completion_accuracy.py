"""How near completed faces come to what was covered: pixels, who it is, landmarks found once more in them.

A face's cover is put within the hull of its 68 points, as the outside is nobody's face. Pictures are compared
in the chain's crop of 128 px, covered ones first: that is where the networks work. The chain sees the whole
picture and its own mask; what that misses is an error here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.evaluation_sets import Case
from benchmarks.face_embedding import FaceEmbedding, five_points
from benchmarks.metrics.image_similarity import compare
from benchmarks.metrics.landmark_errors import Array
from benchmarks.occlusion.mask_accuracy import face_of, hull, true_cover
from benchmarks.occlusion.occluders import Templates, blobs
from benchmarks.predictors import read
from facesdk import FaceSDK, ops

SIDE = 128  # px of the crop
ROW = "aflw2000_aligned aligned"
Picture = npt.NDArray[np.uint8]


def covered_within(picture: Picture, points: Array, per_cent: int, number: int) -> tuple[Picture, Picture]:
    """The picture with blobs within the hull of its points, and (H, W) 255 where they cover it."""
    cover = true_cover(lambda p, q, n: blobs(p, q, per_cent, n), picture, points, number)
    cover &= hull(points, *picture.shape[:2])
    covered = np.where(cover[..., None], blobs(picture, points, per_cent, number), picture)
    return np.ascontiguousarray(covered, np.uint8), np.where(cover, 255, 0).astype(np.uint8)


def pixel_figures(sdk: FaceSDK, cases: Iterable[Case], per_cent: int) -> dict[str, float]:
    """Covered and completed crops against the bare photo's: L1, PSNR in dB and windowed SSIM where the face
    was covered and of the whole crop, means over the faces; and the covered share of the crop."""
    rows: dict[str, list[float]] = {}
    for number, case in enumerate(cases):
        bare = np.ascontiguousarray(read(case.picture), np.uint8)
        covered, cover = covered_within(bare, case.points, per_cent, number)
        face = face_of(sdk, covered, case.points)
        assert face.occlusion is not None
        assert face.completed_image is not None
        pictures = (bare, covered, face.completed_image, np.repeat(cover[..., None], 3, 2))
        crops = [ops.warp(one, face.occlusion.matrix, SIDE, normalize=False) for one in pictures]
        inside = crops.pop()[..., 0] > 127
        if not inside.any():
            continue
        rows.setdefault("share", []).append(float(inside.mean()))
        true, before, after = (crop.astype(float) / 255 for crop in crops)
        for name, made in (("covered", before), ("completed", after)):
            for part, region in (("", inside), (" whole", np.ones_like(inside))):
                figures = compare(true, made, region)
                for key in ("L1", "PSNR", "windowed SSIM"):
                    rows.setdefault(f"{name}{part} {key}", []).append(figures[key])
    return {name: float(np.mean(values)) for name, values in rows.items()}


def people_figures(sdk: FaceSDK, folder: Path, embedding: FaceEmbedding, per_cent: int) -> dict[str, float]:
    """Whether a completed face is more like another photo of the person (lfw_identities) than the covered
    one: cosines of a recogniser's embeddings, every person's first photo covered, the second one bare."""
    with np.load(folder / "labels.npz") as labels:
        rows = list(zip(labels["files"], labels["box"].astype(float), labels["subject"], strict=True))
    cosines: dict[str, list[float]] = {"bare": [], "covered": [], "completed": []}
    for number, person in enumerate(sorted({str(who) for _, _, who in rows})):
        own = [(name, box) for name, box, who in rows if who == person][:2]
        if len(own) < 2:
            continue
        first, second = (
            np.ascontiguousarray(read(folder / "images" / str(name)), np.uint8) for name, _ in own
        )
        points, others = (
            np.asarray(sdk.reconstruct(picture, boxes=[[x, y, x + w, y + h]]).faces[0].landmarks_px, float)
            for picture, (_, (x, y, w, h)) in zip((first, second), own, strict=True)
        )
        covered, _ = covered_within(first, points, per_cent, number)
        completed = face_of(sdk, covered, points).completed_image
        assert completed is not None
        other = embedding(second, five_points(others))
        for name, picture in (("bare", first), ("covered", covered), ("completed", completed)):
            cosines[name].append(float(embedding(picture, five_points(points)) @ other))
    better = np.array(cosines["completed"]) > np.array(cosines["covered"])
    return {f"cosine {name}": float(np.mean(values)) for name, values in cosines.items()} | {
        "completed nearer": float(better.mean()),
        "pairs": float(len(better)),
    }


def landmark_figures(
    sdk: FaceSDK, cases: Iterable[Case], templates: Templates, per_cents: tuple[int, ...]
) -> dict[str, float]:
    """NME of landmarks in the covered picture and, found once more, in the completed one, by occluder; faces
    given as boxes of their true points. 0 per cent: the bare face."""
    errors: dict[str, list[float]] = {}
    for number, case in enumerate(cases):
        bare = np.ascontiguousarray(read(case.picture), np.uint8)
        covers = {
            f"blobs {share} %": blobs(bare, case.points, share, number) if share else bare
            for share in per_cents
        }
        covers["mask"] = templates.mask(bare, case.points, number)
        covers["sunglasses"] = templates.sunglasses(bare, case.points)
        for name, covered in covers.items():
            face = face_of(sdk, np.ascontiguousarray(covered, np.uint8), case.points)
            assert face.completed_image is not None
            again = face_of(sdk, face.completed_image, case.points)
            for way, one in (("covered", face), ("completed", again)):
                error = case.score(np.asarray(one.landmarks_px, float))[ROW]
                errors.setdefault(f"{name}, {way}", []).append(error)
    return {name: float(np.mean(values)) for name, values in errors.items()}
