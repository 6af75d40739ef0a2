"""Run all that needs a GPU, within ten minutes, and write a record with the device's name and the commit.

python -m tests.gpu.run_all                        # needs a GPU, and nvcc or programs built before
python -m tests.gpu.run_all --emulated             # the same steps on the emulated grid
python -m tests.gpu.run_all --out benchmarks/results
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.gpu.device_at_hand import device_name, why_no_device
from tests.gpu.device_build import ROOT, device_programs, emulated_programs, why_no_programs
from tests.gpu.test_kernels import QUICK

BUDGET_S = 570.0  # of ten minutes
TAIL = 2000  # characters of a step's report that are kept


def commit() -> str:
    """The commit that is checked out, with a mark if files differ from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def steps(tests: Path, timings: Path, emulated: bool) -> list[tuple[str, list[str]]]:
    """Name and command of every step, the most telling first."""
    out = [("tests", [str(tests)]), ("timings", [str(timings), "1" if emulated else "64"])]
    sanitizer = None if emulated else shutil.which("compute-sanitizer")
    for tool in ("memcheck", "racecheck") if sanitizer else ():
        out.append((tool, [str(sanitizer), f"--tool={tool}", "--error-exitcode=9", str(tests), QUICK]))
    return out


def run_step(command: list[str], left_s: float) -> dict[str, Any]:
    """Run one step within the time that is left; its exit code (None: stopped), seconds and report."""
    start = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=left_s)
        code, report = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        code, report = None, "stopped: the ten minutes are over"
    return {"exit_code": code, "seconds": round(time.perf_counter() - start, 1), "report": report}


def run_all(emulated: bool) -> dict[str, Any]:
    """Build, run every step, and gather what they give."""
    start = time.perf_counter()
    tests, timings = emulated_programs() if emulated else device_programs()
    record: dict[str, Any] = {
        "device": "emulated grid" if emulated else device_name(),
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "build_seconds": round(time.perf_counter() - start, 1),
        "steps": {},
    }
    for name, command in steps(tests, timings, emulated):
        left = BUDGET_S - (time.perf_counter() - start)
        step = run_step(command, max(left, 1.0))
        if name == "timings" and step["exit_code"] == 0:
            record["timings"] = json.loads(step.pop("report"))
        else:
            step["report"] = step["report"][-TAIL:]
        record["steps"][name] = step
        print(f"{name}: exit code {step['exit_code']}, {step['seconds']} s", flush=True)
    return record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--emulated", action="store_true", help="on the emulated grid, without a GPU")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the record")
    arguments = parser.parse_args()
    reason = None if arguments.emulated else why_no_device() or why_no_programs()
    if reason is not None:
        print(f"{reason}: nothing was run; --emulated runs the same steps without a GPU", file=sys.stderr)
        return 3
    record = run_all(arguments.emulated)
    name = re.sub(r"[^a-z0-9]+", "_", str(record["device"]).lower()).strip("_")
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"cuda_{name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")
    return 0 if all(step["exit_code"] == 0 for step in record["steps"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
