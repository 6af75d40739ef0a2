"""Verification and retrieval: pairs of photos in folds by person, accuracy, AUC and rank 1."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from benchmarks.metrics.landmark_errors import Array

SEED, FOLDS = 2023, 10


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
