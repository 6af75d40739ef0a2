"""Files and functions that fit on a screen or a few: 300 lines a module, 60 lines a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "facesdk").rglob("*.py"))
# Without csrc/ops: vectors written out for one instruction set are read side by side with their scalar form.
SOURCES = sorted(
    path
    for path in (ROOT / "csrc").rglob("*")
    if path.suffix in (".cpp", ".h") and path.relative_to(ROOT).parts[1] != "ops"
)
MAX_MODULE = 300
MAX_FUNCTION = 60
TYPE = re.compile(r"(struct|class|enum|union)\b.*{$")
OPENING = re.compile(r"[A-Za-z_~].*{$|\s{4,}\S.*\)( const)?( noexcept)? {$")  # the second after a line break
OTHER = re.compile(r"(namespace|extern|typedef)\b|.*= {$")


def python_functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of every function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def cpp_functions(text: str) -> Iterator[tuple[str, int]]:
    """First line and number of lines of every function, as clang-format lays them out.

    A body begins with a line that ends in "{" and ends with a "}" as far to the left as its function: at the
    margin, or one step from it within a class. Lines of a signature before the last one are not counted.
    """
    lines, begin = text.splitlines(), None
    for number, line in enumerate(lines):
        if begin is None and TYPE.match(line):
            begin = number + 1
        elif begin is not None and line.startswith("}"):
            inner, lines[begin:number] = lines[begin:number], [""] * (number - begin)
            yield from _bodies([line.removeprefix("  ") for line in inner])
            begin = None
    yield from _bodies(lines)


def _bodies(lines: list[str]) -> Iterator[tuple[str, int]]:
    begin = None
    for number, line in enumerate(lines):
        if line.startswith("}"):
            if begin is not None:
                yield lines[begin], number - begin + 1
            begin = None
        elif begin is None and OPENING.match(line) and not TYPE.match(line) and not OTHER.match(line):
            begin = number


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_MODULE
    assert not {name: lines for name, lines in python_functions(text) if lines > MAX_FUNCTION}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sources(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not {name: lines for name, lines in cpp_functions(text) if lines > MAX_FUNCTION}


def test_functions_are_found() -> None:
    """As many as a reader counts, in files of three kinds."""
    assert dict(python_functions((ROOT / "facesdk/core/quality.py").read_text()))["to_dict"] == 3
    align = dict(cpp_functions((ROOT / "csrc/pipeline/align.cpp").read_text()))
    assert len(align) >= 4
    assert max(align.values()) < MAX_FUNCTION
    body = "  a();\n" * 59
    long = {"void f(int a,\n       int b) {": 61, "void f() {": 61, "    int b) const {": 61}
    for head, lines in long.items():
        assert [n for _, n in cpp_functions(f"namespace n {{\n\n{head}\n{body}}}\n\n}}  // n\n")] == [lines]
    method = "class A {\n public:\n  void f() {\n" + "    a();\n" * 61 + "  }\n};\n"
    assert [lines for _, lines in cpp_functions(method)] == [63]
