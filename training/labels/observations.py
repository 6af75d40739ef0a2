"""What the teachers and the hand labels say of each training face, brought into one frame.

Every face gets a crop frame (its centre, side and roll in the stored picture); every source of points becomes
positions in crop sides from the crop's centre with a weight, one over the variance in crop sides squared.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.landmark_sets import CFP_HALF
from facesdk.core.landmarks import MIRROR_68
from training.datasets.face_sets import SETS, FaceSet, open_set

Array = npt.NDArray[np.float64]

FRONTAL_DEG = 15.0
"""Yaw up to which hand-made contour points lie near fixed places on the head."""


@dataclass
class Observations:
    """All faces of all sets, in stored pixels (NaN where a source is silent)."""

    set_index: npt.NDArray[np.uint8]
    row: npt.NDArray[np.int32]
    subject: npt.NDArray[np.int32]
    mb05: Array
    """(N, 68, 3) mean over variants, and its spread (N, 68) px."""
    mb05_spread: Array
    mediapipe: Array
    """(N, 478, 2)."""
    mediapipe_spread: Array
    scores: Array
    """(N, 52) MediaPipe's expression scores."""
    hand: Array
    """(N, 68, 2) points of hand or tracker labels as the 68; `hand_sigma` (N, 68) in crop sides."""
    hand_sigma: Array
    five: Array
    """(N, 5, 2) hand-made: eye centres, nose tip, mouth corners, image left first."""
    sets: tuple[str, ...] = SETS
    score_names: tuple[str, ...] = ()


def hand_points(face_set: FaceSet, mb05: Array) -> tuple[Array, Array, Array]:
    """Hand labels of a set as (n, 68, 2), their sigma (n, 68) in crop sides, and five points (n, 5, 2)."""
    n = len(face_set.files)
    points, sigma = np.full((n, 68, 2), np.nan), np.full((n, 68), np.inf)
    five = np.full((n, 5, 2), np.nan)
    labels = face_set.labels
    if face_set.name in ("aflw_merl", "aflw_turned", "helen_afw"):
        points = labels["points68"].astype(float)
        visibility = labels.get("visibility", np.ones((n, 68), np.int8))
        sigma[:] = np.where(visibility == 1, 0.008, np.where(visibility == 2, 0.02, np.inf))
        # Contour points of hand labels slide along the outline unless the face looks at the camera.
        yaw = labels.get("yaw_deg", labels.get("yaw_est", np.zeros(n)))
        frontal = np.abs(yaw.astype(float)) < FRONTAL_DEG
        frontal &= labels.get("pose_class", np.full(n, "frontal")) == "frontal"
        sigma[:, :17] = np.where(frontal[:, None], np.maximum(sigma[:, :17], 0.03), np.inf)
    elif face_set.name == "youtube_faces":
        points, sigma[:] = labels["points68"].astype(float), 0.015
        sigma[:, :17] = 0.04
    elif face_set.name == "cfp":
        for i in range(n):
            p = labels["points30"][i].astype(float)
            error = [np.abs(mb05[i][index, :2] - p).mean() for index in (CFP_HALF, MIRROR_68[CFP_HALF])]
            index = (CFP_HALF, MIRROR_68[CFP_HALF])[int(np.argmin(error))]
            points[i, index] = p
            sigma[i, index] = 0.016
            sigma[i, index[:9]] = 0.03
    elif face_set.name == "mtfl":
        five = labels["points5"].astype(float)
    sigma[~np.isfinite(points[..., 0])] = np.inf
    return points, sigma, five


def collect(data: Path, cache: Path, sets: tuple[str, ...] = SETS) -> Observations:
    """Everything the teachers left in `cache` and the sets' own labels, as one table."""
    parts: list[dict[str, npt.NDArray[np.generic]]] = []
    score_names: tuple[str, ...] = ()
    people: dict[str, int] = {}
    for index, name in enumerate(sets):
        face_set = open_set(data, name)
        n = len(face_set.files)
        with np.load(cache / "mb05" / f"{name}.npz") as z:
            tddfa = z["points"].astype(float)
        landmarks, blend = np.full((n, 3, 478, 2), np.nan), np.full((n, 52), np.nan)
        scores = cache / "mediapipe" / f"{name}.npz"
        # A set that this teacher has not seen yet is labelled from the others.
        if scores.exists():
            with np.load(scores) as z:
                landmarks, blend = z["points"].astype(float), z["blend"].astype(float)
                score_names = tuple(str(s) for s in z["blend_names"])
        mean = tddfa.mean(1)
        # Depth is known up to a shift in each variant.
        mean[..., 2] = (tddfa[..., 2] - tddfa[..., 2].mean(2, keepdims=True)).mean(1)
        seen = np.isfinite(landmarks[:, :, 0, 0]).sum(1)
        usable = np.where(seen[:, None, None] > 0, np.nan_to_num(np.nanmean(landmarks, 1)), np.nan)
        spread = np.where(seen[:, None] > 1, np.linalg.norm(np.nanstd(landmarks, 1), axis=-1), np.nan)
        points, sigma, five = hand_points(face_set, mean)
        names = face_set.labels.get("subject", face_set.labels.get("identity", np.full(n, "")))
        subject = np.full(n, -1)
        if name in ("cfp", "youtube_faces", "london_faces"):
            subject = np.array([people.setdefault(f"{name}/{s}", len(people)) for s in names])
        parts.append({
            "set_index": np.full(n, index, np.uint8), "row": np.arange(n, dtype=np.int32), "subject": subject,
            "mb05": mean, "mb05_spread": np.linalg.norm(tddfa[..., :2].std(1), axis=-1),
            "mediapipe": usable, "mediapipe_spread": spread, "scores": blend,
            "hand": points, "hand_sigma": sigma, "five": five,
        })  # fmt: skip
    merged = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
    return Observations(**merged, sets=sets, score_names=score_names)
