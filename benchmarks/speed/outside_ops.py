"""A tracked frame outside its ops: what the chain adds to the arithmetic, by stage.

Each pass times one FaceSDK.track(), whose stages the engine clocks, and then the ops of each stage alone on
the same face, in the frame's order. The difference of the medians is bookkeeping: crops, tracks, copies,
checks, arrays and objects for Python. Network and decoding read megabytes and are called once, with caches as
a frame leaves them; ops on small arrays are called twice and the second call counts, since Python's own start
fills the first. A stage that is faster within the engine than its ops are from Python counts as nothing. A
face's fields are made when they are read; "fields" is what a live application reads of every face.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from facesdk import FaceSDK, ops
from facesdk.core.arrays import DoubleArray, Picture
from facesdk.core.compiled import _core
from facesdk.core.crop import crop_from_landmarks
from facesdk.errors import InvalidImage
from facesdk.result import Result

WARM_UP = 40  # frames: averages of a person are renewed at the 32nd
SMALL = ("refine", "camera", "quality")  # stages whose ops read some kilobytes


class FrameOps:
    """The ops of a tracked frame by stage, on one face of a picture and its own inputs."""

    def __init__(self, sdk: FaceSDK, picture: Picture) -> None:
        faces = sdk.track(picture).faces
        if not faces:
            raise InvalidImage("speed: no face found in the picture")
        self.sdk, self.model, self.picture, self.face = sdk, sdk.model, picture, faces[0]
        self.crop = crop_from_landmarks(self.face.landmarks_px, None, sdk.regressor.input_size)
        self.x = sdk.regressor.regress(picture, [self.crop])
        self.run = sdk._engine.regressor.prepare(self.crop.size, self.crop.size)
        self.eyes = sdk._engine.eyes
        self.crop_landmarks = self._landmarks()[0]
        self.stages: dict[str, Callable[[], Any]] = {
            "network": self._network,
            "refine": self._refine,
            "decode": self._decode,
            "camera": self._camera,
            "quality": self._quality,
        }

    def _network(self) -> Any:
        crop = ops.warp(self.picture, self.crop.matrix, self.crop.size, normalize=False)
        return self.run.predict(crop[None])

    def _landmarks(self) -> Any:
        mean, bases = self.model.landmark_bases
        x, crop = self.x, self.crop
        return ops.crop_landmarks(
            mean, bases, x.identity[0], x.expression[0], x.rotation[0], x.translation_mm[0], crop.center,
            crop.side, float(np.radians(crop.roll_deg)), self.sdk.regressor.focal_ratio,
        )  # fmt: skip

    def _refine(self) -> Any:
        self._landmarks()
        if self.x.gray is not None:
            _core.eye_closure(self.eyes, self.x.gray[0], self.crop_landmarks)
        seen = self._landmarks()[0]
        return seen if self.x.points is None else ops.mean_distance(seen, self.x.points[0])

    def _decode(self) -> Any:
        return self.model.decode(self.face.identity, self.face.expression_weights, self.face.threads)

    def _camera(self) -> Any:
        model, crop, x = self.model, self.crop, self.x
        landmarks = ops.mesh_points(self.face.verts_face_mm, model.landmark_corners, model.landmark_bary)
        return ops.picture_pose(
            x.rotation[0], x.translation_mm[0], landmarks, crop.center, crop.side,
            float(np.radians(crop.roll_deg)), self.sdk.regressor.focal_ratio, self.face.pose.intrinsics,
        )  # fmt: skip

    def _quality(self) -> Any:
        return None if self.x.gray is None else ops.sharpness(self.x.gray[0])


def read_fields(result: Result) -> None:
    """Read what a live application takes from a frame."""
    for face in result:
        _ = face.landmarks_px, face.verts_face_mm, face.expression_weights, face.pose, face.quality


def outside_ops(sdk: FaceSDK, picture: Picture, runs: int) -> dict[str, dict[str, float]]:
    """Median ms of a tracked frame by stage: "frame", "ops" and what lies outside of them.

    Args:
        sdk: of one thread.
        picture: (H, W, 3) uint8 RGB with a face.
        runs: frames.

    Returns:
        Rows "detect", "network", ..., "python" (the call itself), "fields" (of the faces) and "sum".
    """
    for _ in range(WARM_UP):
        sdk.track(picture)
    alone = FrameOps(sdk, picture)
    frames: list[dict[str, float]] = []
    times: dict[str, DoubleArray] = {name: np.empty(runs) for name in alone.stages}
    for i in range(runs):
        result = sdk.track(picture)
        start = time.perf_counter()
        read_fields(result)
        fields_ms = (time.perf_counter() - start) * 1e3
        frames.append({**result.timings_ms, "fields": fields_ms})
        for name, stage in alone.stages.items():
            if name in SMALL:
                stage()
            start = time.perf_counter()
            stage()
            times[name][i] = (time.perf_counter() - start) * 1e3
    named = [name for name in frames[0] if name not in ("load", "total", "fields")]
    by_stage = {name: np.array([frame[name] for frame in frames]) for name in named}
    by_stage["python"] = np.array([frame["total"] for frame in frames]) - sum(by_stage.values())
    by_stage["fields"] = np.array([frame["fields"] for frame in frames])
    rows: dict[str, dict[str, float]] = {}
    for name, taken in by_stage.items():
        frame, own = float(np.median(taken)), float(np.median(times[name])) if name in times else 0.0
        rows[name] = {"frame": frame, "ops": own, "outside": max(0.0, frame - own)}
    rows["sum"] = {column: sum(row[column] for row in rows.values()) for column in rows["python"]}
    return rows


def show_outside(rows: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    print("per frame outside the ops, medians in ms")
    print(f"  {'stage':12}{'frame':>9}{'ops':>9}{'outside':>9}")
    for name, row in rows.items():
        print(f"  {name:12}{row['frame']:9.3f}{row['ops']:9.3f}{row['outside']:9.3f}")
