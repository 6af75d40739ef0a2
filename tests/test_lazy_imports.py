"""What must never be loaded at run time: it is what makes starting dear (python -m benchmarks.speed.run)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


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


def test_nothing_heavy_is_imported_at_run_time() -> None:
    code = (
        "import sys; from facesdk import FaceSDK; import facesdk.io.formats, facesdk.rendering.overlay; "
        "import facesdk.appearance.texture; "
        "print(sorted({'torch', 'matplotlib', 'scipy', 'skimage', 'pygltflib', 'PIL', 'onnxruntime'}"
        " & set(sys.modules)))"
    )
    assert python(code).strip() == "[]"
