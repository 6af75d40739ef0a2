"""Instructions by stage from counts by function; the counting itself needs an emulator and minutes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.aarch64.run import FEW, HERE, MANY, Core, _estimate, demangled, frame_by_stage

LOOP = """
.global main
.type main, %function
main: mov x0, #1000
1: subs x0, x0, #1
b.ne 1b
ret
.size main, .-main
"""


def test_a_frame_is_the_difference_of_two_runs_over_the_frames_between() -> None:
    names = {
        "a": "facesdk::(anonymous namespace)::conv_block<4, 4>",
        "b": "facesdk::rasterize_cpu",
        "c": "main",
    }
    frames = MANY - FEW
    few = {"a": 1_000, "b": 5_000}
    many = {"a": 1_000 + 3_000_000 * frames, "b": 5_000 + 2_000_000 * frames, "c": 500_000 * frames}
    stages = frame_by_stage(few, many, names)
    assert stages["network"] == pytest.approx(3.0)
    assert stages["draw"] == pytest.approx(2.0)
    assert stages["other"] == pytest.approx(0.5)
    assert sum(stages.values()) == pytest.approx(5.5)


def test_estimates_are_instructions_over_clock_and_rate() -> None:
    tracked, drawn = _estimate(Core("plain", 2.0, 1.5), {"network": 27.0, "draw": 3.0})
    assert (tracked, drawn) == (9.0, 10.0)


@pytest.mark.skipif(shutil.which("c++filt") is None, reason="c++filt is not installed")
def test_names_of_functions_without_their_arguments() -> None:
    names = demangled(["_ZN7facesdk13subdivide_cpuEi", "main"])
    assert names == {"_ZN7facesdk13subdivide_cpuEi": "facesdk::subdivide_cpu", "main": "main"}


@pytest.mark.skipif(
    shutil.which("qemu-aarch64") is None or shutil.which("aarch64-linux-gnu-gcc") is None,
    reason="aarch64's compiler or emulator is not installed",
)
def test_the_plugin_counts_a_loop(tmp_path: Path) -> None:
    plugin, program, out = tmp_path / "count.so", tmp_path / "loop", tmp_path / "counts"
    (tmp_path / "loop.s").write_text(LOOP)
    compiled = ["cc", "-O1", "-shared", "-fPIC", str(HERE / "count_instructions.c"), "-o", str(plugin)]
    subprocess.run(compiled, check=True)
    linked = ["aarch64-linux-gnu-gcc", "-static", str(tmp_path / "loop.s"), "-o", str(program)]
    subprocess.run(linked, check=True)
    subprocess.run(["qemu-aarch64", "-plugin", f"{plugin},out={out}", str(program)], check=True)
    counts = {symbol: int(number) for number, symbol in map(str.split, out.read_text().splitlines())}
    assert counts["main"] == 1 + 2 * 1000 + 1
