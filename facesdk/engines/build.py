"""The engine of a network: built from each of its graphs, the fastest that agrees with float32 is kept."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import numpy as np

from facesdk.engines.graphs import PRECISIONS, file_hash, graph_files, profiles
from facesdk.engines.machine import Machine, check_memory
from facesdk.engines.parity import Reference, beyond_limits, compare, reference_outputs, sample_inputs
from facesdk.engines.sidecar import Candidate, Sidecar
from facesdk.engines.store import engine_path, write_engine
from facesdk.engines.work import Report, Task, clear, do_task
from facesdk.errors import FaceSDKError


def build_engine(
    network: Path, reference: Reference, machine: Machine, folder: Path, report: Report
) -> Sidecar:
    """Build, time and compare an engine of each graph, and keep the fastest that passes.

    Args:
        network: the float32 graph; the others lie beside it (see `graph_files`).
        reference: the same graph in ONNX Runtime.
        machine: this one.
        folder: of the engines; unfinished work lies in its folder "work".
        report: called with lines of progress.

    Raises:
        FaceSDKError: no graph gave an engine that passes, with the reason of each; too little memory; the
            folder cannot be written.
    """
    check_memory()
    tasks = _tasks(network, reference, machine, folder / "work")
    side = reference.shape[3] if len(reference.shape) == 4 else 0
    inputs = sample_inputs(reference.shape)
    expected = reference_outputs(reference, inputs)
    try:
        tasks[0].folder.mkdir(parents=True, exist_ok=True)
        np.save(tasks[0].inputs, inputs)
    except OSError as error:
        raise FaceSDKError(
            f"{folder}: cannot be written ({error.strerror}); set FACESDK_ENGINES to a folder for engines"
        ) from error
    candidates = [_candidate(task, expected, side if isinstance(side, int) else 0, report) for task in tasks]
    passed = [one for one in candidates if not one.reason]
    if not passed:
        reasons = "; ".join(f"{one.precision}: {one.reason}" for one in candidates)
        raise FaceSDKError(f"{network.name}: no TensorRT engine passes ({reasons})")
    chosen = min(passed, key=lambda one: one.ms or 0.0)
    task = next(task for task in tasks if task.precision == chosen.precision)
    sidecar = _keep(task, chosen, candidates, reference, engine_path(folder, network), tasks)
    tasks[0].inputs.unlink()
    for task in tasks:
        clear(task)
    report(f"{network.stem}: {choice_of(sidecar)}", True)
    return sidecar


def choice_of(sidecar: Sidecar) -> str:
    """The chosen precision and what became of the others, in one line."""
    others = [
        f"{one.precision} {one.reason or f'{one.ms:.2f} ms'}"
        for one in sidecar.candidates
        if one.precision != sidecar.chosen.precision
    ]
    return f"{sidecar.chosen.precision} kept, {sidecar.chosen.ms:.2f} ms" + (
        f" ({'; '.join(others)})" if others else ""
    )


def _tasks(network: Path, reference: Reference, machine: Machine, work: Path) -> list[Task]:
    files = graph_files(network)
    return [
        Task(
            network=network.stem,
            graph=files[precision],
            precision=precision,
            profiles=[list(profile) for profile in profiles(reference.shape)],
            inputs=work / f"{network.stem}.inputs.npy",
            folder=work,
            machine=machine,
        )
        for precision in PRECISIONS
        if precision in files
    ]


def _candidate(task: Task, expected: dict[str, np.ndarray], side: int, report: Report) -> Candidate:
    work = do_task(task, report)
    if work.reason:
        report(f"{task.name}: {work.reason}", True)
        return Candidate(task.precision, build_seconds=round(work.seconds, 1), reason=work.reason)
    measured = compare(expected, work.outputs or {}, side)
    reason = beyond_limits(measured, task.precision)
    report(f"{task.name}: built in {work.seconds:.0f} s, {work.ms:.2f} ms, {reason or 'parity passed'}", True)
    return Candidate(task.precision, work.ms, measured, round(work.seconds, 1), reason)


def _keep(
    task: Task,
    chosen: Candidate,
    candidates: list[Candidate],
    reference: Reference,
    engine: Path,
    tasks: list[Task],
) -> Sidecar:
    plan = task.path("plan").read_bytes()
    sidecar = Sidecar(
        graphs={one.precision: file_hash(one.graph) for one in tasks},
        machine=task.machine,
        chosen=chosen,
        candidates=candidates,
        profiles=task.profiles,
        metadata=reference.metadata,
        engine_bytes=len(plan),
        engine_sha256=hashlib.sha256(plan).hexdigest(),
        built=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )
    write_engine(engine, plan, sidecar)
    return sidecar
