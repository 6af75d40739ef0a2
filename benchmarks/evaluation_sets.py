"""The evaluation sets of the accuracy table: for each picture the true points, and how to score 68 found
ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.metrics.landmark_errors import Array, align, box_size, nme
from benchmarks.metrics.landmark_sets import CFP_HALF, INNER
from facesdk.core.landmarks import MIRROR_68

Score = Callable[[Array], dict[str, float]]


@dataclass(frozen=True)
class Case:
    """One labelled face; `score` turns 68 found points into figures by row of the table."""

    set_name: str
    picture: Path
    points: Array  # (n, 2) true points that exist, for the crop of peers and to choose the face
    score: Score
    yaw_deg: float = float("nan")
    hand: Array | None = None  # (68, 2) points by hand or exact, for the opening of eyes and mouth


def cases(data: Path, sets: tuple[str, ...] = ()) -> Iterator[Case]:
    """All faces of the sets under `data` (a folder like eval/), or of the named ones."""
    makers = {
        "aflw2000_aligned": aflw2000,
        "aflw2000_exact": aflw2000,
        "facesynthetics": facesynthetics,
        "aflw_merl": aflw_merl,
        "cfp": cfp,
    }
    for name, make in makers.items():
        if not sets or name in sets:
            yield from make(data / name)


def thinned(faces: Iterator[Case], limit: int | None) -> Iterator[Case]:
    """At most `limit` faces of each set, spread evenly; all of them for None."""
    if limit is None:
        yield from faces
        return
    for _, group in itertools.groupby(faces, key=lambda case: case.set_name):
        members = list(group)
        step = max(len(members) / limit, 1.0)
        yield from (members[int(i * step)] for i in range(min(limit, len(members))))


def _labels(folder: Path) -> dict[str, Array]:
    with np.load(folder / "labels.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def aflw2000(folder: Path) -> Iterator[Case]:
    """3D-consistent points and the re-annotated ones; aligned figures for the set whose storage lost the
    frame."""
    labels, name = _labels(folder), folder.name
    for i, file in enumerate(labels["files"]):
        true = labels["points3d68"][i, :, :2].astype(float)
        again = labels["points68_reannotated"][i].astype(float)

        def score(found: Array, true: Array = true, again: Array = again) -> dict[str, float]:
            return {
                f"{name} exact": nme(found, true, box_size(true)),
                f"{name} aligned": nme(align(found, true), true, box_size(true)),
                f"{name} re-annotated, aligned": nme(align(found, again), again, box_size(again)),
            }

        yaw = float(abs(labels["yaw_deg"][i]))
        yield Case(name, folder / "images" / str(file), true, score, yaw, again)


def facesynthetics(folder: Path) -> Iterator[Case]:
    """Renders with exact points, hidden ones included."""
    labels = _labels(folder)
    for i, file in enumerate(labels["files"]):
        true = labels["points68"][i].astype(float)

        def score(found: Array, true: Array = true) -> dict[str, float]:
            return {
                "facesynthetics 68 exact": nme(found, true, box_size(true)),
                "facesynthetics inner exact": nme(found[INNER], true[INNER], box_size(true)),
            }

        yield Case("facesynthetics", folder / "images" / str(file), true, score, hand=true)


def aflw_merl(folder: Path) -> Iterator[Case]:
    """Hand-made points: the visible inner ones count, since the jaw's slide along the contour."""
    labels = _labels(folder)
    for i, file in enumerate(labels["files"]):
        true = labels["points68"][i].astype(float)
        known = np.isfinite(true[:, 0])
        visible = known & (labels["visibility"][i] == 1)
        visible[:17] = False

        def score(
            found: Array, true: Array = true, known: Array = known, visible: Array = visible
        ) -> dict[str, float]:
            if visible.sum() <= 8:
                return {}
            return {"aflw_merl visible inner": nme(found[visible], true[visible], box_size(true[known]))}

        hand = true if known.all() else None
        yield Case("aflw_merl", folder / "images" / str(file), true[known], score, hand=hand)


def cfp(folder: Path) -> Iterator[Case]:
    """30 points of one half, of whichever side is shown."""
    labels = _labels(folder)
    for i, file in enumerate(labels["files"]):
        true = labels["points30"][i].astype(float)
        row = f"cfp {'profile' if labels['profile'][i] else 'frontal'}"

        def score(found: Array, true: Array = true, row: str = row) -> dict[str, float]:
            size = box_size(true)
            return {row: min(nme(found[CFP_HALF], true, size), nme(found[MIRROR_68[CFP_HALF]], true, size))}

        yield Case("cfp", folder / "images" / str(file), true, score)
