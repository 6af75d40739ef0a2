"""Stages of a tracked frame, whole photos and batches: times by engine and number of threads."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.speed.checked_stages import checked_stages
from benchmarks.speed.roofline import limits, works
from benchmarks.speed.stage import Stage, measure
from benchmarks.speed.tracked_frame import TrackedFrame
from facesdk import FaceSDK, Options, manifest
from facesdk.batch import reconstruct_many
from facesdk.cli.timing import milliseconds
from facesdk.core.arrays import Picture

BATCHES = (1, 2, 4, 8, 16)
Rows = dict[str, dict[str, float]]


def engines() -> list[str]:
    """The backends that are installed, our own first."""
    found = ["native", "onnxruntime"]
    try:
        import openvino  # noqa: F401

        found.append("openvino")
    except ImportError:
        print("openvino: not installed, left out")
    return found


def stages(picture: Picture, runs: int, backend: str, threads: int) -> Rows:
    """Percentiles of each stage, of the tracked frame, of track() and of a whole photo."""
    sdk = FaceSDK(Options(backend=backend, threads=threads))
    frame = TrackedFrame(sdk, picture)
    every = checked_stages(frame)
    every.append(Stage("reconstruct", lambda: sdk.reconstruct(picture)))
    every.append(Stage("track", lambda: sdk.track(picture).faces[0].landmarks_px))
    rows = measure(every, runs)
    for name, ms in frame.laps(runs).items():
        rows[name]["in frame"] = ms
    return rows


def batches(picture: Picture, runs: int, backend: str, threads: int) -> dict[str, float]:
    """Faces a second of the network by batch size."""
    sdk = FaceSDK(Options(backend=backend, threads=threads))
    frame = TrackedFrame(sdk, picture)
    out = {}
    for count in BATCHES:
        batch = np.ascontiguousarray(np.repeat(frame.crops, count, axis=0))
        times = milliseconds(lambda batch=batch: frame.network.predict(batch), max(runs // count, 5))  # type: ignore[misc]
        out[str(count)] = 1e3 * count / float(np.median(times))
    return out


def photos(picture: Picture, runs: int) -> dict[str, float]:
    """Whole photos a second, the detector included, by the number of photos at a time."""
    out = {}
    for workers in sorted({1, os.cpu_count() or 1}):
        list(reconstruct_many([picture] * 2 * workers, workers=workers))
        start = time.perf_counter()
        list(reconstruct_many([picture] * runs, workers=workers))
        out[str(workers)] = runs / (time.perf_counter() - start)
    return out


def add_roofline(rows: Rows, picture: Picture) -> dict[str, float]:
    """Adds "limit" (ms) and "x limit" to the rows of one thread; the machine's limits."""
    frame = TrackedFrame(FaceSDK(), picture)
    machine = limits()
    for name, work in works(frame, manifest.asset_path(manifest.NETWORK)).items():
        rows[name]["megabytes"], rows[name]["megaflops"] = work.megabytes, work.megaflops
        rows[name]["limit"] = machine.milliseconds(work)
        rows[name]["x limit"] = rows[name]["p50"] / rows[name]["limit"]
    return {"gigabytes_per_s": machine.gigabytes_per_s, "gigaflops": machine.gigaflops}


def show(title: str, rows: Rows) -> None:
    """Print a table of stages."""
    print(title)
    columns = f"{'p50':>9}{'p95':>9}{'p99':>9}{'in frame':>10} ms"
    print(f"  {'stage':12}{columns}{'MB':>8}{'Mflop':>9}{'limit':>9}{'x limit':>9}")
    for name, row in rows.items():
        text = f"  {name:12}{row['p50']:9.3f}{row['p95']:9.3f}{row['p99']:9.3f}"
        text += f"{row['in frame']:10.3f}   " if "in frame" in row else " " * 13
        if "limit" in row:
            text += f"{row['megabytes']:8.2f}{row['megaflops']:9.1f}{row['limit']:9.4f}{row['x limit']:9.1f}"
        print(text)


def draw(tables: dict[str, Rows], path: Path) -> None:
    """Bars: the median of each stage, a colour for each engine and number of threads."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(next(iter(tables.values())))
    figure, axis = plt.subplots(figsize=(8, 0.5 * len(names) + 1.5))
    height = 0.8 / len(tables)
    for number, (title, rows) in enumerate(tables.items()):
        known = [i for i, name in enumerate(names) if name in rows]
        places = [i + (number - (len(tables) - 1) / 2) * height for i in known]
        bars = axis.barh(places, [rows[names[i]]["p50"] for i in known], height, label=title)
        axis.bar_label(bars, fmt="%.2f", padding=2, fontsize=7)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.set(xlabel="median, ms (logarithmic)")
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
