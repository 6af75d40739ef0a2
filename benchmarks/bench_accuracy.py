"""Accuracy from the whole picture, beside 3DDFA_V2's mb05 with the crop from the true points, in one run.

python -m benchmarks.bench_accuracy --data DIR [--parts NAME ...] [--json FILE] [--picture FILE] [--check]

DIR is laid out like eval/; the teachers, the templates of masks and the clips are read from beside it where
they are present, and what is absent is left out and says so. Parts, each in a file of that name:

landmarks   NME by set and by yaw, mean and median, per cent of the box; the cumulative error curve (curve)
confidence  predicted against true error
occlusion   blobs, masks and sunglasses put on the faces
rendering   photo against rendering, at the network's input size and at 168 px
identity    verification and retrieval by the identity coefficients
expression  eyes, mouth, each ARKit weight; needs MediaPipe's Python for the teacher
steadiness  acceleration of the landmarks in video

A face that was not found is listed and has no error; the share of such faces is a figure of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import expression as expressions
from benchmarks.accuracy_sets import Case, cases, thinned
from benchmarks.check import check
from benchmarks.confidence import Confidence
from benchmarks.curve import draw
from benchmarks.expression import Expression
from benchmarks.face_embedding import FaceEmbedding, five_points
from benchmarks.identity import AS_GIVEN, CODE, IN_DEVIATIONS, Identity, label_deviations
from benchmarks.measures import Array
from benchmarks.occlusion import Occlusion, covers
from benchmarks.predictors import Mb05, Ours, Predict, read, which
from benchmarks.rendering import Rendering
from benchmarks.steadiness import Steadiness, frames

YAW_BINS = ((0, 30), (30, 60), (60, 90))
PARTS = ("landmarks", "confidence", "occlusion", "rendering", "identity", "expression", "steadiness")
RENDERED_PX = 168  # beside the network's input size
VIDEO_STEP = 1  # every so many frames of a clip count as photos for the expressions: blinks are short
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

    `watch` is told of each face that was found: its case, the picture, which of the found ones it is.
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


class Run:
    """One run over the data: what is at hand, what was measured."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.data: Path = args.data
        self.parts: tuple[str, ...] = tuple(args.parts)
        self.limit: int | None = args.limit
        self.shared = args.data.resolve().parent
        self.ours = Ours(args.network)
        teachers = self.shared / "teachers"
        self.peer = Mb05(teachers) if teachers.is_dir() and not args.no_peer else None
        self.embedding: FaceEmbedding | None = None
        if (teachers / "mobilefacenet_112x96_emb128.onnx").is_file():
            self.embedding = FaceEmbedding(teachers / "mobilefacenet_112x96_emb128.onnx")
        self.teacher: expressions.Teacher | None = None
        self.expression = Expression()
        self.report: dict[str, Any] = {}
        self.figures: dict[str, float] = {}

    def landmarks(self, sets: tuple[str, ...], picture: Path | None) -> None:
        """NME, and what the same faces say of confidence and expression."""
        confidence = Confidence()

        def watch(case: Case, photo: Array, index: int) -> None:
            face = self.ours.faces[index]
            if case.hand is None:
                return
            confidence.add(face, case.points, aligned=case.set_name == "aflw2000_aligned")
            if "expression" in self.parts:
                self.expression.add(face, self.teacher and self.teacher(photo), case.hand)

        every = thinned(cases(self.data, sets), self.limit)
        ours, theirs = measure(every, self.ours, self.peer, watch)
        if "landmarks" in self.parts:
            ours.show("FaceSDK, whole picture, own detector")
            if self.peer is not None:
                theirs.show("mb05, crop from the true points")
            if picture is not None:
                draw(curves(ours, theirs), picture)
                print(f"  cumulative error curves: {picture.name}")
            self.report["landmarks"] = {"faces": ours.faces, "missed": ours.missed}
            self.report["landmarks"] |= {"ours": ours.rows(), "mb05": theirs.rows()}
            self.figures |= bounded(ours, theirs)
            self._tiny()
        if "confidence" in self.parts:
            confidence.show()
            self.report["confidence"] = confidence.figures()

    def _tiny(self) -> None:
        """NME of the small network."""
        every = thinned(cases(self.data, ("aflw2000_aligned",)), self.limit)
        small, _ = measure(every, Ours(preset="tiny"))
        small.show("preset tiny, whole picture, own detector")
        self.report["tiny"] = small.rows()
        figure = bounded(small).get("aflw2000_aligned")
        if figure is not None:
            self.figures["tiny_aflw2000_aligned"] = figure

    def occlusion(self) -> None:
        """Covered faces."""
        found = Occlusion()
        every = thinned(cases(self.data, ("aflw2000_aligned",)), self.limit)
        put = covers(self.shared / "occluders" / "templates")
        found.measure(every, put, self.ours, self.peer)
        found.show()
        figures = found.figures()
        self.report["occlusion"] = figures
        for name, row in {
            "blobs_20": "blobs 20 %",
            "blobs_40": "blobs 40 %",
            "mask_to_uncovered": "mask to uncovered",
            "sunglasses_to_uncovered": "sunglasses to uncovered",
        }.items():
            if row in figures:
                self.figures[name] = figures[row]

    def people(self) -> None:
        """Rendering, identity and expression over the photos of lfw_identities."""
        size = self.ours.sdk.regressor.input_size
        rendering, identity = Rendering((size, RENDERED_PX), self.embedding), Identity()
        folder = self.data / "lfw_identities"
        with np.load(folder / "labels.npz", allow_pickle=False) as labels:
            rows = list(zip(labels["files"], labels["box"], labels["subject"], strict=True))
        if self.limit:
            rows = rows[: 3 * self.limit]  # three photos a person
        missed = []
        deviations = label_deviations()
        for file, box, person in rows:
            picture = read(folder / "images" / str(file))
            corners = np.array([box[:2], box[:2] + box[2:]], float)
            face = self.ours.face(picture, corners)
            if face is None:
                missed.append(str(file))
                continue
            if "rendering" in self.parts:
                rendering.add(face)
            if "identity" in self.parts:
                vectors: dict[str, Array] = {CODE: face.identity_code, AS_GIVEN: face.identity}
                vectors[IN_DEVIATIONS] = face.identity / deviations
                if self.peer is not None:
                    vectors["mb05, shape in deviations"] = self.peer.from_box(picture, box)[1][12:52]
                if self.embedding is not None:
                    vectors["identity teacher, the photo itself"] = self.embedding(
                        picture, five_points(face.landmarks_px)
                    )
                identity.add(str(person), vectors)
            if "expression" in self.parts:
                self.expression.add(face, self.teacher and self.teacher(picture))
        print(f"lfw_identities: {len(rows)} photos, {len(missed)} missed {' '.join(missed)}")
        rendering.show()
        identity.show()
        self.report |= {"rendering": rendering.figures(), "identity": identity.figures()}
        for side, px in (("input", size), (str(RENDERED_PX), RENDERED_PX)):
            for name in ("PSNR", "SSIM", "L1"):
                if f"{name} {px}" in rendering.values:
                    self.figures[f"{name.lower()}_{side}"] = rendering.figures()[f"{name} {px}"]
        mine = identity.figures().get(CODE, {})
        for name, figure in (("accuracy", "lfw_accuracy"), ("AUC", "lfw_auc"), ("rank 1", "lfw_rank_1")):
            if name in mine:
                self.figures[figure] = mine[name]

    def video(self) -> None:
        """Steadiness, and frames as photos for the expressions."""
        clips = sorted((self.shared / "video").glob("*.mp4"))
        if not clips:
            print("video: no clips found, left out")
        steadiness = Steadiness()
        for clip in clips:
            most = None if self.limit is None else 2 * self.limit
            if "steadiness" in self.parts:
                steadiness.measure(clip, self.ours.sdk, self.peer, most)
            if self.teacher is not None and "expression" in self.parts:
                for number, picture in enumerate(frames(clip, most)):
                    if number % VIDEO_STEP == 0 and self.ours(picture):
                        self.expression.add(self.ours.faces[0], self.teacher(picture))
        if "steadiness" in self.parts and steadiness.clips:
            steadiness.show()
            self.report["steadiness"] = {"clips": steadiness.clips, **steadiness.figures()}


def curves(ours: Table, theirs: Table) -> dict[str, dict[str, tuple[Array, int]]]:
    """What curve.draw takes."""
    out: dict[str, dict[str, tuple[Array, int]]] = {}
    for row, errors in ours.errors.items():
        out[row] = {"FaceSDK": (np.array(errors), ours.missed_of(row))}
        if row in theirs.errors:
            out[row]["mb05, true crop"] = (np.array(theirs.errors[row]), 0)
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="write the cumulative error curves")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--network", help="an ONNX file in place of the bundled network")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets of landmarks")
    parser.add_argument("--limit", type=int, help="faces per set and people, for a quick look")
    parser.add_argument("--no-peer", action="store_true", help="leave mb05 out")
    parser.add_argument("--mediapipe-python", type=Path, help="of the environment of the expression teacher")
    args = parser.parse_args()
    if not args.data.is_dir():
        raise SystemExit(f"{args.data}: no such folder; give --data or set FACESDK_DATA")
    run = Run(args)
    with contextlib.ExitStack() as stack:
        if "expression" in args.parts and args.mediapipe_python is not None:
            task = run.shared / "teachers" / "face_landmarker.task"
            process = stack.enter_context(expressions.worker(args.mediapipe_python, task))
            run.teacher = expressions.teacher(process)
        if {"landmarks", "confidence", "expression"} & set(args.parts):
            run.landmarks(tuple(args.sets), args.picture)
        if "occlusion" in args.parts:
            run.occlusion()
        if {"rendering", "identity", "expression"} & set(args.parts):
            run.people()
        if {"steadiness", "expression"} & set(args.parts):
            run.video()
        if "expression" in args.parts:
            run.expression.show()
            run.report["expression"] = {
                **run.expression.figures(),
                "shapes": {name: list(row) for name, row in run.expression.correlations().items()},
            }
    if args.json:
        args.json.write_text(json.dumps(run.report | {"bounded": run.figures}, indent=1) + "\n")
    if args.check and not check("accuracy", run.figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
