"""What starting costs, and what must never be loaded at run time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from facesdk import manifest

# Processor time, because a shared machine's clock says more about its neighbours; the budgets hold for the
# development machine, and another one may be this much slower.
SLACK = 2.0
NEEDED = (manifest.NETWORK, manifest.FACE_MODEL, manifest.DETECTOR)


def python(code: str) -> str:
    """Output of a fresh interpreter in another folder, so that the installed package is used."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=tempfile.gettempdir(),
    )
    return run.stdout


def best_of(code: str, runs: int = 5) -> float:
    return min(float(python(code)) for _ in range(runs))


def bundled() -> bool:
    return all((Path(manifest.ASSETS) / name).is_file() for name in NEEDED)


def test_import_is_quick() -> None:
    code = "import time; t = time.process_time(); from facesdk import FaceSDK; print(time.process_time() - t)"
    assert best_of(code) < 0.15 * SLACK


def test_construction_is_quick() -> None:
    if not bundled():
        pytest.skip("the bundled networks are not here")
    code = (
        "import time; from facesdk import FaceSDK; t = time.process_time(); FaceSDK(); "
        "print(time.process_time() - t)"
    )
    assert best_of(code) < 0.25 * SLACK


def test_nothing_heavy_is_imported_at_run_time() -> None:
    code = (
        "import sys; from facesdk import FaceSDK; import facesdk.files, facesdk.draw, facesdk.texture; "
        "print(sorted({'torch', 'matplotlib', 'scipy', 'skimage', 'pygltflib', 'PIL', 'onnxruntime'}"
        " & set(sys.modules)))"
    )
    assert python(code).strip() == "[]"
