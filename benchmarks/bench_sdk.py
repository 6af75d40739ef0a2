"""The SDK's speed on this machine: stages, threads, engines, batches, cold start, memory, and a roofline.

python -m benchmarks.bench_sdk [--photo FILE] [--runs N] [--frames N] [--json FILE] [--picture FILE] [--check]

Every stage is compared with its NumPy twin before it is timed. Times are p50, p95 and p99 of single calls in
milliseconds after a warm-up; "limit" is the time that the machine's measured bandwidth and arithmetic allow
(benchmarks/roofline.py) and "x limit" how far the stage is from it. "in frame" is the median within whole
frames, where a stage finds its caches as the others left them; called alone, over and over, it is quicker.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.check import check
from benchmarks.cold import cold_start, memory
from benchmarks.interleave import pin
from benchmarks.roofline import limits, works
from facesdk import FaceSDK, Options, manifest
from facesdk.batch import reconstruct_many
from facesdk.cli.bench import Stage, TrackedFrame, fingerprint, measure, milliseconds
from facesdk.io.image import Picture, load_image

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
    every = frame.stages()
    every.append(Stage("reconstruct", lambda: sdk.reconstruct(picture)))
    every.append(Stage("track", lambda: sdk.track(picture).faces[0].landmarks_px))
    rows = measure(every, runs)
    for name, ms in frame.laps(runs).items():
        rows[name]["in frame"] = ms
    return rows


def batches(picture: Picture, runs: int, backend: str, threads: int) -> dict[str, float]:
    """Faces a second of the network by batch size."""
    sdk = FaceSDK(Options(backend=backend, threads=threads))
    crop = TrackedFrame(sdk, picture).tensor
    out = {}
    for count in BATCHES:
        many = np.ascontiguousarray(np.repeat(crop, count, axis=0))
        times = milliseconds(lambda many=many: sdk.regressor(many), max(runs // count, 5))  # type: ignore[misc]
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photo", type=Path, help="the bundled sample by default")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--frames", type=int, default=10_000, help="of the tracking loop")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="write the bars")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    pin(args.core)
    machine = fingerprint()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    start = cold_start()
    print("cold start: " + "  ".join(f"{name} {value:.3f}" for name, value in start.items()))
    loop = memory(args.frames)
    print(
        f"tracking loop of {args.frames} frames: peak {loop['peak_mb']:.0f} MB, {loop['growth_mb']:.1f} MB "
        "of it after the first tenth"
    )
    picture = load_image(args.photo or manifest.asset_path(manifest.SAMPLE))
    tables: dict[str, Rows] = {}
    for backend in engines():
        tables[f"{backend}, 1 thread"] = stages(picture, args.runs, backend, 1)
    bounds = add_roofline(tables["native, 1 thread"], picture)
    print(f"one core: {bounds['gigabytes_per_s']:.1f} GB/s copied, {bounds['gigaflops']:.0f} Gflop/s float32")
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    for threads in range(2, (os.cpu_count() or 1) + 1):
        tables[f"native, {threads} threads"] = stages(picture, args.runs, "native", threads)
    for title, rows in tables.items():
        show(title, rows)
    per_second: dict[str, dict[str, float]] = {}
    for threads in sorted({1, os.cpu_count() or 1}):
        title = f"network, {threads} thread(s), faces a second by batch"
        per_second[title] = batches(picture, args.runs, "native", threads)
        print(f"{title}: " + "  ".join(f"{n}: {rate:.0f}" for n, rate in per_second[title].items()))
    per_second["photos a second by workers"] = photos(picture, args.runs)
    for workers, rate in per_second["photos a second by workers"].items():
        print(f"whole photos, {workers} at a time: {rate:.1f} a second")
    if args.picture:
        draw(tables, args.picture)
    figures = start | loop
    if args.json:
        content: dict[str, Any] = {"machine": machine, "limits": bounds, "runs": args.runs}
        content |= {"stages": tables, "batches": per_second, "bounded": figures}
        args.json.write_text(json.dumps(content, indent=1) + "\n")
    if args.check and not check("sdk", figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
