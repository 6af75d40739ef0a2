# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The steps from photos to shards."""

from __future__ import annotations

from pathlib import Path

import pytest

for package in ("torch", "rich"):
    pytest.importorskip(package)

import typer

from training.__main__ import app
from training.prepare import steps


def test_every_step_reads_what_earlier_ones_left() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    made: set[str] = set()
    for step in steps(Path("/d"), Path("/c"), Path("/env/bin/python"), 10):
        known = {name for option in commands[step.command].params for name in option.opts}
        assert {f"--{name}" for name in step.options} <= known, step
        needed = {f"--{p.name}" for p in commands[step.command].params if p.required}
        assert len(needed) <= len(step.options)
        written = {step.options[name] for name in ("out", "fit", "held-out") if name in step.options}
        if step.command == "label-photos":
            written.add("/c/places.npz")
        for name in ("labels", "geometry", "albedo", "detail", "places", "identity", "kept"):
            if name in step.options and step.options[name] not in written:
                assert step.options[name] in made, f"{step.command}: nothing has made {step.options[name]}"
        made |= written | {str(step.proof)}


def test_hand_made_points_come_after_the_light_of_the_other_photos() -> None:
    names = [step.command for step in steps(Path("/d"), Path("/c"), None, 10)]
    assert "teach-mediapipe" not in names
    assert names.index("albedo") < names.index("label-hand-points")
    assert names[-1] == "pack-shards"
