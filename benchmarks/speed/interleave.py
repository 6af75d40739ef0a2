"""Contestants timed in turns within one run, so that whatever slows the machine slows all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from facesdk.cli.timing import milliseconds

Timed = Callable[[int], Array]  # runs -> (runs,) ms


def timed(run: Callable[[], Any], warm_up: int = 2) -> Timed:
    """A contestant of this process."""
    return lambda runs: milliseconds(run, runs, warm_up)


def interleaved(contestants: Mapping[str, Timed], passes: int, runs: int) -> dict[str, Array]:
    """Name -> (passes,) ms: the median of `runs` calls in each pass; a pass takes every contestant once."""
    medians: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(passes):
        names = list(contestants)
        for name in names if number % 2 == 0 else reversed(names):
            medians[name].append(float(np.median(contestants[name](runs))))
    return {name: np.array(values) for name, values in medians.items()}


def ratio(times: Mapping[str, Array], ours: str, theirs: str) -> float:
    """Median over the passes of ours / theirs; NaN where one was not timed."""
    if ours not in times or theirs not in times:
        return float("nan")
    return float(np.median(times[ours] / times[theirs]))
