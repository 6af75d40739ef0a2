"""One timed stage, compared with its reference first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from facesdk.cli.timing import milliseconds, percentiles
from facesdk.errors import FaceSDKError


@dataclasses.dataclass(frozen=True)
class Stage:
    """One stage with its inputs bound."""

    name: str
    run: Callable[[], Any]
    reference: Callable[[], Any] | None = None  # the same in NumPy, where there is one
    tolerance: float = 0.0  # largest difference allowed, in the unit of the output

    def difference(self) -> float:
        """Largest difference between the stage and its reference; 0 without one."""
        if self.reference is None:
            return 0.0
        return largest_difference(self.run(), self.reference())


def largest_difference(ours: Any, reference: Any) -> float:
    """Largest absolute difference of two arrays, or of two tuples of arrays of which some may be None."""
    if isinstance(ours, tuple):
        pairs = zip(ours, reference, strict=True)
        return max(largest_difference(a, b) for a, b in pairs if a is not None and b is not None)
    return float(np.abs(np.asarray(ours, np.float64) - np.asarray(reference, np.float64)).max(initial=0.0))


def measure(stages: list[Stage], runs: int) -> dict[str, dict[str, float]]:
    """Stage -> p50, p95, p99 and its difference to the reference; raises FaceSDKError at a wrong output."""
    rows = {}
    for stage in stages:
        difference = stage.difference()
        if not difference <= stage.tolerance:
            raise FaceSDKError(
                f"bench: {stage.name} differs from its reference by {difference:.3g}, "
                f"expected at most {stage.tolerance:g}; not timed"
            )
        rows[stage.name] = {**percentiles(milliseconds(stage.run, runs)), "difference": difference}
    return rows
