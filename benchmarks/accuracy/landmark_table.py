"""Landmark errors over the evaluation sets: tables by set and by yaw, ours and the peer's."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from benchmarks.evaluation_sets import Case
from benchmarks.metrics.landmark_errors import Array
from benchmarks.predictors import Mb05, Predict, read, which

YAW_BINS = ((0, 30), (30, 60), (60, 90))


class Table:
    """Errors by row, with the yaw of each where it is known."""

    def __init__(self) -> None:
        self.errors: dict[str, list[float]] = {}
        self.yaws: dict[str, list[float]] = {}
        self.faces = 0
        self.missed: list[str] = []

    def add(self, case: Case, found: Array | None) -> None:
        """Score one face; None is a miss."""
        self.faces += 1
        if found is None:
            self.missed.append(f"{case.set_name}/{case.picture.name}")
            return
        for row, value in case.score(found).items():
            self.errors.setdefault(row, []).append(value)
            self.yaws.setdefault(row, []).append(case.yaw_deg)

    def rows(self) -> dict[str, dict[str, float]]:
        """Row -> count, mean, median, the mean of each yaw bin that has faces, and the mean of these."""
        out = {}
        for row, values in self.errors.items():
            errors, yaws = np.array(values), np.array(self.yaws[row])
            figures = {"faces": len(errors), "mean": float(errors.mean()), "median": float(np.median(errors))}
            bins = []
            for low, high in YAW_BINS:
                inside = (yaws > low if low else yaws >= 0) & (yaws <= high)
                if inside.any():
                    bins.append(float(errors[inside].mean()))
                    figures[f"yaw {low}-{high}"] = bins[-1]
                    figures[f"yaw {low}-{high} faces"] = int(inside.sum())
            if bins:
                figures["balanced mean"] = float(np.mean(bins))
            out[row] = figures
        return out

    def show(self, title: str) -> None:
        """Print the table."""
        print(f"{title}: {self.faces} faces, {len(self.missed)} missed {' '.join(self.missed)}")
        for row, figures in self.rows().items():
            bins = [f"{low}-{high}" for low, high in YAW_BINS if f"yaw {low}-{high}" in figures]
            text = " ".join(f"{b}: {figures[f'yaw {b}']:.3f} ({figures[f'yaw {b} faces']})" for b in bins)
            print(
                f"  {row:38s} {figures['faces']:4d} {figures['mean']:7.3f} {figures['median']:7.3f}  {text}"
            )

    def missed_of(self, row: str) -> int:
        """Faces of the row's set that were not found."""
        return sum(row.startswith(name.split("/")[0]) for name in self.missed)


def measure(
    faces: Iterable[Case],
    predict: Predict,
    peer: Mb05 | None = None,
    watch: Callable[[Case, Array, int], None] | None = None,
) -> tuple[Table, Table]:
    """Our table and the peer's over the same pictures.

    `watch` is called for each face that was found: its case, the picture, index among the found ones.
    """
    ours, theirs = Table(), Table()
    for case in faces:
        picture = read(case.picture)
        found = predict(picture)
        index = which(found, case.points)
        ours.add(case, None if index is None else found[index])
        if peer is not None:
            theirs.add(case, peer(picture, case.points))
        if watch is not None and index is not None:
            watch(case, picture, index)
    return ours, theirs


def bounded(table: Table, peer: Table | None = None) -> dict[str, float]:
    """The landmark figures that benchmarks/bounds.toml bounds."""
    rows = table.rows()
    wanted = {
        "aflw2000_aligned": ("aflw2000_aligned aligned", "mean"),
        "aflw2000_reannotated": ("aflw2000_aligned re-annotated, aligned", "mean"),
        "aflw2000_exact": ("aflw2000_exact exact", "mean"),
        "aflw_merl_visible_inner": ("aflw_merl visible inner", "mean"),
        "facesynthetics_inner": ("facesynthetics inner exact", "mean"),
        "cfp_profile_median": ("cfp profile", "median"),
        "cfp_frontal_median": ("cfp frontal", "median"),
    }
    figures = {name: rows[row][kind] for name, (row, kind) in wanted.items() if row in rows}
    theirs = {} if peer is None else peer.rows()
    row = "aflw2000_aligned aligned"
    if row in rows and row in theirs:
        bins = [f"yaw {low}-{high}" for low, high in YAW_BINS if f"yaw {low}-{high}" in rows[row]]
        figures["aflw2000_worst_bin_to_mb05"] = max(rows[row][b] / theirs[row][b] for b in bins)
    return figures | {"missed": len(table.missed) / max(table.faces, 1)}


def curves(ours: Table, theirs: Table) -> dict[str, dict[str, tuple[Array, int]]]:
    """Row -> predictor -> (errors, faces missed), as error_curve.draw takes them."""
    out: dict[str, dict[str, tuple[Array, int]]] = {}
    for row, errors in ours.errors.items():
        out[row] = {"FaceSDK": (np.array(errors), ours.missed_of(row))}
        if row in theirs.errors:
            out[row]["mb05, true crop"] = (np.array(theirs.errors[row]), 0)
    return out
