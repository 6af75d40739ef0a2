"""Expressions: eyes and mouth open or closed, and each ARKit weight against a strong teacher's.

Photos are those of the evaluation sets and frames of the clips, which training never sees. Mouth: the label
is the gap between the lips in the hand-made or exact points, over the nose's length; what lies between open
and closed is left out. Eyes: hardly a closed one is labelled by hand, so the label is the teacher's, where it
is sure of both eyes. The teacher is MediaPipe's face landmarker, run in its own virtual environment. Two
scores are measured for each: the ARKit weight, and the opening of eyes or lips in the landmarks of the mesh.
Classes are made even by the seed; accuracy is that of the threshold that is best on the other nine tenths.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.metrics.verification import accuracy, auc
from benchmarks.peers.worker import Worker
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.result import Face

MOUTH = (0.06, 0.18)  # gap over nose length: closed up to the first, open from the second
EYES = (0.15, 0.45)  # the teacher's eyeBlink of both eyes: open up to the first, closed from the second
ALIVE = 0.02  # least deviation of a teacher's score over the photos for its correlation to mean anything
DEAD = 0.005  # a weight of ours with less deviation than that is dead
SEED, FOLDS = 2023, 10

Teacher = Callable[[Array], dict[str, float]]


def teacher(worker: Worker) -> Teacher:
    """RGB picture -> the teacher's scores by ARKit name; nothing where it finds no face."""

    def scores(picture: Array) -> dict[str, float]:
        file = worker.store(picture)
        answer = worker.request(picture=file)
        os.unlink(file)
        return dict(answer["scores"])

    return scores


def worker(python: Path, task: Path) -> Worker:
    """The teacher's process."""
    return Worker(python, Path(__file__).parents[1] / "peers" / "blendshape_worker.py", str(task))


def mouth_gap(points: Array) -> float:
    """Gap between the inner lips over the nose's length, from 68 points."""
    nose = max(float(np.linalg.norm(points[27] - points[33])), 1e-6)
    return float(np.linalg.norm(points[62] - points[66])) / nose


def eye_opening(points: Array) -> float:
    """Height over width of the eyes, mean of both, from 68 points."""
    ratios = []
    for eye in (points[36:42], points[42:48]):
        height = (np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])) / 2
        ratios.append(height / max(float(np.linalg.norm(eye[0] - eye[3])), 1e-6))
    return float(np.mean(ratios))


def classify(scores: Array, truth: Array) -> dict[str, float]:
    """AUC and accuracy over classes made even; scores are higher for what is true."""
    rng = np.random.default_rng(SEED)
    positive, negative = np.flatnonzero(truth), np.flatnonzero(~truth)
    count = min(len(positive), len(negative))
    if count < FOLDS:
        return {"of each": float(count)}
    chosen = np.concatenate([rng.permutation(positive)[:count], rng.permutation(negative)[:count]])
    fold = np.concatenate([np.arange(count) % FOLDS] * 2)
    return {
        "of each": float(count),
        "AUC": auc(scores[chosen], truth[chosen]),
        "accuracy": accuracy(scores[chosen], truth[chosen], fold),
    }


class Expression:
    """Scores and labels of many faces."""

    def __init__(self) -> None:
        self.mouth: list[tuple[float, float, bool]] = []  # weight, gap of the mesh, open
        self.eyes: list[tuple[float, float, bool]] = []  # weight, opening of the mesh, closed
        self.weights: list[tuple[dict[str, float], dict[str, float]]] = []  # ours, the teacher's

    def add(self, face: Face, scores: dict[str, float] | None, points: Array | None = None) -> None:
        """One face, with the teacher's scores and its true 68 points where there are any."""
        ours, points_found = face.expression, np.asarray(face.landmarks_px, float)
        if points is not None:
            gap = mouth_gap(points)
            if not MOUTH[0] < gap < MOUTH[1]:
                self.mouth.append(
                    (ours["jawOpen"] - ours["mouthClose"], mouth_gap(points_found), gap >= MOUTH[1])
                )
        if scores:
            self.weights.append((ours, scores))
            blink = scores["eyeBlinkLeft"], scores["eyeBlinkRight"]
            if max(blink) <= EYES[0] or min(blink) >= EYES[1]:
                weight = (ours["eyeBlinkLeft"] + ours["eyeBlinkRight"]) / 2
                self.eyes.append((weight, eye_opening(points_found), min(blink) >= EYES[1]))

    def correlations(self) -> dict[str, tuple[float, float, float]]:
        """ARKit name -> correlation, deviation of ours, deviation of the teacher's."""
        out = {}
        for name in ARKIT_NAMES:
            pairs = np.array([(ours[name], scores[name]) for ours, scores in self.weights if name in scores])
            if len(pairs) < 3:
                continue
            mine, theirs = pairs.std(0)
            related = mine > 1e-6 and theirs > ALIVE
            value = float(np.corrcoef(pairs.T)[0, 1]) if related else float("nan")
            out[name] = value, float(mine), float(theirs)
        return out

    def figures(self) -> dict[str, float]:
        """Classification of mouth and eyes, mean correlation, dead shapes."""
        out: dict[str, float] = {}
        for part, rows, sign in (("mouth open", self.mouth, 1.0), ("eyes closed", self.eyes, -1.0)):
            if not rows:
                continue
            weight, opening, truth = (np.array(column) for column in zip(*rows, strict=True))
            for kind, scores in (("weight", weight), ("mesh", sign * opening)):
                for name, value in classify(scores, truth).items():
                    out[f"{part}, {kind}, {name}"] = value
        related = self.correlations()
        known = [value for value, _, _ in related.values() if np.isfinite(value)]
        if known:
            out["mean correlation"] = float(np.mean(known))
            out["shapes compared"] = float(len(known))
            out["dead shapes"] = float(sum(mine < DEAD for _, mine, _ in related.values()))
        return out

    def show(self) -> None:
        """Print the tables."""
        counts = f"{len(self.mouth)} mouths, {len(self.eyes)} pairs of eyes, {len(self.weights)} photos"
        print(f"Expression, {counts}")
        for name, value in self.figures().items():
            print(f"  {name:34s} {value:8.3f}")
        related = self.correlations()
        for name, (value, mine, theirs) in sorted(related.items(), key=lambda row: -np.nan_to_num(row[1][0])):
            note = "  dead" if mine < DEAD else ""
            shown = f"{value:6.2f}" if np.isfinite(value) else "     -"
            print(f"    {name:22s} r {shown}   deviation ours {mine:.3f} teacher's {theirs:.3f}{note}")
        if not related:
            print("  teacher: absent; give --mediapipe-python for eyes and correlations")
