"""Confidence: rank correlation of predicted and true error, and the error of the most confident fifth.

The predicted error is `face.landmark_error_px` (68,), over the size of the true points' box as the true one;
the face's is its mean. Where the network predicts none, "absent" is printed. The quality score, which every
face has, is measured beside it (its rank correlation is negative when it is right).
"""

from __future__ import annotations

import numpy as np

from benchmarks.metrics.landmark_errors import Array, align, box_size
from benchmarks.metrics.rank_correlation import rank_correlation
from facesdk.result import Face


class Confidence:
    """Predicted and true errors of many faces with 68 true points."""

    def __init__(self) -> None:
        self.true: list[Array] = []  # (68,) per cent of the box
        self.predicted: list[Array] = []
        self.quality: list[float] = []

    def add(self, face: Face, true: Array, aligned: bool) -> None:
        """One face; aligned: scale and shift of the set are unknown, so that only the rest counts."""
        found = np.asarray(face.landmarks_px, float)
        if aligned:
            found = align(found, true)
        scale = 100 / box_size(true)
        self.true.append(np.linalg.norm(found - true, axis=1) * scale)
        self.quality.append(face.quality.score)
        predicted = getattr(face, "landmark_error_px", None)
        if predicted is not None:
            self.predicted.append(np.asarray(predicted, float) * scale)

    def figures(self) -> dict[str, float]:
        """Rank correlations per face and per landmark, mean error of all and of the most confident fifth."""
        if not self.true:
            return {}
        faces = np.array([errors.mean() for errors in self.true])
        out = {
            "error of all": float(faces.mean()),
            "quality, rank correlation per face": rank_correlation(np.array(self.quality), faces),
            "quality, error of the most confident fifth": most_confident_error(
                -np.array(self.quality), faces
            ),
        }
        if len(self.predicted) == len(self.true):
            predicted = np.array([errors.mean() for errors in self.predicted])
            out["predicted, rank correlation per face"] = rank_correlation(predicted, faces)
            out["predicted, rank correlation per landmark"] = rank_correlation(
                np.concatenate(self.predicted), np.concatenate(self.true)
            )
            out["predicted, error of the most confident fifth"] = most_confident_error(predicted, faces)
            out["predicted over true, mean"] = float(predicted.mean() / faces.mean())
        return out

    def show(self) -> None:
        """Print the table."""
        print(f"Confidence, {len(self.true)} faces with 68 true points")
        for name, value in self.figures().items():
            print(f"  {name:42s} {value:7.3f}")
        if len(self.predicted) != len(self.true):
            print("  predicted error: absent (the network predicts none)")


def most_confident_error(predicted: Array, errors: Array) -> float:
    """Mean error of the fifth with the smallest predicted error."""
    return float(errors[np.argsort(predicted, kind="stable")[: max(len(errors) // 5, 1)]].mean())
