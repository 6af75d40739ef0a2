"""Programs in C that check the API themselves; their sources say what each checks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.capi.conftest import Compile, call


@pytest.mark.parametrize("name", ["bad_input", "image_formats", "draw_faces", "allocator_hooks"])
def test_program_finds_no_fault(name: str, program: Compile, assets: Path, sample: Path) -> None:
    assert call(program(name), assets, sample) == ""


def test_eight_threads_get_the_bits_of_one(program: Compile, assets: Path, sample: Path) -> None:
    assert call(program("many_threads"), assets, sample, "12") == ""


def test_engines_made_and_freed(program: Compile, assets: Path, sample: Path) -> None:
    assert call(program("engine_lifetimes"), assets, sample, "40").startswith("wrong 0 ")


@pytest.mark.slow
def test_a_thousand_engines_made_and_freed(program: Compile, assets: Path, sample: Path) -> None:
    assert call(program("engine_lifetimes"), assets, sample, "1000").startswith("wrong 0 ")


def test_a_steady_frame_allocates_nothing(program: Compile, assets: Path, sample: Path) -> None:
    out = call(program("steady_allocations"), assets, sample, "1000")
    followed, first, steady = map(int, re.findall(r"\d+", out))
    assert followed == 1000
    assert first > 100  # the counter counts
    assert steady == 0, out


def valgrind(*command: str | Path) -> None:
    """Run a program under valgrind, which knows no AVX-512; any error or leak fails."""
    if shutil.which("valgrind") is None:
        pytest.skip("no valgrind")
    call(
        "valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=all", "--error-exitcode=9",
        *command, FACESDK_VECTOR_LEVEL="avx2",
    )  # fmt: skip


def test_valgrind_finds_no_leak(program: Compile, assets: Path, sample: Path) -> None:
    valgrind(program("result_digest"), assets, sample, "tiny")


@pytest.mark.slow
def test_valgrind_finds_no_leak_in_a_hundred_frames(program: Compile, assets: Path, sample: Path) -> None:
    valgrind(program("many_threads"), assets, sample, "12")
