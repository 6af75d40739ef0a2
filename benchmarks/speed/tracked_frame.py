"""A tracked frame of one picture, by the ops and the regressor alone and by `FaceSDK.track`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speed.stage import Stage
from facesdk import FaceSDK, ops
from facesdk.cli.timing import WARM_UP
from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.crop import crop_from_landmarks
from facesdk.core.intrinsics import crop_intrinsics
from facesdk.errors import InvalidImage
from facesdk.inference.regressor import Predictions

PICTURE_PX = 224  # side of the picture that a tracked frame draws


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
        self.network = sdk.regressor
        self.intrinsics = crop_intrinsics(side, self.network.focal_ratio)
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
        return [*(Stage(name, step) for name, step in self.steps.items()), Stage("frame", self.run)]

    def _warp(self) -> Picture:
        self.crop = crop_from_landmarks(self.landmarks_px, None, self.network.input_size)
        self.crops = ops.warp(self.picture, self.crop.matrix, self.crop.size, normalize=False)[None]
        return self.crops

    def _network(self) -> Predictions:
        self.x = self.network.predict(self.crops)
        return self.x

    def _decode(self) -> FloatArray:
        self.verts = self.model.decode(self.x.identity[0], self.x.expression[0], threads=self.threads)
        return self.verts

    def _light(self) -> tuple[FloatArray, FloatArray]:
        self.points, self.colors = ops.shade_and_project(
            self.verts, self.model.triangles, self.x.rotation[0], self.x.translation_mm[0], self.intrinsics,
            self.albedo, self.x.sh[0], threads=self.threads,
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
