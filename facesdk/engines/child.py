"""Builds, times and runs one engine in a process of its own: `python -m facesdk.engines.child REQUEST`.

A builder takes more memory than a small board may have; the system then ends the process with most of it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from facesdk.core.compiled import _core
from facesdk.engines.graphs import allowed_types
from facesdk.engines.machine import WORKSPACE_BYTES, open_library
from facesdk.errors import FaceSDKError
from facesdk.io.atomic_write import atomic_file, write_atomic

WARM_UP, RUNS = 10, 100
_WATCH_S = 0.2


def build_and_run(request: dict[str, Any]) -> None:
    """Build an engine and run it.

    Args:
        request: graph, precision, profiles; timing_cache (read and written); inputs, a .npy; the results are
            written to plan and, last, outputs, a .npz with an array (N, K) per output and "ms".
    """
    library = open_library()
    cache = Path(request["timing_cache"])
    fp16, int8 = allowed_types(request["precision"])
    plan, timings = library.build(
        model=Path(request["graph"]).read_bytes(),
        fp16=fp16,
        int8=int8,
        workspace_bytes=WORKSPACE_BYTES,
        timing_cache=cache.read_bytes() if cache.is_file() else b"",
        profiles=[tuple(profile) for profile in request["profiles"]],
    )
    write_atomic(Path(request["plan"]), plan)
    if timings:
        write_atomic(cache, timings)
    inputs = np.load(request["inputs"])
    network = _core.load_tensorrt_network(library, plan, os.path.basename(request["plan"]), "")
    height, width = inputs.shape[1:3] if inputs.ndim == 4 else (1, inputs.shape[1])
    run = network.prepare(height, width)
    predict = run.predict if inputs.ndim == 4 else run.predict_rows
    rows = [predict(inputs[i : i + 1]) for i in range(len(inputs))]
    outputs: dict[str, Any] = {
        name: np.concatenate([row[k] for row in rows]) for k, name in enumerate(network.outputs)
    }
    times = []
    for _ in range(WARM_UP + RUNS):
        start = time.perf_counter()
        predict(inputs[:1])
        times.append((time.perf_counter() - start) * 1e3)
    with atomic_file(Path(request["outputs"])) as file:
        np.savez(file, ms=np.median(times[WARM_UP:]), **outputs)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: the next build needs the memory."""
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        build_and_run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except FaceSDKError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
