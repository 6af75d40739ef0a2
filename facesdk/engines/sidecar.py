"""An engine's JSON: from which graph, where and how it was built, and how it compares."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facesdk.engines.machine import Machine

FORMAT = 1  # of this file and of what `build` does with a graph


@dataclass(frozen=True)
class Candidate:
    """An engine of one precision, or why there is none."""

    precision: str
    ms: float | None = None  # median of a run of one item; None where none was built
    parity: dict[str, float] = field(default_factory=dict)  # see facesdk/engines/parity.py
    build_seconds: float = 0.0
    reason: str = ""  # why it cannot be kept; "" where it can


@dataclass(frozen=True)
class Sidecar:
    """What is known of an engine."""

    graphs: dict[str, str]  # precision -> SHA-256 of the graph, of all that there were
    machine: Machine
    chosen: Candidate
    candidates: list[Candidate]
    profiles: list[Any]
    metadata: str  # the graph's "facesdk" entry
    engine_bytes: int
    engine_sha256: str
    built: str  # date and time, UTC
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """The content of the file."""
        return asdict(self)


def read_sidecar(path: Path) -> Sidecar | None:
    """Read an engine's JSON; None where it is missing, damaged or of another format."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["machine"] = Machine(**content["machine"])
        content["chosen"] = Candidate(**content["chosen"])
        content["candidates"] = [Candidate(**one) for one in content["candidates"]]
        sidecar = Sidecar(**content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sidecar if sidecar.format == FORMAT else None
