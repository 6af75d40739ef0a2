"""The C API as a program outside sees it: an installed tree, programs compiled against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build" / "capi"  # kept between runs of the tests: only what changed is compiled again
PREFIX = BUILD / "installed"
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]

Compile = Callable[[str], Path]


def call(*command: str | Path, **environment: str) -> str:
    """Run a program; what it printed, if its exit code is 0."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def compiler() -> str:
    """The C compiler; the test is skipped, and says so, where there is none."""
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None or shutil.which("cmake") is None:
        pytest.skip("no C compiler or no cmake")
    return found


@pytest.fixture(scope="session")
def installed(compiler: str) -> Path:
    """The prefix of an installed tree: lib, include, share."""
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    shutil.rmtree(PREFIX, ignore_errors=True)
    call(
        "cmake", "-S", ROOT, "-B", BUILD, *generator, *launcher, "-DCMAKE_BUILD_TYPE=Release",
        "-DFACESDK_EXAMPLES=ON", f"-DCMAKE_INSTALL_PREFIX={PREFIX}", "-DCMAKE_INSTALL_LIBDIR=lib",
        f"-DPython_EXECUTABLE={sys.executable}",
    )  # fmt: skip
    call("cmake", "--build", BUILD, "--parallel", str(os.cpu_count() or 1))
    call("cmake", "--install", BUILD)
    return PREFIX


@pytest.fixture(scope="session")
def assets(installed: Path) -> Path:
    return installed / "share" / "facesdk" / "assets"


@pytest.fixture(scope="session")
def program(compiler: str, installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles a program of tests/capi/programs by its name, once."""
    folder = tmp_path_factory.mktemp("programs")

    def compile_program(name: str) -> Path:
        out = folder / name
        if not out.exists():
            call(
                compiler, "-std=c11", "-O2", *WARNINGS, f"-I{installed}/include",
                HERE / "programs" / f"{name}.c", ROOT / "examples" / "c" / "read_ppm.c", "-o", out,
                f"-L{installed}/lib", "-lfacesdk", f"-Wl,-rpath,{installed}/lib", "-pthread", "-lm",
            )  # fmt: skip
        return out

    return compile_program


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample as PPM."""
    import PIL.Image

    path = tmp_path_factory.mktemp("sample") / "sample.ppm"
    PIL.Image.open(ROOT / "facesdk" / "assets" / "sample.jpg").convert("RGB").save(path)
    return path
