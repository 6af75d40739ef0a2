"""What starting costs, and the memory of a tracking loop: each in a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

# VmHWM: the peak of this program alone; the resource module's peak starts from that of its parent.
START = """
import json, time
start = time.perf_counter()
from facesdk import FaceSDK
imported = time.perf_counter()
sdk = FaceSDK({arguments})
made = time.perf_counter()
from facesdk import manifest
sdk.reconstruct(manifest.asset_path(manifest.SAMPLE))
print(json.dumps({{"import_s": imported - start, "construct_s": made - imported,
                  "first_photo_s": time.perf_counter() - made}}))
"""
LOOP = """
import json
from facesdk import FaceSDK, manifest
from facesdk.io.image import load_image

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024

sdk, photo = FaceSDK(), load_image(manifest.asset_path(manifest.SAMPLE))
early = {frames} // 10
for _ in range(early):
    sdk.track(photo).faces[0].landmarks_px
before = peak()
for _ in range({frames} - early):
    sdk.track(photo).faces[0].landmarks_px
print(json.dumps({{"peak_mb": peak(), "growth_mb": peak() - before}}))
"""


def fresh(code: str) -> dict[str, float]:
    """The JSON that some code prints in a fresh interpreter, in a folder where the package is not."""
    folder = tempfile.gettempdir()
    # pip compiles what it installs; the sources of a clone would be compiled anew by every interpreter that
    # may not write beside them.
    bytecode = {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": os.path.join(folder, "facesdk-bytecode"),
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **bytecode},
    )
    if run.returncode:
        raise SystemExit(run.stderr.strip().splitlines()[-1])
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def cold_start(runs: int = 5) -> dict[str, float]:
    """Median seconds of the import, of FaceSDK() and of the first photo."""
    fresh(START.format(arguments=""))  # the files come into the system's cache
    each = [fresh(START.format(arguments="")) for _ in range(runs)]
    return {name: float(np.median([one[name] for one in each])) for name in each[0]}


def memory(frames: int) -> dict[str, float]:
    """Peak megabytes of a tracking loop, and how much of it came after its first tenth."""
    return fresh(LOOP.format(frames=max(frames, 10)))
