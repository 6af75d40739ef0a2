"""Settings that every training run has, and their TOML files."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = TypeVar("Kind")


@dataclasses.dataclass(frozen=True)
class LoopSettings:
    """One run; `minutes` (or `steps`, where minutes is 0) spans warm-up, cosine and the frozen end."""

    minutes: float = 0.0
    steps: int = 20_000
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    beta1: float = 0.9  # of Adam: how long gradients are remembered
    warmup_steps: int = 200
    clip: float = 30.0  # largest norm of the gradient
    average: float = 0.999  # decay of the averaged weights per step
    seed: int = 1
    evaluate_minutes: float = 5.0
    save_minutes: float = 1.0
    freeze_norm_at: float = 0.9  # share of the run from which batch norms use their running statistics


def load_settings(kind: type[Kind], path: Path, **overrides: Any) -> Kind:
    """Read a TOML file into a dataclass whose fields may be dataclasses; None overrides nothing.

    Raises:
        ValueError: for a name that the dataclass does not have.
    """
    with path.open("rb") as file:
        values: dict[str, Any] = tomllib.load(file)
    return make_settings(kind, values | {k: v for k, v in overrides.items() if v is not None})


def make_settings(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """A dataclass from the values of a TOML table: tables become dataclasses, arrays tuples.

    Raises:
        ValueError: for a name that the dataclass does not have.
    """
    types = typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(
            f"unknown setting {', '.join(unknown)} of {kind.__name__}: known are {sorted(known)}"
        )
    return kind(**{name: _converted(types[name], value) for name, value in values.items()})


def _converted(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        return make_settings(typing.cast("type[Any]", kind), value)
    if isinstance(value, list):
        return tuple(_converted(None, one) for one in value)
    return value
