"""Accuracy from the whole picture, beside 3DDFA_V2's mb05 with the crop from the true points, in one run.

A face that was not found is listed and has no error; the share of such faces is a figure of its own.
"""

from __future__ import annotations

import contextlib
import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from benchmarks.accuracy import expression as expressions
from benchmarks.accuracy.confidence import Confidence
from benchmarks.accuracy.error_curve import draw
from benchmarks.accuracy.expression import Expression
from benchmarks.accuracy.identity import AS_GIVEN, CODE, IN_DEVIATIONS, Identity, label_deviations
from benchmarks.accuracy.landmark_table import bounded, curves, measure
from benchmarks.accuracy.rendering import Rendering
from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.evaluation_sets import Case, cases, thinned
from benchmarks.face_embedding import FaceEmbedding, five_points
from benchmarks.metrics.landmark_errors import Array
from benchmarks.occlusion.occluded_accuracy import Occlusion, covers
from benchmarks.predictors import Mb05, Ours, read
from benchmarks.video.jitter import Jitter, frames

if TYPE_CHECKING:
    from facesdk.result import Face


class Part(str, enum.Enum):
    """The parts of the benchmark."""

    LANDMARKS = "landmarks"
    CONFIDENCE = "confidence"
    OCCLUSION = "occlusion"
    RENDERING = "rendering"
    IDENTITY = "identity"
    EXPRESSION = "expression"
    JITTER = "jitter"


RENDERED_PX = 168  # beside the network's input size
VIDEO_STEP = 1  # every so many frames of a clip count as photos for the expressions: blinks are short


class Run:
    """One run over the data: predictors, parts, and the figures measured so far."""

    def __init__(
        self, data: Path, parts: tuple[Part, ...], limit: int | None, network: str | None, peer: bool
    ) -> None:
        self.data, self.parts, self.limit = data, parts, limit
        self.shared = data.resolve().parent
        self.ours = Ours(network)
        teachers = self.shared / "teachers"
        self.peer = Mb05(teachers) if teachers.is_dir() and peer else None
        self.embedding: FaceEmbedding | None = None
        if (teachers / "mobilefacenet_112x96_emb128.onnx").is_file():
            self.embedding = FaceEmbedding(teachers / "mobilefacenet_112x96_emb128.onnx")
        self.teacher: expressions.Teacher | None = None
        self.expression = Expression()
        self.report: dict[str, Any] = {}
        self.figures: dict[str, float] = {}

    def measure(self, sets: tuple[str, ...], picture: Path | None) -> None:
        """Measure the chosen parts; picture: where the error curves go."""
        parts = set(self.parts)
        if {Part.LANDMARKS, Part.CONFIDENCE, Part.EXPRESSION} & parts:
            self.landmarks(sets, picture)
        if Part.OCCLUSION in parts:
            self.occlusion()
        if {Part.RENDERING, Part.IDENTITY, Part.EXPRESSION} & parts:
            self.people()
        if {Part.JITTER, Part.EXPRESSION} & parts:
            self.video()
        if Part.EXPRESSION in parts:
            self.expression.show()
            self.report["expression"] = {
                **self.expression.figures(),
                "shapes": {name: list(row) for name, row in self.expression.correlations().items()},
            }

    def landmarks(self, sets: tuple[str, ...], picture: Path | None) -> None:
        """NME, and confidence and expression of the same faces."""
        confidence = Confidence()

        def watch(case: Case, photo: Array, index: int) -> None:
            face = self.ours.faces[index]
            if case.hand is None:
                return
            confidence.add(face, case.points, aligned=case.set_name == "aflw2000_aligned")
            if Part.EXPRESSION in self.parts:
                self.expression.add(face, self.teacher and self.teacher(photo), case.hand)

        every = thinned(cases(self.data, sets), self.limit)
        ours, theirs = measure(every, self.ours, self.peer, watch)
        if Part.LANDMARKS in self.parts:
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
        if Part.CONFIDENCE in self.parts:
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
            if Part.RENDERING in self.parts:
                rendering.add(face)
            if Part.IDENTITY in self.parts:
                identity.add(str(person), self._identity_vectors(face, picture, box, deviations))
            if Part.EXPRESSION in self.parts:
                self.expression.add(face, self.teacher and self.teacher(picture))
        print(f"lfw_identities: {len(rows)} photos, {len(missed)} missed {' '.join(missed)}")
        rendering.show()
        identity.show()
        self.report |= {"rendering": rendering.figures(), "identity": identity.figures()}
        self.figures |= bounded_people(rendering, identity, size)

    def _identity_vectors(
        self, face: Face, picture: Array, box: Array, deviations: Array
    ) -> dict[str, Array]:
        """Identity vectors of one photo by predictor."""
        vectors: dict[str, Array] = {CODE: face.identity_code, AS_GIVEN: face.identity}
        vectors[IN_DEVIATIONS] = face.identity / deviations
        if self.peer is not None:
            vectors["mb05, shape in deviations"] = self.peer.from_box(picture, box)[1][12:52]
        if self.embedding is not None:
            five = five_points(face.landmarks_px)
            vectors["identity teacher, the photo itself"] = self.embedding(picture, five)
        return vectors

    def video(self) -> None:
        """Jitter, and frames as photos for the expressions."""
        clips = sorted((self.shared / "video").glob("*.mp4"))
        if not clips:
            print("video: no clips found, left out")
        jitter = Jitter()
        for clip in clips:
            most = None if self.limit is None else 2 * self.limit
            if Part.JITTER in self.parts:
                jitter.measure(clip, self.ours.sdk, self.peer, most)
            if self.teacher is not None and Part.EXPRESSION in self.parts:
                for number, picture in enumerate(frames(clip, most)):
                    if number % VIDEO_STEP == 0 and self.ours(picture):
                        self.expression.add(self.ours.faces[0], self.teacher(picture))
        if Part.JITTER in self.parts and jitter.clips:
            jitter.show()
            self.report["jitter"] = {"clips": jitter.clips, **jitter.figures()}


def bounded_people(rendering: Rendering, identity: Identity, size: int) -> dict[str, float]:
    """The figures of rendering and identity that benchmarks/bounds.toml bounds."""
    figures = {}
    means = rendering.figures()
    for side, px in (("input", size), (str(RENDERED_PX), RENDERED_PX)):
        for name in ("PSNR", "SSIM", "L1"):
            if f"{name} {px}" in means:
                figures[f"{name.lower()}_{side}"] = means[f"{name} {px}"]
    ours = identity.figures().get(CODE, {})
    for name, figure in (("accuracy", "lfw_accuracy"), ("AUC", "lfw_auc"), ("rank 1", "lfw_rank_1")):
        if name in ours:
            figures[figure] = ours[name]
    return figures


def accuracy(
    data: Annotated[Path, typer.Option(help="folder laid out like eval/")] = DATA,
    part: Annotated[list[Part] | None, typer.Option(help="may be repeated; all by default")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="only these sets of landmarks")] = None,
    limit: Annotated[int | None, typer.Option(help="faces per set and people, for a short run")] = None,
    network: Annotated[str | None, typer.Option(help="an ONNX file in place of the bundled network")] = None,
    peer: Annotated[bool, typer.Option("--peer/--no-peer", help="measure mb05 beside ours")] = True,
    mediapipe_python: Annotated[Path | None, typer.Option(help="Python of the expression teacher")] = None,
    picture: Annotated[Path | None, typer.Option(help="write the cumulative error curves")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure landmarks, confidence, occlusion, rendering, identity, expression and jitter, beside mb05."""
    if not data.is_dir():
        raise SystemExit(f"{data}: no such folder; give --data or set FACESDK_DATA")
    parts = tuple(part or Part)
    run = Run(data, parts, limit, network, peer)
    with contextlib.ExitStack() as stack:
        if Part.EXPRESSION in parts and mediapipe_python is not None:
            task = run.shared / "teachers" / "face_landmarker.task"
            run.teacher = expressions.teacher(stack.enter_context(expressions.worker(mediapipe_python, task)))
        run.measure(tuple(sets or ()), picture)
    if json_file:
        json_file.write_text(json.dumps(run.report | {"bounded": run.figures}, indent=1) + "\n")
    if check_bounds and not check("accuracy", run.figures):
        raise typer.Exit(1)
