"""The cumulative error curve as a picture: which share of the faces has at most which error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.metrics.landmark_errors import Array

LARGEST = 10.0  # per cent of the box; the curve ends there


def cumulative(errors: Array, missed: int = 0, steps: int = 201) -> tuple[Array, Array]:
    """Errors 0..LARGEST and the share of faces with at most that error; a missed face has none."""
    x = np.linspace(0, LARGEST, steps)
    counts = np.searchsorted(np.sort(errors), x, side="right")
    return x, counts / max(len(errors) + missed, 1)


def draw(curves: Mapping[str, Mapping[str, tuple[Array, int]]], path: Path) -> None:
    """One panel a row of the table: title -> predictor -> (errors, faces missed)."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    columns = min(len(curves), 3)
    rows = -(-len(curves) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.6 * columns, 3.6 * rows), squeeze=False)
    for axis in axes.ravel()[len(curves) :]:
        axis.set_visible(False)
    for axis, (title, lines) in zip(axes.ravel(), curves.items(), strict=False):
        for predictor, (errors, missed) in lines.items():
            x, share = cumulative(errors, missed)
            axis.plot(x, 100 * share, label=f"{predictor}: mean {errors.mean():.2f}")
        axis.set(title=title, xlabel="NME, % of the box", ylabel="faces, %", xlim=(0, LARGEST), ylim=(0, 101))
        axis.grid(alpha=0.3)
        axis.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
