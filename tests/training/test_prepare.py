"""The steps from photos to shards."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("rich")

from training.prepare import steps


def test_every_step_reads_what_earlier_ones_left() -> None:
    data, cache = Path("/d"), Path("/c")
    made: set[str] = set()
    for step in steps(data, cache, None, 10):
        module = step.command[2]
        assert importlib.util.find_spec(module) is not None, module
        options = dict(zip(step.command[3::2], step.command[4::2], strict=True))
        written = {options[name] for name in ("--out", "--fit", "--held-out") if name in options}
        for name in ("--labels", "--geometry", "--albedo", "--kept"):
            if name in options and options[name] not in written:
                assert options[name] in made, f"{step.name}: nothing has made {options[name]}"
        made |= written | {str(step.proof)}


def test_hand_made_points_come_after_the_light_of_the_other_photos() -> None:
    names = [step.name for step in steps(Path("/d"), Path("/c"), None, 10)]
    assert names.index("light") < names.index("hand points") < names.index("shards of hand points")
