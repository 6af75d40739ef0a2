"""Our contestants: whole frames by each network and engine, and the stages of the default one."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import cv2
import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.speed.checked_stages import checked_stages
from benchmarks.speed.interleave import Timed, timed
from benchmarks.speed.tracked_frame import TrackedFrame, TrackedVideo
from facesdk import FaceSDK, Options, manifest, ops
from facesdk.errors import FaceSDKError
from facesdk.io.image import load_image

TRACKED_PX, FIRST_PX = 450, (720, 1080)  # the tracked photo is square; the first frame's is width, height


def tracked_photo() -> Array:
    """The bundled photo, 450 x 450."""
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    return np.asarray(cv2.resize(photo, (TRACKED_PX, TRACKED_PX), interpolation=cv2.INTER_AREA))


def first_photo() -> Array:
    """The bundled photo within 720 x 1080 px: it fills the width, its borders go on above and below."""
    width, height = FIRST_PX
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    wide = cv2.resize(photo, (width, width), interpolation=cv2.INTER_CUBIC)
    above = (height - width) // 2
    return np.asarray(cv2.copyMakeBorder(wide, above, height - width - above, 0, 0, cv2.BORDER_REPLICATE))


def our_networks() -> dict[str, Options]:
    """The presets and engines that there are here; the default's engine is the fastest for this machine."""
    found = {"default": Options(), "onnxruntime": Options(backend="onnxruntime")}
    try:
        import openvino  # noqa: F401

        found["openvino"] = Options(backend="openvino")
    except ImportError:
        print("openvino: not installed, left out")
    small = {"tiny": Options(preset="tiny"), "tiny control": Options(preset="tiny", mesh="control")}
    return found | small


def our_contestants(photo: Array, first: Array) -> dict[str, Timed]:
    """Whole frames by each network; stages by the default one."""
    contestants: dict[str, Timed] = {}
    for name, options in our_networks().items():
        sdk = FaceSDK(options)
        try:
            frame = TrackedFrame(sdk, photo)
        except FaceSDKError as error:
            raise SystemExit(f"{name}: {error}") from error
        # One face, as MediaPipe's options have it: no frame runs the detector for others.
        video = TrackedVideo(FaceSDK(dataclasses.replace(options, max_faces=1)), photo)
        contestants[f"ours {name}: tracked frame"] = timed(video.run)
        contestants[f"ours {name}: by its ops"] = timed(frame.run)
        contestants[f"ours {name}: network"] = timed(functools.partial(frame.network.predict, frame.crops))
        opening = TrackedVideo(FaceSDK(dataclasses.replace(options, max_faces=1)), first)
        contestants[f"ours {name}: first frame"] = timed(functools.partial(first_frame, opening))
        if name == "default":
            for stage in checked_stages(frame):
                if stage.name not in ("network", "frame"):
                    contestants[f"stage {stage.name}"] = timed(stage.run)
            for side in (224, 450):
                contestants[f"raster {side}"] = timed(raster(sdk, photo, side))
    return contestants


def first_frame(video: TrackedVideo) -> Array:
    """A video's first frame: detection, both passes, and the rendered face."""
    video.sdk.tracker.reset()
    return np.asarray(video.run())


def raster(sdk: FaceSDK, photo: Array, side: int) -> Any:
    """Colour and depth of the dense mesh at side x side px."""
    frame = TrackedFrame(sdk, photo, side)
    points, triangles, colors = frame.points, frame.model.triangles, frame.colors
    return lambda: ops.rasterize(points, triangles, side, side, colors=colors, want=("color", "depth"))
