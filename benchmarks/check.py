"""Figures against their bounds: one line each, as every benchmark's --check prints them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BOUNDS = Path(__file__).parent / "bounds.toml"


def read_bounds(table: str, path: Path = BOUNDS) -> dict[str, dict[str, float]]:
    """The bounds of one benchmark: name -> {"min": value} or {"max": value}, or both."""
    with path.open("rb") as file:
        everything: dict[str, Any] = tomllib.load(file)
    return dict(everything.get(table, {}))


def check(table: str, figures: dict[str, float], path: Path = BOUNDS) -> bool:
    """Print name, value, bound and ok or SHORT for each bound of the table; True if none falls short.

    A bounded figure that was not measured falls short.
    """
    good = True
    for name, bound in read_bounds(table, path).items():
        value = figures.get(name, float("nan"))
        for kind, limit in bound.items():
            ok = value >= limit if kind == "min" else value <= limit
            good &= ok
            sign = ">=" if kind == "min" else "<="
            print(f"{table}.{name:28s} {value:10.4g}  {sign} {limit:<8g} {'ok' if ok else 'SHORT'}")
    return good
