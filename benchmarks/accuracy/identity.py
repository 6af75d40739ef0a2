"""Identity from the coefficients alone: verification of pairs and retrieval on lfw_identities.

The measure is the cosine of two vectors; nothing is learned here. Ours are the identity code (a linear map of
shape's and albedo's coefficients, learned from training photos: facesdk/appearance/identity.py), and for
comparison the shape's coefficients alone, as the network gives them and each over its standard deviation
among the training labels (mb05's network gives its own in that unit). Every
pair of photos of one person is a "same" pair; as many "different" pairs are drawn by the seed. As in LFW's
protocol there are ten folds, here by person: the threshold that is best on nine folds decides in the tenth.
Rank 1: the nearest of all other photos is of the same person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.metrics.verification import FOLDS, SEED, accuracy, auc, pairs, rank_one

LABELS = Path(__file__).parents[2] / "training" / "labels" / "fits.npz"
CODE = "ours, identity code"
AS_GIVEN, IN_DEVIATIONS = "ours, shape as the network gives it", "ours, shape in standard deviations"


def label_deviations(path: Path = LABELS) -> Array:
    """(n_id,) standard deviation of each identity coefficient over the training labels."""
    with np.load(path, allow_pickle=False) as labels:
        return np.asarray(labels["alpha"].astype(np.float32).std(0))  # in steps


@dataclass
class Identity:
    """Vectors of many photos by predictor; a photo in which we found no face is left out of every row."""

    people: list[str] = field(default_factory=list)
    vectors: dict[str, list[Array]] = field(default_factory=dict)

    def add(self, person: str, vectors: dict[str, Array]) -> None:
        """One photo."""
        self.people.append(person)
        for predictor, vector in vectors.items():
            self.vectors.setdefault(predictor, []).append(vector)

    def figures(self) -> dict[str, dict[str, float]]:
        """Who -> accuracy, AUC, rank 1."""
        people = np.array(self.people)
        alone = [name for name in set(self.people) if self.people.count(name) < 2]
        keep = ~np.isin(people, alone)
        if len(np.unique(people[keep])) < 2 * FOLDS:
            return {}
        chosen = pairs(people[keep])
        out = {}
        for predictor, rows in self.vectors.items():
            unit = np.array(rows)[keep].astype(float)
            unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-9)
            scores = (unit[chosen.first] * unit[chosen.second]).sum(1)
            out[predictor] = {
                "accuracy": accuracy(scores, chosen.same, chosen.fold),
                "AUC": auc(scores, chosen.same),
                "rank 1": rank_one(unit, people[keep]),
                "pairs": len(scores),
            }
        return out

    def show(self) -> None:
        """Print the table."""
        figures = self.figures()
        if not figures:
            return
        print(
            f"Identity, lfw_identities, cosine, seed {SEED}, {FOLDS} folds by person, "
            f"{len(self.people)} photos"
        )
        for predictor, row in figures.items():
            text = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "pairs")
            print(f"  {predictor:34s} {text}  ({row['pairs']:.0f} pairs)")
