"""The rasterizer over 1e4 to 1e6 triangles and 64 to 2048 px, and on two threads."""

from __future__ import annotations

import functools
import os

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.speed.interleave import interleaved, ratio, timed
from benchmarks.speed.machine import all_cores
from facesdk import ops
from facesdk.cli.timing import milliseconds

TRIANGLES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
SIDES = (64, 128, 256, 512, 1024, 2048)
SIDE, COUNT = 512, 100_000  # what is held while the other grows


def ball(triangles: int, side: int) -> tuple[Array, Array, Array]:
    """A ball that fills the picture, half of its triangles facing away: points, triangles, colours."""
    n = max(round(np.sqrt(triangles / 2)), 3)
    theta, phi = np.meshgrid(np.linspace(0, np.pi, n + 1), np.linspace(0, 2 * np.pi, n + 1), indexing="ij")
    x, y, z = np.sin(theta) * np.cos(phi), np.cos(theta), np.sin(theta) * np.sin(phi)
    half = (side - 1) / 2
    points = np.stack([half * (1 + 0.95 * x), half * (1 + 0.95 * y), 1000 + 100 * z], 2).reshape(-1, 3)
    i = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    corners = np.concatenate([np.stack([i, i + 1, i + n + 1], 1), np.stack([i + 1, i + n + 2, i + n + 1], 1)])
    colors = np.random.default_rng(0).random((len(points), 3))
    return points.astype(np.float32), corners.astype(np.int32), colors.astype(np.float32)


def milliseconds_of(triangles: int, side: int, threads: int = 1) -> float:
    """Median ms for colour and depth."""
    points, corners, colors = ball(triangles, side)
    times = milliseconds(
        lambda: ops.rasterize(
            points, corners, side, side, colors=colors, want=("color", "depth"), threads=threads
        ),
        7,
        2,
    )
    return float(np.median(times))


def raster_scaling() -> dict[str, dict[str, float]]:
    """Table name -> row -> ms."""
    return {
        f"triangles at {SIDE} px": {f"{count:,}": milliseconds_of(count, SIDE) for count in TRIANGLES},
        f"px at {COUNT:,} triangles": {str(side): milliseconds_of(COUNT, side) for side in SIDES},
    }


def show_scaling(tables: dict[str, dict[str, float]]) -> None:
    """Print them."""
    for title, rows in tables.items():
        print(f"  rasterize, {title}: " + "  ".join(f"{name}: {ms:.2f} ms" for name, ms in rows.items()))


def thread_speedup() -> float:
    """Time on one thread over that on two, in turns, of 1e5 triangles at 512 px; NaN on a single core.

    Printed too at 1024 px, where new pages of the pictures cost as much as the triangles.
    """
    if (os.cpu_count() or 1) < 2:
        return float("nan")
    with all_cores():
        bounded = _speedup(SIDE)
        _speedup(1024)
    return bounded


def _speedup(side: int) -> float:
    points, corners, colors = ball(COUNT, side)
    draw = functools.partial(
        ops.rasterize, points, corners, side, side, colors=colors, want=("color", "depth")
    )
    times = interleaved({str(n): timed(functools.partial(draw, threads=n)) for n in (1, 2)}, 9, 5)
    speedup = ratio(times, "1", "2")
    medians = "  ".join(f"{n} thread(s) {np.median(values):.2f} ms" for n, values in times.items())
    print(f"  rasterize, {COUNT:,} triangles at {side} px: {medians}  x {speedup:.2f}")
    return speedup
