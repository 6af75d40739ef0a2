"""The kernels on a real device: the CPU's bits, and no finding of compute-sanitizer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gpu.device_at_hand import why_no_device
from tests.gpu.device_build import device_programs, why_no_programs

pytestmark = pytest.mark.gpu
QUICK = "--test-case-exclude=*200 random meshes*"  # the sanitizers take some hundred times as long


@pytest.fixture(scope="session")
def programs() -> tuple[Path, Path]:
    reason = why_no_device() or why_no_programs()
    if reason is not None:
        pytest.skip(f"{reason}: the kernels were NOT run on a device")
    return device_programs()


def test_the_kernels_give_the_cpus_bits(programs: tuple[Path, Path]) -> None:
    done = subprocess.run([str(programs[0])], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.mark.parametrize("tool", ["memcheck", "racecheck"])
def test_the_sanitizer_finds_nothing(tool: str, programs: tuple[Path, Path]) -> None:
    sanitizer = shutil.which("compute-sanitizer")
    if sanitizer is None:
        pytest.skip(f"no compute-sanitizer: {tool} was NOT run")
    command = [sanitizer, f"--tool={tool}", "--error-exitcode=9", str(programs[0]), QUICK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_timings_have_every_kernel_and_its_bandwidth(programs: tuple[Path, Path]) -> None:
    done = subprocess.run([str(programs[1]), "64"], capture_output=True, text=True, timeout=120, check=True)
    report = json.loads(done.stdout)
    assert report["faces"] == 64
    assert report["copy_gb_per_s"] > 0
    assert {stage["name"] for stage in report["stages"]} == {"decode", "shade_and_project", "rasterize"}
    for stage in report["stages"]:
        assert 0 < stage["gb_per_s"] < 20 * report["copy_gb_per_s"]  # caches may be faster than memory
