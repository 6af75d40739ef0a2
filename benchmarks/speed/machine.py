"""The machine that is timed: what it is, its vector level, and keeping a run on one core."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facesdk.cli.timing import fingerprint

# The names of csrc/common/cpu_features.h, highest first, and their flags in /proc/cpuinfo.
AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
VECTOR_LEVELS = (
    ("avx512_vnni", {*AVX512, "avx512_vnni"}),
    ("avx512", AVX512),
    ("avx_vnni", {"avx2", "avx_vnni"}),
    ("avx2", {"avx2"}),
    ("neon_dotprod", {"asimddp"}),
    ("plain", set[str]()),
)


def describe_machine() -> dict[str, Any]:
    """CPU, its vector level, cores, system and versions, without names or paths."""
    return {"vector level": vector_level(), **fingerprint()}


def vector_level(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The highest vector level of the CPU, capped by FACESDK_VECTOR_LEVEL as for the kernels."""
    flags: set[str] = set()
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("flags", "Features")):
                flags |= set(line.partition(":")[2].split())
    found = [name for name, needed in VECTOR_LEVELS if needed <= flags]
    cap = os.environ.get("FACESDK_VECTOR_LEVEL")
    return cap if cap in found else found[0]


def pin(core: int) -> None:
    """Start this program anew on one core, unless it runs there: libraries count cores when they load."""
    if os.sched_getaffinity(0) == {core}:
        return
    os.sched_setaffinity(0, {core})
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on its last core within the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def all_cores() -> Iterator[None]:
    """Let this process run on every core within the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
