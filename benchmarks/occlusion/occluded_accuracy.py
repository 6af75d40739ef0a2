"""Accuracy with part of the face covered: aligned NME on aflw2000_aligned, uncovered and under each occluder.

Ours from the whole covered picture with our own detector, misses listed; mb05 with the crop from the true
points. The occluders are in occluders.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.evaluation_sets import Case
from benchmarks.metrics.landmark_errors import Array
from benchmarks.occlusion.occluders import Templates, blobs
from benchmarks.predictors import Mb05, Predict, choose, read

ROW = "aflw2000_aligned aligned"
Cover = Callable[[Array, Array, int], Array]  # picture, true points, number of the picture -> picture


def covers(templates: Path | None) -> dict[str, Cover]:
    """The occluders by name; mask and sunglasses need the templates."""
    found: dict[str, Cover] = {
        "uncovered": lambda picture, points, number: picture,
        "blobs 20 %": lambda picture, points, number: blobs(picture, points, 20, number),
        "blobs 40 %": lambda picture, points, number: blobs(picture, points, 40, number),
    }
    if templates is not None and templates.is_dir():
        stored = Templates(templates)
        found["mask"] = stored.mask
        found["sunglasses"] = lambda picture, points, number: stored.sunglasses(picture, points)
    else:
        print("templates of masks and glasses: not found, left out")
    return found


class Occlusion:
    """Errors by occluder of ours and of mb05, and the faces that our detector missed."""

    def __init__(self) -> None:
        self.ours: dict[str, list[float]] = {}
        self.mb05: dict[str, list[float]] = {}
        self.missed: dict[str, list[str]] = {}

    def measure(
        self, faces: Iterable[Case], cover: dict[str, Cover], predict: Predict, peer: Mb05 | None
    ) -> None:
        """Every face under every occluder; the number of a picture is its place in the set."""
        for number, case in enumerate(faces):
            picture = read(case.picture)
            for name, put in cover.items():
                covered = np.ascontiguousarray(put(picture, case.points, number))
                found = choose(predict(covered), case.points)
                if found is None:
                    self.missed.setdefault(name, []).append(case.picture.name)
                else:
                    self.ours.setdefault(name, []).append(case.score(found)[ROW])
                if peer is not None:
                    error = case.score(peer(covered, case.points))[ROW]
                    self.mb05.setdefault(name, []).append(error)

    def figures(self) -> dict[str, float]:
        """Means, shares missed, and the ratios to uncovered that bounds.toml bounds."""
        out: dict[str, float] = {}
        for predictor, rows in (("", self.ours), ("mb05 ", self.mb05)):
            for name, errors in rows.items():
                out[predictor + name] = float(np.mean(errors))
                if "uncovered" in rows:
                    out[f"{predictor}{name} to uncovered"] = float(
                        np.mean(errors) / np.mean(rows["uncovered"])
                    )
        for name, errors in self.ours.items():
            missed = len(self.missed.get(name, []))
            out[f"{name} missed"] = missed / (missed + len(errors))
        return out

    def show(self) -> None:
        """Print the table."""
        figures = self.figures()
        print("Occlusion, aflw2000_aligned, aligned NME (mean, to uncovered; ours: share missed)")
        for name in self.ours:
            peer = f"mb05 {name}"
            text = f"  {name:14s} ours {figures[name]:6.3f} {figures[f'{name} to uncovered']:6.3f}"
            text += f"  missed {100 * figures[f'{name} missed']:4.1f} %"
            if peer in figures:
                text += f"   mb05 {figures[peer]:6.3f} {figures[f'{peer} to uncovered']:6.3f}"
            print(text)
        for name, files in self.missed.items():
            print(f"  missed under {name}: {' '.join(files)}")
