"""Compiles the plugin and the test doubles, and runs Python where the doubles are what the loader finds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.tensorrt.fake.interface_defaults import write_defaults

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = ROOT / "csrc" / "tensorrt"


@dataclass(frozen=True)
class Double:
    """A plugin and the libraries that it opens, in one folder."""

    version: str
    plugin: Path
    libraries: Path  # folder of libcuda.so.1, libnvinfer.so.N and libnvonnxparser.so.N
    major: int

    def command(self, *arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run the command `facesdk` with the doubles; settings are environment variables."""
        words = ["facesdk", *map(str, arguments)]
        code = f"import sys; sys.argv = {words!r}; from facesdk.cli.main import main; main()"
        return self.run(code, **settings)

    def run(self, code: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run Python with the doubles on the loader's path; settings are environment variables."""
        given = {name: str(value) for name, value in settings.items()}
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {
            "LD_LIBRARY_PATH": str(self.libraries),
            "FACESDK_TENSORRT_PLUGIN": str(self.plugin),
            "PYTHONPATH": path,
        }
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment | given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def compile_double(version: str, headers: Path, folder: Path) -> Double:
    """Compile plugin and doubles against the headers of one version.

    Raises:
        AssertionError: something does not compile without a warning; with the compiler's words.
    """
    write_defaults(headers, folder / "defaults.h")
    made = compile_plugin(version, headers, folder)
    infer = made.libraries / f"libnvinfer.so.{made.major}"
    fake = [str(HERE / "fake" / "libnvinfer.cpp"), "-w", "-I", str(folder)]
    _compile([*fake, *_headers_first(headers)], infer)
    (made.libraries / f"libnvonnxparser.so.{made.major}").symlink_to(infer)
    return made


def compile_plugin(version: str, headers: Path, folder: Path) -> Double:
    """Compile the plugin and the driver's double, without one of TensorRT; errors as `compile_double`."""
    plugin, libraries = folder / "plugin.so", folder / "libraries"
    libraries.mkdir()
    sources = [str(SOURCES / name) for name in ("plugin.cpp", "plugin_builder.cpp", "plugin_library.cpp")]
    strict = ["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations"]
    _compile([*sources, *strict, *_headers_first(headers), "-I", str(ROOT / "csrc")], plugin)
    _compile([str(HERE / "fake" / "libcuda.cpp"), "-Wall", "-Werror"], libraries / "libcuda.so.1")
    return Double(version, plugin, libraries, _major(headers))


def _headers_first(headers: Path) -> list[str]:
    return ["-isystem", str(headers), "-isystem", str(SOURCES / "cuda_types")]


def _compile(arguments: list[str], out: Path) -> None:
    command = ["g++", "-std=c++17", "-O0", "-fPIC", "-shared", *arguments, "-o", str(out), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def _major(headers: Path) -> int:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(headers.glob("NvInfer*.h")))
    for name in ("NV_TENSORRT_MAJOR", "TRT_MAJOR_ENTERPRISE"):
        found = re.search(rf"#define {name} (\d+)", text)
        if found is not None:
            return int(found[1])
    raise AssertionError(f"no version in {headers}")
