"""How fast each backend runs the regressor on this machine, for `facesdk info --measure`."""

from __future__ import annotations

import time

import numpy as np

from facesdk.errors import FaceSDKError
from facesdk.inference.backends import backend_states
from facesdk.inference.choice import SEVERAL
from facesdk.inference.engine import open_network, regressor_file
from facesdk.options import Options

WARM_UP, RUNS = 5, 30


def network_times(preset: str) -> dict[str, float]:
    """Measure every backend that works here on one thread, in turns.

    Args:
        preset: of Options, whose regressor is run on one picture of noise.

    Returns:
        Backend -> median ms of a run, the fastest first.
    """
    runs = {}
    for state in backend_states():
        if state.name == "auto" or not state.available:
            continue
        try:
            network = open_network(*regressor_file(Options(backend=state.name, preset=preset)), 1)
        except FaceSDKError:
            continue
        runs[state.name] = network.prepare(network.side, network.side)
        side = network.side
    picture = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(WARM_UP + RUNS):
        for name, run in runs.items():
            start = time.perf_counter()
            run.predict(picture)
            times[name].append((time.perf_counter() - start) * 1e3)
    medians = {name: float(np.median(values[WARM_UP:])) for name, values in times.items()}
    return dict(sorted(medians.items(), key=lambda row: row[1]))


def verdict(times: dict[str, float], chosen: str) -> str:
    """One line on the times of `network_times`: whether the chosen backend is the right one here."""
    fastest = next(iter(times))
    text = ", ".join(f"{name} {ms:.2f} ms" for name, ms in times.items())
    if chosen == fastest:
        return f"{text}: {chosen}, which auto chooses, is the fastest"
    factor = times[chosen] / times[fastest]
    warning = f"; give backend={fastest!r}" if factor >= SEVERAL else ""
    return f"{text}: {chosen}, which auto chooses, takes {factor:.1f} times as long as {fastest}{warning}"
