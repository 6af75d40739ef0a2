"""What `facesdk bench` prints: each stage of a tracked frame, checked against its NumPy twin, then timed.

The stages are those of a tracked frame: crop, network, decode, light (camera and normals with it), picture.
Times are wall-clock milliseconds of single calls after a warm-up; a stage whose output is not its twin's is
not timed.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import ops, reference
from facesdk.camera import crop_intrinsics
from facesdk.crop import crop_from_landmarks, roll_from_landmarks
from facesdk.errors import FaceSDKError, InvalidImage
from facesdk.io.image import Picture
from facesdk.regress import Coefficients
from facesdk.sdk import FaceSDK

FloatArray = npt.NDArray[np.float32]

PICTURE_PX = 224  # side of the picture that a tracked frame draws
WARM_UP = 3


@dataclasses.dataclass(frozen=True)
class Stage:
    """One stage with its inputs bound."""

    name: str
    run: Callable[[], Any]
    twin: Callable[[], Any] | None = None  # the same in NumPy, where there is a twin
    tolerance: float = 0.0  # largest difference allowed, in the unit of the output

    def difference(self) -> float:
        """Largest difference between the stage and its twin; 0 without one."""
        if self.twin is None:
            return 0.0
        return largest_difference(self.run(), self.twin())


def largest_difference(ours: Any, twin: Any) -> float:
    """Largest absolute difference of two arrays, or of two tuples of arrays of which some may be None."""
    if isinstance(ours, tuple):
        pairs = zip(ours, twin, strict=True)
        return max(largest_difference(a, b) for a, b in pairs if a is not None and b is not None)
    return float(np.abs(np.asarray(ours, np.float64) - np.asarray(twin, np.float64)).max(initial=0.0))


class TrackedFrame:
    """A tracked frame of one picture by the ops alone: warp, network, decode, light, picture.

    The crop comes from the face's landmarks, as from the frame before; albedo is a person's and is kept.
    """

    def __init__(self, sdk: FaceSDK, picture: Picture, side: int = PICTURE_PX) -> None:
        faces = sdk.reconstruct(picture).faces
        if not faces:
            raise InvalidImage("bench: no face found in the picture")
        self.sdk, self.model, self.picture, self.side = sdk, sdk.model, picture, side
        self.threads = sdk.options.threads
        self.landmarks_px = faces[0].landmarks_px
        self.albedo = faces[0].albedo
        self.intrinsics = crop_intrinsics(side, sdk.regressor.focal_ratio)
        self.steps: dict[str, Callable[[], Any]] = {
            "warp": self._warp,
            "network": self._network,
            "decode": self._decode,
            "light": self._light,
            "rasterize": self._rasterize,
        }
        self.run()

    def run(self) -> FloatArray:
        """The whole frame -> (side, side, 3) colours; every step keeps what it made for the next."""
        drawn = None
        for step in self.steps.values():
            drawn = step()
        assert isinstance(drawn, ops.Raster)
        assert drawn.color is not None
        return drawn.color

    def laps(self, runs: int) -> dict[str, float]:
        """Median ms of each step within whole frames, where each finds its caches as the others left them."""
        times = np.empty((runs, len(self.steps)))
        for row in times:
            for i, step in enumerate(self.steps.values()):
                start = time.perf_counter()
                step()
                row[i] = (time.perf_counter() - start) * 1e3
        return dict(zip(self.steps, np.median(times, axis=0).tolist(), strict=True))

    def stages(self) -> list[Stage]:
        """The stages in their order, and the whole."""
        model, x, size = self.model, self.x, self.crop.size

        def decoded() -> FloatArray:
            return Dense(self.sdk.options.face_model).decode(x.identity, x.expression)

        def lit() -> Any:
            return reference.shade_and_project(
                self.verts, model.triangles, x.rotation, x.translation_mm, self.intrinsics, self.albedo, x.sh
            )

        def rasterized() -> Any:
            return reference.rasterize(
                self.points, model.triangles, self.side, self.side,
                colors=self.colors, want=("color", "depth"),
            )  # fmt: skip

        return [
            Stage(
                "warp", self._warp, lambda: reference.warp(self.picture, self.crop.matrix, size)[None], 1e-4
            ),
            Stage("network", self._network),
            Stage("decode", self._decode, decoded, 0.05),
            Stage("light", self._light, lit, 1e-3),  # px, mm at a depth of a metre, and colours
            Stage("rasterize", self._rasterize, rasterized, 1e-3),
            Stage("frame", self.run),
        ]

    def _warp(self) -> FloatArray:
        roll = roll_from_landmarks(self.landmarks_px)
        self.crop = crop_from_landmarks(self.landmarks_px, roll, self.sdk.regressor.input_size)
        self.tensor: FloatArray = ops.warp(self.picture, self.crop.matrix, self.crop.size)[None]
        return self.tensor

    def _network(self) -> Coefficients:
        self.x = self.sdk.regressor(self.tensor)[0]
        return self.x

    def _decode(self) -> FloatArray:
        self.verts = self.model.decode(self.x.identity, self.x.expression, threads=self.threads)
        return self.verts

    def _light(self) -> tuple[FloatArray, FloatArray]:
        self.points, self.colors = ops.shade_and_project(
            self.verts, self.model.triangles, self.x.rotation, self.x.translation_mm, self.intrinsics,
            self.albedo, self.x.sh, threads=self.threads,
        )  # fmt: skip
        return self.points, self.colors

    def _rasterize(self) -> ops.Raster:
        return ops.rasterize(
            self.points, self.model.triangles, self.side, self.side,
            colors=self.colors, want=("color", "depth"), threads=self.threads,
        )  # fmt: skip


class TrackedVideo:
    """`FaceSDK.track()` on the same frame again and again, and the face's picture: what a viewer would run.

    A person's albedo is worked out again only when the track has changed it.
    """

    def __init__(self, sdk: FaceSDK, picture: Picture, side: int = PICTURE_PX) -> None:
        self.sdk, self.picture, self.side = sdk, picture, side
        self._albedo = self._albedo_of = np.zeros(0, np.float32)
        for _ in range(WARM_UP):
            self.run()

    def run(self) -> FloatArray:
        """One frame -> (side, side, 3) colours of the surroundings of the face, upright with the picture."""
        faces = self.sdk.track(self.picture).faces
        if not faces:
            raise InvalidImage("bench: track() found no face in the picture")
        face, threads = faces[0], self.sdk.options.threads
        if not np.array_equal(face.albedo_coefficients, self._albedo_of):
            self._albedo, self._albedo_of = face.albedo, face.albedo_coefficients
        crop = crop_from_landmarks(face.landmarks_px, 0.0, self.side)
        zoom = np.concatenate([crop.matrix, np.array([[0, 0, 1]], np.float32)])
        pose = face.pose
        points, colors = ops.shade_and_project(
            face.verts_face_mm, face.triangles, pose.matrix, pose.translation_mm, zoom @ pose.intrinsics,
            self._albedo, face.sh, threads=threads,
        )  # fmt: skip
        drawn = ops.rasterize(
            points, face.triangles, self.side, self.side, colors=colors, want="color", threads=threads
        )
        assert drawn.color is not None
        return drawn.color


class Dense:
    """A face model as one dense float32 basis, read from its file by itself: what decode must give.

    mean (3V,) mm and basis (3V, K) mm per unit coefficient: identity, then expression.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        from safetensors.numpy import load_file

        from facesdk import manifest

        path = path if path is not None else manifest.asset_path(manifest.FACE_MODEL)
        stored = load_file(path)
        scale = stored["identity_scale"].astype(np.float64)[:, None, None]
        identity = stored["identity_q"] * scale
        if "identity_low_q" in stored:
            fine = len(stored["identity_low_q"])
            identity[:fine] += stored["identity_low_q"] * (scale[:fine] / 254)
        ptr = stored["exp_ptr"].astype(int)
        expression = np.zeros((len(ptr) - 1, *identity.shape[1:]))
        for k, (start, stop) in enumerate(itertools.pairwise(ptr)):
            expression[k, stored["exp_idx"][start:stop]] = stored["exp_val"][start:stop]
        control = np.concatenate([stored["mean_control_mm"][None], identity, expression])
        if "sub_ptr" not in stored:  # its own dense mesh
            every = np.arange(control.shape[1] + 1)
            stored |= {"sub_ptr": every, "sub_idx": every[:-1], "sub_weights": np.ones(1)}
            stored["sub_code"] = np.zeros(len(every) - 1, np.uint8)
        rows = np.repeat(np.arange(len(stored["sub_ptr"]) - 1), np.diff(stored["sub_ptr"].astype(int)))
        dense = np.zeros((len(control), len(stored["sub_ptr"]) - 1, 3), np.float32)
        columns = stored["sub_idx"].astype(int)
        weights = stored["sub_weights"].astype(np.float64)[stored["sub_code"]]
        for shape, out in zip(control, dense, strict=True):
            for axis in range(3):
                out[:, axis] = np.bincount(rows, weights * shape[columns, axis], len(out))
        self.mean = dense[0].ravel()
        self.basis: FloatArray = np.ascontiguousarray(dense[1:].reshape(len(dense) - 1, -1).T)

    def decode(self, identity: FloatArray, expression: FloatArray) -> FloatArray:
        """(V, 3) mm by one dense product."""
        product = self.basis @ np.concatenate([identity, expression]).astype(np.float32)
        return np.asarray(self.mean + product, np.float32).reshape(-1, 3)


def milliseconds(run: Callable[[], Any], runs: int, warm_up: int = WARM_UP) -> npt.NDArray[np.float64]:
    """(runs,) ms of single calls."""
    for _ in range(warm_up):
        run()
    times = np.empty(runs)
    for i in range(runs):
        start = time.perf_counter()
        run()
        times[i] = (time.perf_counter() - start) * 1e3
    return times


def percentiles(times: npt.NDArray[np.float64]) -> dict[str, float]:
    """p50, p95 and p99 of (n,) ms."""
    return {f"p{q}": float(np.percentile(times, q)) for q in (50, 95, 99)}


def measure(stages: list[Stage], runs: int) -> dict[str, dict[str, float]]:
    """Stage -> p50, p95, p99 and its difference to the twin; raises FaceSDKError at a wrong output."""
    rows = {}
    for stage in stages:
        difference = stage.difference()
        if not difference <= stage.tolerance:
            raise FaceSDKError(
                f"bench: {stage.name} differs from its NumPy twin by {difference:.3g}, "
                f"expected at most {stage.tolerance:g}; not timed"
            )
        rows[stage.name] = {**percentiles(milliseconds(stage.run, runs)), "difference": difference}
    return rows


def fingerprint() -> dict[str, Any]:
    """The machine and the versions, without names or paths."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in ("facesdk", "numpy", "onnxruntime", "openvino", "opencv-python-headless"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Rows of measure() as text."""
    lines = [f"  {'stage':12}{'p50':>9}{'p95':>9}{'p99':>9} ms   largest difference to the NumPy twin"]
    for name, row in rows.items():
        apart = f"{row['difference']:.2g}" if row.get("difference") else ""
        lines.append(f"  {name:12}{row['p50']:9.3f}{row['p95']:9.3f}{row['p99']:9.3f}      {apart}".rstrip())
    return "\n".join(lines)


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            named = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        named = []
    return named[0] if named else platform.processor() or platform.machine()
