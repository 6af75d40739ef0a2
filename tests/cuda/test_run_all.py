"""The script that runs all that needs a GPU: its steps on the emulated grid, and what it says without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cuda import emulated_build
from tests.gpu import run_all
from tests.gpu.device_at_hand import why_no_device


def test_without_a_gpu_it_says_that_nothing_was_run(tmp_path: Path) -> None:
    if why_no_device() is None:
        pytest.skip("there is a GPU here")
    done = subprocess.run(
        [sys.executable, "-m", "tests.gpu.run_all", "--out", str(tmp_path)],
        cwd=emulated_build.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 3
    assert "nothing was run" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_takes_too_long_is_stopped() -> None:
    step = run_all.run_step([sys.executable, "-c", "import time; time.sleep(60)"], 0.5)
    assert step["exit_code"] is None
    assert step["seconds"] < 30
    assert "stopped" in step["report"]


def test_a_step_that_fails_is_told_from_one_that_passes() -> None:
    assert run_all.run_step([sys.executable, "-c", "print('well')"], 60.0)["exit_code"] == 0
    failed = run_all.run_step([sys.executable, "-c", "raise SystemExit('badly')"], 60.0)
    assert failed["exit_code"] == 1
    assert "badly" in failed["report"]


@pytest.mark.slow
def test_its_steps_on_the_emulated_grid(tmp_path: Path) -> None:
    missing = emulated_build.missing_tool()
    if missing is not None:
        pytest.skip(f"{missing}: the steps were NOT tried")
    done = subprocess.run(
        [sys.executable, "-m", "tests.gpu.run_all", "--emulated", "--out", str(tmp_path)],
        cwd=emulated_build.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "cuda_emulated_grid.json").read_text())
    assert set(record["steps"]) == {"tests", "timings"}
    assert {stage["name"] for stage in record["timings"]["stages"]} == {
        "decode",
        "shade_and_project",
        "rasterize",
    }
