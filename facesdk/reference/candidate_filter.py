"""NumPy reference of csrc/pipeline/candidate_filter."""

from __future__ import annotations

import math

import numpy as np

from facesdk.core.arrays import DoubleArray, FloatArray
from facesdk.core.crop import FOREHEAD
from facesdk.reference.landmarks import landmark_roll_and_bbox

SAME_FACE = 0.5  # share of the smaller of two landmark boxes within the other
LAST_RESORT = 0.2  # share of the asked score that is enough for the only face of a picture
MOST_UNCERTAINTY = 0.02  # crop sides, from which nothing is a last resort
SMALL_PX, LARGE_PX = 14.0, 96.0  # sizes of a box beyond which size counts no more
MOST_LOGIT = 4.0  # face_logit counts from 0 to this
# Logistic regression on the candidates in training scenes and close-ups, by training/candidate_filter/fit.py.
BIAS, PER_SCORE, PER_LOG_DISAGREEMENT = 0.681, 10.543, -0.207
PER_LOG_SIZE, PER_OVERLAP, PER_FACE_LOGIT, PER_LOG_ERROR = -0.123, -5.060, 0.663, -1.403
USUAL_ERROR = 0.017  # expected landmark error of a face over its size
LEAST_EVIDENCE = 2.5  # of score and face_logit together, for a second pass
LEAST_HOPEFUL = 3  # that go on where none has it


def drop_hopeless(scores: FloatArray, face_logits: DoubleArray) -> list[int]:
    """Numbers of those worth another inference pass, the most hopeful where none is; NaN where the network
    has no such output."""
    evidence = PER_SCORE * scores.astype(float) + PER_FACE_LOGIT * np.nan_to_num(face_logits, nan=0.0)
    kept = np.flatnonzero((evidence >= LEAST_EVIDENCE) | np.isnan(face_logits)).tolist()
    return kept or sorted(np.argsort(-evidence, kind="stable")[:LEAST_HOPEFUL].tolist())


def face_probability(
    score: float,
    disagreement: float,
    size_px: float,
    overlap: float,
    face_logit: float,
    landmark_error: float,
) -> float:
    """Probability that a candidate shows a face."""
    logit = BIAS + PER_SCORE * score + PER_LOG_DISAGREEMENT * math.log(max(disagreement, 1e-4))
    logit += PER_LOG_SIZE * math.log(min(max(size_px, SMALL_PX), LARGE_PX)) + PER_OVERLAP * overlap
    logit += PER_FACE_LOGIT * min(max(face_logit, 0.0), MOST_LOGIT)
    if landmark_error > 0:
        logit += PER_LOG_ERROR * math.log(landmark_error / USUAL_ERROR)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def face_box(landmarks_px: FloatArray) -> FloatArray:
    """Box x0, y0, x1, y1 (4,) from forehead to chin of landmarks (68, 2)."""
    return np.array(landmark_roll_and_bbox(landmarks_px, FOREHEAD)[1], np.float32)


def same_face(a: FloatArray, b: FloatArray) -> bool:
    """Whether two sets of landmarks (68, 2) are of one face."""
    shared, areas = _common(*(np.r_[points.min(0), points.max(0)].astype(float) for points in (a, b)))
    return shared >= SAME_FACE * max(min(areas), 1e-6)


def filter_candidates(
    min_score: float,
    boxes: FloatArray,
    scores: FloatArray,
    landmarks: FloatArray,
    disagreement: DoubleArray,
    face_logits: DoubleArray,
    log_sigma: FloatArray,
    landmark_errors: DoubleArray,
) -> tuple[list[int], FloatArray, FloatArray]:
    """Numbers of the candidates that show a face, each face once, and their boxes and scores.

    Args: (N, 4), (N,), (N, 68, 2), (N,), (N,), (N, 68), (N,); NaN where the network has no such output, 0
    for the last one.
    """
    columns = boxes, scores, landmarks, disagreement, face_logits, landmark_errors
    judged = [_score(*row) for row in zip(*columns, strict=True)]
    tight = np.array([face_box(points) for points in landmarks], np.float32).reshape(-1, 4)
    left = list(range(len(judged)))
    best = max(judged, default=0.0)
    bar = min_score
    if best < min_score:
        left = [i for i in left if uncertainty(disagreement[i], log_sigma[i]) <= MOST_UNCERTAINTY]
        bar = max(max((judged[i] for i in left), default=0.0), LAST_RESORT * min_score)
    surest: list[int] = []
    for i in sorted(left, key=lambda i: (-judged[i], i)):
        if judged[i] >= bar and not any(same_face(landmarks[i], landmarks[k]) for k in surest):
            surest.append(i)
    kept = sorted(surest)
    return kept, tight[kept], np.array([judged[i] for i in kept], np.float32)


def uncertainty(disagreement: float, log_sigma: FloatArray) -> float:
    """Geometric mean of the predictions' disagreement and of the error that the network expects."""
    if math.isnan(disagreement):
        return 0.0
    if np.isnan(log_sigma[0]):
        return disagreement
    return math.sqrt(disagreement * float(np.exp(log_sigma.astype(float)).mean()))


def _score(
    box: FloatArray,
    score: np.float32,
    landmarks: FloatArray,
    disagreement: float,
    face_logit: float,
    landmark_error: float,
) -> float:
    if math.isnan(disagreement):
        return float(score)
    own, seen = box.astype(float), face_box(landmarks).astype(float)
    shared, areas = _common(own, seen)
    overlap = shared / max(sum(areas) - shared, 1e-6)
    logit = 0.0 if math.isnan(face_logit) else face_logit
    size_px = math.sqrt(max(0.0, areas[0]))
    probability = face_probability(float(score), disagreement, size_px, overlap, logit, landmark_error)
    return float(np.float32(probability))


def _common(a: DoubleArray, b: DoubleArray) -> tuple[float, tuple[float, float]]:
    """Area that two boxes share, and the area of each."""
    sides = np.maximum(0.0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]))
    return float(np.prod(sides)), (float(np.prod(a[2:] - a[:2])), float(np.prod(b[2:] - b[:2])))
