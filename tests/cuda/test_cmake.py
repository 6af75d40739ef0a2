"""How CMake finds CUDA: what is built with and without a compiler, and for which GPUs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "cmake" / "cuda.cmake"

pytestmark = pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake")


def configure(folder: Path, value: str) -> tuple[int, str]:
    """Configure a project that looks for CUDA where there is no compiler; exit code and output."""
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(finds_cuda CXX)\n"
        f'include("{MODULE.as_posix()}")\nmessage(STATUS "has: ${{FACESDK_HAS_CUDA}}")\n'
    )
    command = ["cmake", "-S", str(folder), "-B", str(folder / "build"), f"-DFACESDK_CUDA={value}"]
    environment = {**os.environ, "CUDACXX": str(folder / "no-such-compiler")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("value", ["AUTO", "auto", "OFF"])
def test_without_a_compiler_there_are_no_kernels(value: str, tmp_path: Path) -> None:
    code, output = configure(tmp_path, value)
    assert code == 0, output
    assert "CUDA kernels: not built" in output
    assert "has: OFF" in output


def test_on_without_a_compiler_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    code, output = configure(tmp_path, "ON")
    assert code != 0
    assert "put nvcc on the PATH or set CUDACXX, or set FACESDK_CUDA=OFF" in output


def test_another_value_is_an_error(tmp_path: Path) -> None:
    code, output = configure(tmp_path, "YES")
    assert code != 0
    assert "FACESDK_CUDA: got YES, expected AUTO, ON or OFF" in output


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("11.4.315", "53-real 72-real 75-real 80-real 86-real 87-real 75-virtual"),
        ("12.6.68", "53-real 72-real 75-real 80-real 86-real 87-real 89-real 90-real 75-virtual"),
        (
            "12.8.93",
            "53-real 72-real 75-real 80-real 86-real 87-real 89-real 90-real 100-real 120-real 75-virtual",
        ),
        (
            "13.0.88",
            "75-real 80-real 86-real 87-real 89-real 90-real 100-real 120-real 110-real 75-virtual",
        ),
    ],
)
def test_architectures_by_the_compilers_release(release: str, expected: str, tmp_path: Path) -> None:
    script = tmp_path / "list.cmake"
    script.write_text(
        f'include("{MODULE.as_posix()}")\nfacesdk_cuda_architectures({release} found)\n'
        'message(STATUS "for: ${found}")\n'
    )
    done = subprocess.run(
        ["cmake", "-DFACESDK_CUDA=OFF", "-P", str(script)], capture_output=True, text=True, check=True
    )
    assert f"for: {expected.replace(' ', ';')}\n" in done.stdout
