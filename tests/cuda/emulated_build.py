"""The emulated grid's tests, built once and kept; and the same with kernels from other sources."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "cuda"  # kept between runs of the tests: only what changed is compiled again


def missing_tool() -> str | None:
    """What the build lacks here; None: nothing."""
    if sys.platform != "linux":
        return "the grid is emulated on Linux alone"
    if shutil.which("cmake") is None:
        return "no cmake"
    return None if shutil.which("g++") else "no g++, whose access checks the emulated grid needs"


def call(*command: str | Path) -> str:
    """Run a program; what it printed, if its exit code is 0."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def build_tests() -> Path:
    """Build the tests of kernels for the emulated grid; their program."""
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    call(
        "cmake", "-S", ROOT, "-B", BUILD, *generator, *launcher, "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_TESTING=ON", "-DFACESDK_CUDA=OFF", "-DFACESDK_C_API=OFF", "-DCMAKE_CXX_COMPILER=g++",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DPython_EXECUTABLE={sys.executable}",
    )  # fmt: skip
    jobs = str(os.cpu_count() or 1)
    call("cmake", "--build", BUILD, "--target", "facesdk_cuda_tests", "--parallel", jobs)
    return BUILD / "tests" / "cuda" / "facesdk_cuda_tests"


def _compile(source: Path, kernel: str, folder: Path) -> Path:
    """Compile a kernel as the build does, from another source; files of `folder` go before those of csrc."""
    original = ROOT / "csrc" / kernel
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    (entry,) = [entry for entry in commands if Path(entry["file"]) == original]
    words = shlex.split(entry["command"])
    out = folder / f"{Path(kernel).stem}.o"
    words[words.index("-o") + 1] = str(out)
    words[words.index("-c") + 1] = str(source)
    if "-MF" in words:
        words[words.index("-MF") + 1] = str(out.with_suffix(".d"))
    first = next(i for i, word in enumerate(words) if word.startswith("-I"))
    words.insert(first, f"-I{folder}")
    done = subprocess.run([*words, "-Wno-error"], cwd=entry["directory"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return out


def build_with(source: str, text: str, kernels: tuple[str, ...], folder: Path) -> Path:
    """Build the tests with `text` in the place of a source, under csrc, of these kernels."""
    copy = folder / source
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    objects = []
    for kernel in kernels:
        path = folder / kernel  # beside the copy, so that it includes that
        if kernel != source:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((ROOT / "csrc" / kernel).read_text())
        objects.append(_compile(path, kernel, folder))
    parts = BUILD / "tests" / "cuda" / "CMakeFiles"
    tests = [
        *(parts / "facesdk_emulation.dir").rglob("*.o"),
        *(parts / "facesdk_cuda_tests.dir").rglob("*.o"),
    ]
    # The faulty kernels go before the library with the sound ones, which then are not taken.
    libraries = [BUILD / "tests" / "cuda" / "libfacesdk_emulated_kernels.a", BUILD / "libfacesdk_ops.a"]
    program = folder / "facesdk_cuda_tests"
    call("g++", *objects, *tests, *libraries, "-pthread", "-ldl", "-o", program)
    return program
