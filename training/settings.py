"""Settings of a training run, read from a TOML file; every name has its default here."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from training.augment import Jitter
from training.losses.fit import Weights
from training.losses.paper import PaperWeights
from training.photometry import Photometry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Settings:
    """One run; `minutes` (or `steps`, where minutes is 0) spans warm-up, cosine and the frozen end."""

    preset: str = "default"
    minutes: float = 0.0
    steps: int = 20_000
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 200
    clip: float = 30.0
    average: float = 0.999
    autocast: bool = False
    seed: int = 1
    # --init also gives the outputs' mean and scale: for short runs from a trained network.
    keep_statistics: bool = False
    held_out: float = 0.03
    evaluate_rows: int = 512
    evaluate_minutes: float = 5.0
    save_minutes: float = 1.0
    freeze_norm_at: float = 0.9
    # Parts of the network, by name, that keep their weights and norms: low-level features of a trained
    # network need no change, and a step is a third cheaper without stem and units.
    freeze: tuple[str, ...] = ()
    # Input side from each share of the run on: small crops first, twice the pictures a second.
    sizes: tuple[tuple[float, int], ...] = ((0.0, 64), (0.45, 96))
    # How much more often a row of a set is drawn; sets not named count 1.
    set_weights: dict[str, float] = field(default_factory=dict)
    # Rows at yaw 90 degrees are drawn 1 + yaw_boost times as often as frontal ones.
    yaw_boost: float = 1.0
    # Rows whose eyes are shut are drawn 1 + closed_eyes_boost times as often: photos show few of them.
    closed_eyes_boost: float = 0.0
    jitter: Jitter = field(default_factory=Jitter)
    photometry: Photometry = field(default_factory=Photometry)
    weights: Weights = field(default_factory=Weights)
    paper: PaperWeights = field(default_factory=PaperWeights)


def load_settings(path: Path, **overrides: Any) -> Settings:
    """Read a TOML file; a name that does not exist is an error, not a silent default."""
    with path.open("rb") as file:
        values: dict[str, Any] = tomllib.load(file)
    kinds = {"jitter": Jitter, "photometry": Photometry, "weights": Weights, "paper": PaperWeights}
    for name, kind in kinds.items():
        if name in values:
            values[name] = _make(kind, values[name])
    if "sizes" in values:
        values["sizes"] = tuple((float(a), int(b)) for a, b in values["sizes"])
    if "freeze" in values:
        values["freeze"] = tuple(str(name) for name in values["freeze"])
    made: Settings = _make(Settings, values | {k: v for k, v in overrides.items() if v is not None})
    return made


def _make(kind: Any, values: dict[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(
            f"unknown setting {', '.join(unknown)} of {kind.__name__}: known are {sorted(known)}"
        )
    return kind(**values)
