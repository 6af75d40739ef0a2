"""The SDK's speed on this machine: stages, threads, engines, batches, cold start, memory, and a roofline.

Every stage is compared with its NumPy reference before it is timed. Times are p50, p95 and p99 of single
calls in milliseconds after a warm-up; "limit" is the time that the machine's measured bandwidth and
arithmetic allow (roofline.py) and "x limit" the ratio to it. "in frame" is the median within whole frames,
where a stage finds its caches as the others left them; called alone, over and over, it is faster.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.check import check
from benchmarks.speed.cold_start import cold_start, memory
from benchmarks.speed.machine import all_cores, describe_machine, pin
from benchmarks.speed.outside_ops import outside_ops, show_outside
from benchmarks.speed.stages import Rows, add_roofline, batches, draw, engines, photos, show, stages
from facesdk import FaceSDK, Options, manifest
from facesdk.core.arrays import Picture
from facesdk.io.image import load_image


def speed(
    photo: Annotated[Path | None, typer.Option(help="the bundled sample by default")] = None,
    runs: Annotated[int, typer.Option(help="calls of each stage")] = 100,
    frames: Annotated[int, typer.Option(help="of the tracking loop")] = 10_000,
    core: Annotated[int, typer.Option(help="that the single-threaded parts run on")] = 1,
    picture: Annotated[Path | None, typer.Option(help="write the bars")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure stages, threads, engines, batches, cold start and memory; a roofline."""
    pin(core)
    machine = describe_machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures = start_and_memory(frames)
    image = load_image(photo or manifest.asset_path(manifest.SAMPLE))
    tables: dict[str, Rows] = {}
    for backend in engines():
        tables[f"{backend}, 1 thread"] = stages(image, runs, backend, 1)
    outside = outside_ops(FaceSDK(Options(backend="native", threads=1)), image, runs)
    show_outside(outside)
    figures["outside_ops_ms"] = outside["sum"]["outside"]
    limits = add_roofline(tables["native, 1 thread"], image)
    print(f"one core: {limits['gigabytes_per_s']:.1f} GB/s copied, {limits['gigaflops']:.0f} Gflop/s float32")
    with all_cores():
        for threads in range(2, (os.cpu_count() or 1) + 1):
            tables[f"native, {threads} threads"] = stages(image, runs, "native", threads)
        for title, rows in tables.items():
            show(title, rows)
        throughput = measure_throughput(image, runs)
    if picture:
        draw(tables, picture)
    if json_file:
        content = {"machine": machine, "limits": limits, "runs": runs, "stages": tables}
        content |= {"outside ops": outside, "batches": throughput, "bounded": figures}
        json_file.write_text(json.dumps(content, indent=1) + "\n")
    if check_bounds and not check("sdk", figures):
        raise typer.Exit(1)


def start_and_memory(frames: int) -> dict[str, float]:
    """Cold start and the memory of a tracking loop: the figures that bounds.toml bounds."""
    start = cold_start()
    print("cold start: " + "  ".join(f"{name} {value:.3f}" for name, value in start.items()))
    loop = memory(frames)
    print(
        f"tracking loop of {frames} frames: peak {loop['peak_mb']:.0f} MB, {loop['growth_mb']:.1f} MB "
        "of it after the first tenth"
    )
    return start | loop


def measure_throughput(image: Picture, runs: int) -> dict[str, dict[str, float]]:
    """Faces per second of the network by batch size, photos per second by number of workers."""
    per_second: dict[str, dict[str, float]] = {}
    for threads in sorted({1, os.cpu_count() or 1}):
        title = f"network, {threads} thread(s), faces a second by batch"
        per_second[title] = batches(image, runs, "native", threads)
        print(f"{title}: " + "  ".join(f"{n}: {rate:.0f}" for n, rate in per_second[title].items()))
    per_second["photos a second by workers"] = photos(image, runs)
    for workers, rate in per_second["photos a second by workers"].items():
        print(f"whole photos, {workers} at a time: {rate:.1f} a second")
    return per_second
