"""The commands that the documentation names exist, and each is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

for package in ("scipy", "skimage"):
    pytest.importorskip(package)

from benchmarks.__main__ import app  # noqa: E402 (after the optional imports)

ROOT = Path(__file__).parents[2]


def named_in(*documents: str) -> set[str]:
    text = "".join((ROOT / document).read_text(encoding="utf-8") for document in documents)
    return set(re.findall(r"python -m benchmarks ([a-z][a-z0-9-]*)", text))


def test_documented_commands_are_the_commands() -> None:
    commands = {command.name for command in app.registered_commands}
    assert named_in("docs/benchmarks.md") == commands
    assert named_in("README.md", "docs/trainer.md") <= commands
