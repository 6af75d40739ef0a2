"""Fit the candidate filter (csrc/pipeline/candidate_filter.cpp) by logistic regression.

The candidates are the detector's in scenes and close-ups that neither its training nor the network's has
seen. A candidate is a face where it overlaps a labelled box by 0.45 (intersection over union), a false
positive where it overlaps none by 0.15; those between are left out, and so are candidates under 14 px, for
which the labels are not complete.
"""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from facesdk import FaceSDK, Options, manifest
from facesdk.core.compiled import _core
from facesdk.detect import Detector
from training.candidate_filter.hard_negatives import view
from training.detector.compose import is_held_out, is_held_out_photo
from training.detector.evaluate import STORED, corners
from training.detector.geometry import box_overlaps
from training.detector.pack import Pack
from training.options import PackFolder

Array = npt.NDArray[np.float64]
ASSET = manifest.ASSETS / manifest.DETECTOR_PLAN
LOWEST, SMALLEST_PX = 0.15, 14.0
VIEWS = 5
FACE, NOTHING = 0.45, 0.15
# False positives per picture at a probability of one half: two fifths of what is allowed, because these
# scenes hold less clutter than streets do, where up to 2.3 times as many were seen.
ALARMS = 0.12


class Candidates:
    """Rows of the detector's candidates: overlap with the labels, with doubtful labels, score, disagreement,
    size, overlap of the detector's box and the landmarks', face_logit, landmark_error."""

    def __init__(self) -> None:
        self.detector = Detector(ASSET, threshold=LOWEST)
        self.sdk = FaceSDK(Options(max_faces=1000, min_detector_score=0.0))

    def __call__(self, picture: npt.NDArray[np.uint8], faces: Array, doubtful: Array) -> Array:
        """(n, 8) of an RGB picture with labelled boxes x0 y0 x1 y1."""
        found = self.sdk.observe(picture, self.detector(picture), verify=False)
        none = np.zeros(len(found))
        face_logit = none if found.face_logit is None else found.face_logit
        landmark_error = none if found.landmark_error is None else found.landmark_error
        rows = []
        for i, (own, landmarks) in enumerate(zip(found.boxes_px, found.landmarks_px, strict=True)):
            seen = _core.face_box(landmarks)
            labelled, unsure = (
                max(box_overlaps(box, others).max(initial=0.0) for box in (own, seen))
                for others in (faces, doubtful)
            )
            size, together = np.sqrt(np.prod(own[2:] - own[:2])), box_overlaps(own, seen[None])[0]
            score, disagreement = found.scores[i], found.landmark_disagreement[i]
            terms = (score, disagreement, size, together, face_logit[i], landmark_error[i])
            rows.append((labelled, unsure, *terms))
        return np.array(rows, float).reshape(-1, 8)


def scenes(pack: Path, candidates: Candidates) -> tuple[Array, int]:
    """Candidates of the scenes that training left out, as they are and in VIEWS other views of at most STORED
    px, and the number of pictures."""
    photos, rows, count = Pack(pack / "scenes"), [], 0
    rng = np.random.default_rng(0)
    for i in tqdm([i for i in range(len(photos)) if is_held_out(i)]):
        sure = photos.sure[photos.faces(i)]
        picture = np.asarray(photos.level(i, 0)[..., ::-1])
        zoom = min(1.0, STORED / max(picture.shape))
        size = (round(zoom * picture.shape[1]), round(zoom * picture.shape[0]))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        views = [(picture, corners(photos.boxes[photos.faces(i)]) * zoom)]
        views += [view(photos, i, rng)[:2] for _ in range(VIEWS)]
        for picture, boxes in views:
            rows.append(candidates(picture, boxes[sure], boxes[~sure]))
        count += len(views)
    return np.concatenate(rows), count


def close_ups(pack: Path, candidates: Candidates) -> Array:
    """Candidates of the photos that the detector's training left out."""
    photos, rows = Pack(pack / "faces"), []
    for i in tqdm([i for i in range(len(photos)) if is_held_out_photo(i)]):
        which = photos.faces(i)
        boxes, sure = corners(photos.boxes[which]), photos.sure[which]
        picture = np.ascontiguousarray(photos.level(i, 0)[..., ::-1])
        rows.append(candidates(picture, boxes[sure], boxes[~sure]))
    return np.concatenate(rows)


def features(rows: Array) -> Array:
    """The terms of face_probability, with a column of ones."""
    score, disagreement, size, together, face_logit, landmark_error = rows[:, 2:].T
    size = np.log(np.clip(size, _core.SMALL_PX, _core.LARGE_PX))
    disagreement = np.log(np.maximum(disagreement, 1e-4))
    face_logit = np.clip(face_logit, 0.0, _core.MOST_LOGIT)
    error = np.log(np.where(landmark_error > 0, landmark_error, _core.USUAL_ERROR) / _core.USUAL_ERROR)
    return np.stack([np.ones(len(rows)), score, disagreement, size, together, face_logit, error], 1)


def logistic(x: Array, y: Array) -> Array:
    """Weights of a logistic regression by Newton's method; x (n, k) with its column of ones, y (n,) bool."""
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(len(w))
        w = w + np.linalg.solve(hessian, x.T @ (y - p))
    return w


def fit_candidate_filter(pack: PackFolder) -> None:
    """Fit the candidate filter; run it after the detector or the network changes."""
    candidates = Candidates()
    crowd, pictures = scenes(pack, candidates)
    rows = np.concatenate([crowd, close_ups(pack, candidates)])
    face = rows[:, 0] >= FACE
    clear = (rows[:, 4] >= SMALLEST_PX) & (face | (rows[:, :2].max(1) < NOTHING))
    w = logistic(features(rows[clear]), face[clear])
    # A probability of one half lies where these scenes have as many false positives as are allowed.
    false = (crowd[:, 0] < NOTHING) & (crowd[:, 4] >= SMALLEST_PX)
    alarms = np.sort(features(crowd[false]) @ w)[::-1]
    w[0] -= alarms[min(int(ALARMS * pictures), len(alarms) - 1)]
    print("kBias, kPerScore, kPerLogDisagreement =", ", ".join(f"{v:.3f}" for v in w[:3]))
    print("kPerLogSize, kPerOverlap, kPerFaceLogit, kPerLogError =", ", ".join(f"{v:.3f}" for v in w[3:]))
    for name, kept in (("score alone", rows[:, 2] > 0.5), ("with the network", features(rows) @ w > 0)):
        for where, part in (("scenes", np.arange(len(rows)) < len(crowd)), ("close-ups", None)):
            here = clear & (part if part is not None else np.arange(len(rows)) >= len(crowd))
            found, wrong = (kept & here & face).sum(), (kept & here & ~face).sum()
            print(f"{name:17s} {where:9s} {found} of {(here & face).sum()} faces, {wrong} false positives")
