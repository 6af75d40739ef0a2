"""Landmark accuracy from the whole picture, beside 3DDFA_V2's mb05 with the crop from the true points.

python -m benchmarks.bench_accuracy --data DIR [--json FILE] [--check] [--network FILE] [--sets NAME ...]

DIR is laid out like eval/; mb05 is read from ../teachers beside it where that is present. A face that was
not found is listed and has no error; the share of such faces is a figure of its own. Per cent of the box,
mean and median.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy_sets import Case, cases
from benchmarks.check import check
from benchmarks.measures import Array
from benchmarks.predictors import Mb05, Predict, choose, our_chain

YAW_BINS = ((0, 30), (30, 60), (60, 90))
DATA = Path(os.environ.get("FACESDK_DATA", Path(__file__).parents[2] / "shared" / "data")) / "eval"


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
        """Row -> count, mean, median, and the mean of each yaw bin that has faces."""
        out = {}
        for row, values in self.errors.items():
            errors, yaws = np.array(values), np.array(self.yaws[row])
            figures = {"faces": len(errors), "mean": float(errors.mean()), "median": float(np.median(errors))}
            for low, high in YAW_BINS:
                inside = (yaws > low if low else yaws >= 0) & (yaws <= high)
                if inside.any():
                    figures[f"yaw {low}-{high}"] = float(errors[inside].mean())
                    figures[f"yaw {low}-{high} faces"] = int(inside.sum())
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


def measure(faces: Iterable[Case], predict: Predict, peer: Mb05 | None = None) -> tuple[Table, Table]:
    """Our table and the peer's over the same pictures."""
    ours, theirs = Table(), Table()
    for case in faces:
        bgr = cv2.imread(str(case.picture))
        if bgr is None:
            raise SystemExit(f"{case.picture}: cannot be read")
        picture = np.ascontiguousarray(bgr[:, :, ::-1])
        ours.add(case, choose(predict(picture), case.points))
        if peer is not None:
            theirs.add(case, peer(picture, case.points))
    return ours, theirs


def bounded(table: Table) -> dict[str, float]:
    """The figures that benchmarks/bounds.toml bounds."""
    rows = table.rows()
    wanted = {
        "aflw2000_aligned": ("aflw2000_aligned aligned", "mean"),
        "aflw_merl_visible_inner": ("aflw_merl visible inner", "mean"),
        "facesynthetics_inner": ("facesynthetics inner exact", "mean"),
        "cfp_profile_median": ("cfp profile", "median"),
    }
    figures = {name: rows[row][kind] for name, (row, kind) in wanted.items() if row in rows}
    return figures | {"missed": len(table.missed) / max(table.faces, 1)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--network", help="an ONNX file in place of the bundled network")
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets")
    parser.add_argument("--no-peer", action="store_true", help="leave mb05 out")
    args = parser.parse_args()
    if not args.data.is_dir():
        raise SystemExit(f"{args.data}: no such folder; give --data or set FACESDK_DATA")
    teachers = args.data.resolve().parent / "teachers"
    peer = Mb05(teachers) if teachers.is_dir() and not args.no_peer else None
    ours, theirs = measure(cases(args.data, tuple(args.sets)), our_chain(args.network), peer)
    ours.show("FaceSDK, whole picture, own detector")
    if peer is not None:
        theirs.show("mb05, crop from the true points")
    figures = bounded(ours)
    if args.json:
        content = {"faces": ours.faces, "missed": ours.missed, "ours": ours.rows(), "mb05": theirs.rows()}
        args.json.write_text(json.dumps(content | {"bounded": figures}, indent=1) + "\n")
    if args.check and not check("accuracy", figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
