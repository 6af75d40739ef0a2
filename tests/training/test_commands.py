# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The commands that docs/trainer.md names exist, and each is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

for package in ("torch", "scipy", "onnxruntime"):
    pytest.importorskip(package)

from training.__main__ import app

ROOT = Path(__file__).parents[2]


def named_in(*documents: str) -> set[str]:
    text = "".join((ROOT / document).read_text(encoding="utf-8") for document in documents)
    return set(re.findall(r"python -m training ([a-z][a-z0-9-]*)", text))


def test_documented_commands_are_the_commands() -> None:
    commands = {command.name for command in app.registered_commands}
    assert named_in("docs/trainer.md") == commands
    assert named_in("README.md", "docs/tried.md", "docs/benchmarks.md") <= commands
