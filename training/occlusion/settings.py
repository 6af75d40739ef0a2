"""Settings of a training run of N_mask, read from a TOML file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from training.augment import Jitter
from training.occlusion.compose import Mixture
from training.photometry import Photometry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class MaskSettings:
    """One run; `minutes` (or `steps`, where minutes is 0) spans warm-up, cosine and the frozen end."""

    minutes: float = 0.0
    steps: int = 4000
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 100
    average: float = 0.998
    seed: int = 1
    held_out: float = 0.03
    evaluate_rows: int = 256
    evaluate_minutes: float = 10.0
    save_minutes: float = 5.0
    freeze_norm_at: float = 0.9
    # Share of each batch from photos with hand-made pixel maps, and from faces with hidden landmarks.
    mapped: float = 0.15
    hidden: float = 0.20
    dice: float = 0.3
    points: float = 0.3
    # Weight of bare pixels above the brows: hair there is unlabelled in most sets.
    forehead: float = 0.25
    jitter: Jitter = field(default_factory=Jitter)
    photometry: Photometry = field(default_factory=lambda: Photometry(occluder=0.0, mask=0.0, glasses=0.0))
    mixture: Mixture = field(default_factory=Mixture)


def load_mask_settings(path: Path, **overrides: Any) -> MaskSettings:
    """Read a TOML file; a name that does not exist is an error.

    Raises:
        ValueError: for an unknown name.
    """
    with path.open("rb") as file:
        values: dict[str, Any] = tomllib.load(file)
    kinds = {"jitter": Jitter, "photometry": Photometry, "mixture": Mixture}
    for name, kind in kinds.items():
        if name in values:
            values[name] = _make(kind, values[name])
    made: MaskSettings = _make(MaskSettings, values | {k: v for k, v in overrides.items() if v is not None})
    return made


def _make(kind: Any, values: dict[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(
            f"unknown setting {', '.join(unknown)} of {kind.__name__}: known are {sorted(known)}"
        )
    return kind(**values)
