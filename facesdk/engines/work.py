"""One precision's engine, built in a child process; what is finished is found again after an interruption."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.engines.graphs import file_hash
from facesdk.engines.machine import Machine
from facesdk.io.json import write_json

Report = Callable[[str, bool], None]  # a line, and whether it is final
_POLL_S, _LINE_S = 0.1, 1.0


@dataclass(frozen=True)
class Task:
    """One engine to be built."""

    network: str
    graph: Path
    precision: str
    profiles: list[Any]
    inputs: Path  # .npy of the parity check
    folder: Path  # of unfinished work
    machine: Machine

    @property
    def name(self) -> str:
        """Of the network and the precision."""
        return f"{self.network}.{self.precision}"

    def path(self, kind: str) -> Path:
        """A file of the work: plan, npz, request.json, done.json."""
        return self.folder / f"{self.name}.{kind}"


@dataclass(frozen=True)
class Work:
    """What came of a task."""

    reason: str  # why there is no engine, "" where there is one
    seconds: float = 0.0
    ms: float | None = None
    outputs: dict[str, FloatArray] | None = None  # (N, K) by name


def do_task(task: Task, report: Report) -> Work:
    """Build, time and run an engine, or take over what an earlier process finished."""
    task.folder.mkdir(parents=True, exist_ok=True)
    seconds = _finished(task)
    if seconds is None:
        start = time.monotonic()
        reason = _run_child(task, report)
        seconds = time.monotonic() - start
        if reason:
            return Work(reason, seconds)
        write_json(task.path("done.json"), {"stamp": _stamp(task), "seconds": seconds})
    else:
        report(f"{task.name}: taken over from an earlier build", True)
    with np.load(task.path("npz")) as stored:
        outputs = {name: stored[name] for name in stored.files if name != "ms"}
        return Work("", seconds, float(stored["ms"]), outputs)


def clear(task: Task) -> None:
    """Remove the files of a task."""
    for kind in ("plan", "npz", "request.json", "done.json"):
        task.path(kind).unlink(missing_ok=True)


def _stamp(task: Task) -> str:
    """Of all that the task's results depend on, and of the plan itself."""
    parts = [asdict(task.machine), file_hash(task.graph), task.profiles, file_hash(task.inputs)]
    plan = task.path("plan")
    parts.append(file_hash(plan) if plan.is_file() else "")
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _finished(task: Task) -> float | None:
    """Seconds that the finished task took; None where it is to be done."""
    try:
        done = json.loads(task.path("done.json").read_text(encoding="utf-8"))
        return float(done["seconds"]) if done["stamp"] == _stamp(task) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run_child(task: Task, report: Report) -> str:
    """Run the child; why it failed, "" where it did not."""
    clear(task)
    request = {
        "graph": str(task.graph),
        "precision": task.precision,
        "profiles": task.profiles,
        "timing_cache": str(task.folder / "timings.cache"),
        "inputs": str(task.inputs),
        "plan": str(task.path("plan")),
        "outputs": str(task.path("npz")),
    }
    write_json(task.path("request.json"), request)
    command = [sys.executable, "-m", "facesdk.engines.child", str(task.path("request.json"))]
    log = task.path("request.json").with_suffix(".log")
    with log.open("w+b") as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            _watch(child, task.name, report)
        finally:
            if child.poll() is None:  # interrupted: no builder goes on by itself
                child.kill()
                child.wait()
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    log.unlink(missing_ok=True)
    if child.returncode < 0:
        return f"the build was ended by {signal.Signals(-child.returncode).name}: out of memory?"
    if child.returncode != 0:
        return lines[-1][:300] if lines else f"the build ended with status {child.returncode}"
    return ""


def _watch(child: subprocess.Popen[bytes], name: str, report: Report) -> None:
    """Wait for the child, with a line each second."""
    start = time.monotonic()
    line = start
    while child.poll() is None:
        time.sleep(_POLL_S)
        if time.monotonic() - line >= _LINE_S:
            line = time.monotonic()
            report(f"{name}: building, {line - start:.0f} s", False)
