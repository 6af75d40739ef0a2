"""Spearman's rank correlation."""

from __future__ import annotations

import numpy as np

from benchmarks.metrics.landmark_errors import Array


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's rank correlation; ties share their mean rank; NaN below three values or for a constant."""
    if len(a) < 3:
        return float("nan")
    ra, rb = ranks(np.asarray(a, float)), ranks(np.asarray(b, float))
    if ra.std() == 0 or rb.std() == 0:
        return float("nan")
    return float(np.corrcoef(ra, rb)[0, 1])


def ranks(values: Array) -> Array:
    """Ranks from 1, ties sharing the mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])
