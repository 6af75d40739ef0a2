"""The commands that docs/trainer.md names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("onnx")

from export.__main__ import app

TRAINER = Path(__file__).parents[2] / "docs" / "trainer.md"


def test_documented_commands_exist() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    named = set(re.findall(r"python -m export ([a-z][a-z-]*)", TRAINER.read_text(encoding="utf-8")))
    assert {"to-onnx", "quantize", "manifest"} <= named <= commands
