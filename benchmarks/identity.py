"""Who is it, from the coefficients alone: verification of pairs and retrieval on lfw_identities.

The measure is the cosine of two vectors; nothing is learned here. Ours are the identity code (a linear map of
shape's and albedo's coefficients, learned from training photos: facesdk/appearance/identity.py), and for
comparison the shape's coefficients alone, as the network gives them and each over its standard deviation
among the training labels (mb05's network gives its own in that unit). Every
pair of photos of one person is a "same" pair; as many "different" pairs are drawn by the seed. As in LFW's
protocol there are ten folds, here by person: the threshold that is best on nine folds decides in the tenth.
Rank 1: the nearest of all other photos is of the same person.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.measures import Array

SEED, FOLDS = 2023, 10
LABELS = Path(__file__).parents[1] / "training" / "labels" / "fits.npz"
CODE = "ours, identity code"
AS_GIVEN, IN_DEVIATIONS = "ours, shape as the network gives it", "ours, shape in standard deviations"


def label_deviations(path: Path = LABELS) -> Array:
    """(n_id,) standard deviation of each identity coefficient over the training labels."""
    with np.load(path, allow_pickle=False) as labels:
        return np.asarray(labels["alpha"].astype(np.float32).std(0))  # in steps


@dataclass(frozen=True)
class Pairs:
    """Rows of photos: first and second (n,), same (n,) bool, fold (n,)."""

    first: Array
    second: Array
    same: Array
    fold: Array


def pairs(people: Array, seed: int = SEED) -> Pairs:
    """All same pairs and as many different ones; both photos of a pair are of people of one fold."""
    names = np.unique(people)
    rng = np.random.default_rng(seed)
    fold_of = dict(zip(names.tolist(), (rng.permutation(len(names)) % FOLDS).tolist(), strict=True))
    fold = np.array([fold_of[name] for name in people.tolist()])
    first: list[int] = []
    second: list[int] = []
    for name in names:
        for a, b in itertools.combinations(np.flatnonzero(people == name).tolist(), 2):
            first.append(a)
            second.append(b)
    folds = fold[first].tolist()
    same = [True] * len(first)
    drawn: set[tuple[int, int]] = set()
    for wanted in folds.copy():
        rows = np.flatnonzero(fold == wanted)
        if len(np.unique(people[rows])) < 2:
            continue
        while True:
            a, b = sorted(rng.choice(rows, 2, replace=False).tolist())
            if people[a] != people[b] and (a, b) not in drawn:
                break
        drawn.add((a, b))
        first.append(a)
        second.append(b)
        same.append(False)
        folds.append(wanted)
    return Pairs(np.array(first), np.array(second), np.array(same), np.array(folds))


def accuracy(scores: Array, truth: Array, fold: Array) -> float:
    """Mean over the folds of the share right, with the threshold that is best on the other folds."""
    shares = []
    for number in np.unique(fold):
        inside = fold == number
        if inside.all():
            continue
        threshold = best_threshold(scores[~inside], truth[~inside])
        shares.append(float(((scores[inside] >= threshold) == truth[inside]).mean()))
    return float(np.mean(shares))


def best_threshold(scores: Array, same: Array) -> float:
    """The score from which "same" is right most often; midway between two scores."""
    order = np.argsort(scores)
    ordered, truth = scores[order], same[order]
    right = np.concatenate([[truth.sum()], truth.sum() + np.cumsum(np.where(truth, -1, 1))])
    best = int(np.argmax(right))
    edges = np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])
    return float(edges[best])


def auc(scores: Array, same: Array) -> float:
    """Chance that a same pair scores above a different one, ties counting half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive, negative = int(same.sum()), int((~same).sum())
    return float((rank[same].sum() - positive * (positive + 1) / 2) / max(positive * negative, 1))


def rank_one(vectors: Array, people: Array) -> float:
    """Share of photos whose nearest other photo by cosine is of the same person."""
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -np.inf)
    return float((people[similar.argmax(1)] == people).mean())


@dataclass
class Identity:
    """Vectors of many photos by who gives them; a photo without a face of ours is left out of every row."""

    people: list[str] = field(default_factory=list)
    vectors: dict[str, list[Array]] = field(default_factory=dict)

    def add(self, person: str, vectors: dict[str, Array]) -> None:
        """One photo."""
        self.people.append(person)
        for who, vector in vectors.items():
            self.vectors.setdefault(who, []).append(vector)

    def figures(self) -> dict[str, dict[str, float]]:
        """Who -> accuracy, AUC, rank 1."""
        people = np.array(self.people)
        alone = [name for name in set(self.people) if self.people.count(name) < 2]
        keep = ~np.isin(people, alone)
        if len(np.unique(people[keep])) < 2 * FOLDS:
            return {}
        chosen = pairs(people[keep])
        out = {}
        for who, rows in self.vectors.items():
            unit = np.array(rows)[keep].astype(float)
            unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-9)
            scores = (unit[chosen.first] * unit[chosen.second]).sum(1)
            out[who] = {
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
        for who, row in figures.items():
            text = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "pairs")
            print(f"  {who:34s} {text}  ({row['pairs']:.0f} pairs)")
