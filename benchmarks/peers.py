"""Ours beside 3DDFA_V2's small network and MediaPipe's FaceMesh, in turns within one run on one core.

python -m benchmarks.peers [--data DIR] [--mediapipe-python FILE] [--passes N] [--json FILE] [--check]

A tracked frame of ours is crop, network, decode of the dense mesh, camera and normals, light and a 224 px
picture, from the landmarks of the frame before; the first frame of a video is the same with the detector and
a second look. MediaPipe's gives 468 points. 3DDFA_V2 gives no more here
than its network's time and a dense product of its mesh's size. Every pass times each contestant once (the
median of some calls); what is printed is the median over the passes, of times and of ratios per pass.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.bench_accuracy import DATA
from benchmarks.check import check
from benchmarks.interleave import Timed, interleaved, pin, ratio, timed
from benchmarks.measures import Array
from benchmarks.peer_parts import (
    DENSE_SHAPES,
    FACE_MESH,
    IDENTITY_SHAPES,
    DenseDecode,
    Mb05Network,
    face_mesh,
)
from benchmarks.scaling import raster_scaling, show_scaling, thread_speedup
from benchmarks.worker import Worker
from facesdk import FaceSDK, Options, manifest, ops
from facesdk.cli.bench import Dense, TrackedFrame, TrackedVideo, fingerprint, percentiles
from facesdk.errors import FaceSDKError
from facesdk.io.image import load_image

ENGINES = ("default", "onnxruntime", "openvino")  # that run the shipped default
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
    return found | {"tiny": Options(preset="tiny")}


def our_contestants(photo: Array, first: Array) -> dict[str, Timed]:
    """Whole frames by each network; stages by the default one."""
    contestants: dict[str, Timed] = {}
    for name, options in our_networks().items():
        sdk = FaceSDK(options)
        try:
            frame = TrackedFrame(sdk, photo)
        except FaceSDKError as error:
            raise SystemExit(f"{name}: {error}") from error
        # As MediaPipe is asked: one face, so that no frame looks for others.
        video = TrackedVideo(FaceSDK(dataclasses.replace(options, max_faces=1)), photo)
        contestants[f"ours {name}: tracked frame"] = timed(video.run)
        contestants[f"ours {name}: by its ops"] = timed(frame.run)
        contestants[f"ours {name}: network"] = timed(functools.partial(sdk.regressor, frame.tensor))
        opening = TrackedVideo(FaceSDK(dataclasses.replace(options, max_faces=1)), first)
        contestants[f"ours {name}: first frame"] = timed(functools.partial(first_frame, opening))
        if name == "default":
            for stage in frame.stages():
                if stage.name not in ("network", "frame"):
                    contestants[f"stage {stage.name}"] = timed(stage.run)
            for side in (224, 450):
                contestants[f"raster {side}"] = timed(raster(sdk, photo, side))
    return contestants


def first_frame(video: TrackedVideo) -> Array:
    """Detect and everything, the face's picture too: what a video's first frame costs."""
    video.sdk.tracker.reset()
    return np.asarray(video.run())


def raster(sdk: FaceSDK, photo: Array, side: int) -> Any:
    """Colour and depth of the dense mesh at side x side px."""
    frame = TrackedFrame(sdk, photo, side)
    points, triangles, colors = frame.points, frame.model.triangles, frame.colors
    return lambda: ops.rasterize(points, triangles, side, side, colors=colors, want=("color", "depth"))


def decode_contestants(errors: dict[str, float]) -> dict[str, Timed]:
    """Ours and a float32 NumPy product of the same size, for our model and for a dense one of BFM's size.

    "decode ours" has another person and expression at every call, "one person" another expression.
    """
    sdk_model = FaceSDK().model
    dense = Dense()
    rng = np.random.default_rng(0)
    faces = [
        (
            rng.normal(size=sdk_model.n_id).astype(np.float32),
            rng.uniform(0, 1, sdk_model.n_exp).astype(np.float32),
        )
        for _ in range(50)
    ]
    apart = [np.linalg.norm(sdk_model.decode(*face) - dense.decode(*face), axis=1) for face in faces]
    errors["decode_mean_mm"], errors["decode_max_mm"] = float(np.mean(apart)), float(np.max(apart))
    others = itertools.cycle(faces)
    identity, coeffs = faces[0][0], np.concatenate(faces[0])
    bfm = DenseDecode()
    model = bfm.model()
    shift = model.mean_control_mm[0] - bfm.mean[:3]  # its origin is between the eyes
    people = [
        (drawn[:IDENTITY_SHAPES], drawn[IDENTITY_SHAPES:])
        for drawn in rng.normal(size=(50, DENSE_SHAPES)).astype(np.float32)
    ]
    apart = [
        np.linalg.norm(model.decode(*face) - bfm.numpy(np.concatenate(face)).reshape(-1, 3) - shift, axis=1)
        for face in people
    ]
    errors["decode_bfm_mean_mm"], errors["decode_bfm_max_mm"] = float(np.mean(apart)), float(np.max(apart))
    other_people = itertools.cycle(people)
    return {
        "decode ours": timed(lambda: sdk_model.decode(*next(others))),
        "decode ours, one person": timed(lambda: sdk_model.decode(identity, next(others)[1])),
        "decode NumPy": timed(lambda: dense.mean + dense.basis @ coeffs),
        "decode BFM ours": timed(lambda: model.decode(*next(other_people))),
        "decode BFM ours, one person": timed(lambda: model.decode(people[0][0], next(other_people)[1])),
        "decode BFM NumPy": timed(bfm.numpy),
        "decode BFM ONNX Runtime": timed(bfm.onnxruntime),
    }


def bounded(times: dict[str, Array], errors: dict[str, float]) -> dict[str, float]:
    """The figures that benchmarks/bounds.toml bounds."""
    mediapipe, mb05 = "MediaPipe tracked", "mb05 network"
    figures = {
        "tracked_to_mediapipe": ratio(times, "ours default: tracked frame", mediapipe),
        "tracked_openvino_to_mediapipe": ratio(times, "ours openvino: tracked frame", mediapipe),
        "tracked_tiny_to_mediapipe": ratio(times, "ours tiny: tracked frame", mediapipe),
        "tracked_best_to_mb05": float(
            np.nanmin([ratio(times, f"ours {engine}: tracked frame", mb05) for engine in ENGINES])
        ),
        "raster_224_to_mb05": ratio(times, "raster 224", mb05),
        "raster_450_to_mb05": ratio(times, "raster 450", mb05),
        "decode_to_numpy": ratio(times, "decode ours", "decode NumPy"),
        "decode_one_person_to_numpy": ratio(times, "decode ours, one person", "decode NumPy"),
        "decode_bfm_to_numpy": ratio(times, "decode BFM ours", "decode BFM NumPy"),
        "decode_bfm_one_person_to_numpy": ratio(times, "decode BFM ours, one person", "decode BFM NumPy"),
        "first_to_mediapipe": ratio(times, "ours default: first frame", "MediaPipe static"),
    }
    return figures | errors


def show(times: dict[str, Array]) -> None:
    """Print median, spread, and the ratio to each peer."""
    print(f"  {'one core':34s}{'median':>9s}{'least':>9s} ms   / mb05  / MediaPipe")
    for name, values in times.items():
        ratios = [ratio(times, name, peer) for peer in ("mb05 network", "MediaPipe tracked")]
        text = "".join(f"{value:9.2f}" if np.isfinite(value) else f"{'':9s}" for value in ratios)
        print(f"  {name:34s}{np.median(values):9.3f}{values.min():9.3f}   {text}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--mediapipe-python", type=Path, help="the Python of a virtual environment with it")
    parser.add_argument("--passes", type=int, default=15)
    parser.add_argument("--runs", type=int, default=12, help="calls of each contestant in a pass")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    pin(args.core)
    photo, first = tracked_photo(), first_photo()
    errors: dict[str, float] = {}
    contestants = our_contestants(photo, first) | decode_contestants(errors)
    teachers = args.data.resolve().parent / "teachers"
    if teachers.is_dir():
        contestants["mb05 network"] = timed(Mb05Network(teachers / "mb05_120x120.onnx").run)
    else:
        print(f"{teachers.name}: no such folder, mb05 left out")
    if args.mediapipe_python is None:
        print("MediaPipe left out: give --mediapipe-python")
        times = interleaved(contestants, args.passes, args.runs)
    else:
        with Worker(args.mediapipe_python, FACE_MESH) as worker:
            for kind in ("tracked", "refined"):
                contestants[f"MediaPipe {kind}"] = face_mesh(worker, photo, kind)
            contestants["MediaPipe static"] = face_mesh(worker, first, "static")
            times = interleaved(contestants, args.passes, args.runs)
    machine = fingerprint()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    show(times)
    frame = TrackedFrame(FaceSDK(), photo)
    laps = frame.laps(4 * args.runs)
    print("  within whole frames: " + "  ".join(f"{name} {ms:.3f}" for name, ms in laps.items()) + " ms")
    scaling = raster_scaling()
    show_scaling(scaling)
    figures = bounded(times, errors) | {"raster_two_threads": thread_speedup()}
    for name in ("decode", "decode_bfm"):
        mean, largest = errors[f"{name}_mean_mm"], errors[f"{name}_max_mm"]
        print(f"{name} to float32: mean {mean:.2g} mm, largest {largest:.2g} mm")
    if args.json:
        content = {"machine": machine, "passes": args.passes, "runs": args.runs, "bounded": figures}
        stages = {name: percentiles(values) | {"passes": values.tolist()} for name, values in times.items()}
        args.json.write_text(
            json.dumps(content | {"ms": stages, "in frame": laps, "scaling": scaling}, indent=1) + "\n"
        )
    if args.check and not check("peers", figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
