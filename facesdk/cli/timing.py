"""Times of single calls, and the machine that they were taken on."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from facesdk.core.arrays import DoubleArray

WARM_UP = 3  # untimed calls


def milliseconds(run: Callable[[], Any], runs: int, warm_up: int = WARM_UP) -> DoubleArray:
    """(runs,) ms of single calls."""
    for _ in range(warm_up):
        run()
    times = np.empty(runs)
    for i in range(runs):
        start = time.perf_counter()
        run()
        times[i] = (time.perf_counter() - start) * 1e3
    return times


def percentiles(times: DoubleArray) -> dict[str, float]:
    """p50, p95 and p99 of (n,) ms."""
    return {f"p{q}": float(np.percentile(times, q)) for q in (50, 95, 99)}


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
    """Rows of percentiles as text."""
    lines = [f"  {'stage':12}{'p50':>9}{'p95':>9}{'p99':>9} ms"]
    for name, row in rows.items():
        lines.append(f"  {name:12}{row['p50']:9.3f}{row['p95']:9.3f}{row['p99']:9.3f}")
    return "\n".join(lines)


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            named = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        named = []
    return named[0] if named else platform.processor() or platform.machine()
