"""docs/how-it-works.md names what there is: files, tests, benchmarks, and every stage of the pipeline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("typer")

from benchmarks.__main__ import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and "`" in line
]


def test_each_arrow_has_one_file_one_test_and_one_benchmark() -> None:
    commands = {command.name for command in app.registered_commands}
    assert len(ROWS) >= 13
    for _, source, test, benchmark in ROWS:
        for cell, folder in ((source, "csrc/"), (test, "tests/")):
            (path,) = re.findall(r"`([^`]+)`", cell)
            assert path.startswith(folder)
            assert (ROOT / path).is_file(), path
        (command,) = re.findall(r"`(?:python -m benchmarks )?([a-z-]+)`", benchmark)
        assert command in commands


def test_each_file_of_the_pipeline_is_named() -> None:
    for path in (ROOT / "csrc" / "pipeline").glob("*.cpp"):
        assert f"`{path.name}`" in PAGE or f"/{path.name}`" in PAGE, path.name


def test_the_arrows_are_the_rows() -> None:
    arrows = " ".join(line for line in PAGE.splitlines() if line.startswith("    "))
    for name, *_ in ROWS:
        assert name in arrows, name
