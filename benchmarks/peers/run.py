"""Ours beside 3DDFA_V2's small network and MediaPipe's FaceMesh, interleaved within one run on one core.

A tracked frame of ours is crop, network, decode of the dense mesh, camera and normals, light and a 224 px
picture, from the landmarks of the frame before; the first frame of a video is the same with the detector and
a second pass. MediaPipe's gives 468 points. 3DDFA_V2 stands here by its network's time and a dense product of
its mesh's size. Every pass times each contestant once (the median of some calls); what is printed is the
median over the passes, of times and of ratios per pass.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.metrics.landmark_errors import Array
from benchmarks.peers.contestants import FACE_MESH, LANDMARKER, Mb05Network, face_landmarker, face_mesh
from benchmarks.peers.decoding import decode_contestants
from benchmarks.peers.other_engines import other_engines
from benchmarks.peers.our_frames import first_photo, our_contestants, tracked_photo
from benchmarks.peers.worker import Worker
from benchmarks.speed.interleave import Timed, interleaved, ratio, timed
from benchmarks.speed.machine import describe_machine, pin, vector_level
from benchmarks.speed.raster_scaling import raster_scaling, show_scaling, thread_speedup
from benchmarks.speed.tracked_frame import TrackedFrame
from facesdk import FaceSDK
from facesdk.cli.timing import percentiles

ENGINES = ("default", "onnxruntime", "openvino")  # that run the shipped default
NETWORK_ENGINES = ("ours onnxruntime: network", "ours openvino: network", "ncnn: network", "MNN: network")


def bounded(times: dict[str, Array], errors: dict[str, float]) -> dict[str, float]:
    """The figures that benchmarks/bounds.toml bounds."""
    mediapipe, mb05 = "MediaPipe tracked", "mb05 network"
    figures = {
        "tracked_to_mediapipe": ratio(times, "ours default: tracked frame", mediapipe),
        "tracked_to_landmarker": ratio(times, "ours default: tracked frame", "FaceLandmarker tracked"),
        "network_to_best_engine": to_best(times, "ours default: network", NETWORK_ENGINES),
        "tracked_openvino_to_mediapipe": ratio(times, "ours openvino: tracked frame", mediapipe),
        "tracked_tiny_to_mediapipe": ratio(times, "ours tiny: tracked frame", mediapipe),
        "tracked_tiny_control_to_mediapipe": ratio(times, "ours tiny control: tracked frame", mediapipe),
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


def to_best(times: dict[str, Array], ours: str, others: tuple[str, ...]) -> float:
    """Median over the passes of ours over the fastest of the others; NaN where none was timed."""
    theirs = [times[other] for other in others if other in times]
    if not theirs or ours not in times:
        return float("nan")
    return float(np.median(times[ours] / np.min(theirs, axis=0)))


def bounds_of_level() -> str:
    """The table of bounds.toml for this machine's vector level: AVX-512 VNNI's or, for less, AVX2's."""
    return "peers_avx512_vnni" if vector_level() == "avx512_vnni" else "peers_avx2"


def show(times: dict[str, Array]) -> None:
    """Print median, spread, and the ratio to each peer."""
    print(f"  {'one core':34s}{'median':>9s}{'least':>9s} ms   / mb05  / MediaPipe")
    for name, values in times.items():
        ratios = [ratio(times, name, peer) for peer in ("mb05 network", "MediaPipe tracked")]
        text = "".join(f"{value:9.2f}" if np.isfinite(value) else f"{'':9s}" for value in ratios)
        print(f"  {name:34s}{np.median(values):9.3f}{values.min():9.3f}   {text}")


def peers(
    data: Annotated[Path, typer.Option(help="folder laid out like eval/, the teachers beside it")] = DATA,
    mediapipe_python: Annotated[Path | None, typer.Option(help="Python of one with 0.10.21")] = None,
    landmarker_python: Annotated[
        Path | None, typer.Option(help="Python of one with today's MediaPipe")
    ] = None,
    passes: Annotated[int, typer.Option()] = 15,
    runs: Annotated[int, typer.Option(help="calls of each contestant in a pass")] = 12,
    core: Annotated[int, typer.Option(help="that everything runs on")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure a tracked frame beside mb05 and MediaPipe's FaceMesh, interleaved on one core."""
    pin(core)
    errors: dict[str, float] = {}
    times = time_contestants(
        data.resolve().parent / "teachers", mediapipe_python, landmarker_python, passes, runs, errors
    )
    machine = describe_machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    show(times)
    laps = TrackedFrame(FaceSDK(), tracked_photo()).laps(4 * runs)
    print("  within whole frames: " + "  ".join(f"{name} {ms:.3f}" for name, ms in laps.items()) + " ms")
    scaling = raster_scaling()
    show_scaling(scaling)
    figures = bounded(times, errors) | {"raster_two_threads": thread_speedup()}
    for name in ("decode", "decode_bfm"):
        mean, largest = errors[f"{name}_mean_mm"], errors[f"{name}_max_mm"]
        print(f"{name} to float32: mean {mean:.2g} mm, largest {largest:.2g} mm")
    if json_file:
        stages = {name: percentiles(values) | {"passes": values.tolist()} for name, values in times.items()}
        content: dict[str, Any] = {"machine": machine, "passes": passes, "runs": runs, "bounded": figures}
        content |= {"ms": stages, "in frame": laps, "scaling": scaling}
        json_file.write_text(json.dumps(content, indent=1) + "\n")
    if check_bounds and not all([check(table, figures) for table in ("peers", bounds_of_level())]):
        raise typer.Exit(1)


def time_contestants(
    teachers: Path,
    mediapipe_python: Path | None,
    landmarker_python: Path | None,
    passes: int,
    runs: int,
    errors: dict[str, float],
) -> dict[str, Array]:
    """Name -> (passes,) ms of each contestant; `errors` takes our decodes' distances to float32."""
    photo, first = tracked_photo(), first_photo()
    contestants: dict[str, Timed] = our_contestants(photo, first) | decode_contestants(errors)
    if teachers.is_dir():
        contestants["mb05 network"] = timed(Mb05Network(teachers / "mb05_120x120.onnx").run)
    else:
        print(f"{teachers.name}: no such folder, mb05 left out")
    with contextlib.ExitStack() as stack:
        converted = stack.enter_context(tempfile.TemporaryDirectory())
        contestants |= other_engines(Path(converted))
        if mediapipe_python is None:
            print("MediaPipe left out: give --mediapipe-python")
        else:
            worker = stack.enter_context(Worker(mediapipe_python, FACE_MESH))
            for kind in ("tracked", "refined"):
                contestants[f"MediaPipe {kind}"] = face_mesh(worker, photo, kind)
            contestants["MediaPipe static"] = face_mesh(worker, first, "static")
        if landmarker_python is None:
            print("MediaPipe's FaceLandmarker left out: give --landmarker-python")
        else:
            task = teachers / "face_landmarker.task"
            worker = stack.enter_context(Worker(landmarker_python, LANDMARKER, str(task)))
            contestants["FaceLandmarker tracked"] = face_landmarker(worker, photo)
        return interleaved(contestants, passes, runs)
