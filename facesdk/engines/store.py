"""The folder of engines: written whole, read only if they are what their JSON says and fit the machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from facesdk.engines.graphs import file_hash
from facesdk.engines.machine import Machine
from facesdk.engines.sidecar import Sidecar, read_sidecar
from facesdk.io.atomic_write import write_atomic
from facesdk.io.json import write_json


def store_folder() -> Path:
    """Folder of the engines: FACESDK_ENGINES, or facesdk/engines in the user's cache."""
    given = os.environ.get("FACESDK_ENGINES")
    if given:
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "facesdk" / "engines"


def engine_path(folder: Path, network: Path) -> Path:
    """Where the engine of a network lies; its JSON is beside it."""
    return folder / f"{network.stem}.engine"


def sidecar_path(engine: Path) -> Path:
    """Where an engine's JSON lies."""
    return engine.with_suffix(".engine.json")


def write_engine(engine: Path, plan: bytes, sidecar: Sidecar) -> None:
    """Write an engine and its JSON, each whole; in between, the engine counts as damaged.

    Raises:
        FaceSDKError: they cannot be written.
    """
    write_atomic(engine, plan)
    write_json(sidecar_path(engine), sidecar.to_json())


def unfit_reason(engine: Path, machine: Machine, graphs: dict[str, Path]) -> str:
    """Why an engine cannot be used here, "" where it can.

    Args:
        engine: its path.
        machine: the one that it is to run on.
        graphs: precision -> file, those of today.
    """
    sidecar = read_sidecar(sidecar_path(engine))
    if not engine.is_file():
        return "not built yet"
    if sidecar is None:
        return "its JSON is missing, damaged or of another version of facesdk"
    if {name: file_hash(path) for name, path in graphs.items()} != sidecar.graphs:
        return "stale: the network's graphs are others than it was built from"
    differences = machine.differences(sidecar.machine)
    if differences:
        return f"stale: {'; '.join(differences)}"
    return damage(engine, sidecar)


def damage(engine: Path, sidecar: Sidecar) -> str:
    """What is wrong with an engine's file, "" where nothing is."""
    plan = engine.read_bytes()
    if len(plan) != sidecar.engine_bytes:
        return f"damaged: {len(plan)} bytes, expected {sidecar.engine_bytes}"
    if hashlib.sha256(plan).hexdigest() != sidecar.engine_sha256:
        return "damaged: its bytes are others than were written"
    return ""


def list_engines(folder: Path) -> list[Path]:
    """The engines of a folder, by name."""
    return sorted(folder.glob("*.engine"))
