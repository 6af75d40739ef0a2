"""The tests and timings of kernels, built by nvcc for the GPU at hand."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.cuda.emulated_build import BUILD as EMULATED
from tests.cuda.emulated_build import ROOT, call

BUILD = ROOT / "build" / "gpu"
# A folder with facesdk_device_tests and facesdk_device_timings, for machines without a compiler.
PREBUILT = "FACESDK_DEVICE_PROGRAMS"


def why_no_programs() -> str | None:
    """The reason why the programs can neither be built nor are there; None: they can or are."""
    if os.environ.get(PREBUILT) or (shutil.which("nvcc") and shutil.which("cmake")):
        return None
    return f"no nvcc or no cmake, and {PREBUILT} names no folder with the programs"


def device_programs(architectures: str = "native") -> tuple[Path, Path]:
    """Programs of the tests and of the timings on a device; built where they are not given."""
    prebuilt = os.environ.get(PREBUILT)
    if prebuilt:
        return Path(prebuilt) / "facesdk_device_tests", Path(prebuilt) / "facesdk_device_timings"
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    call(
        "cmake", "-S", ROOT, "-B", BUILD, *generator, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON",
        "-DFACESDK_CUDA=ON", f"-DCMAKE_CUDA_ARCHITECTURES={architectures}", "-DFACESDK_C_API=OFF",
        f"-DPython_EXECUTABLE={sys.executable}",
    )  # fmt: skip
    targets = ["facesdk_device_tests", "facesdk_device_timings"]
    call("cmake", "--build", BUILD, "--target", *targets, "--parallel", str(os.cpu_count() or 1))
    folder = BUILD / "tests" / "cuda"
    return folder / targets[0], folder / targets[1]


def emulated_programs() -> tuple[Path, Path]:
    """The same on the emulated grid."""
    from tests.cuda.emulated_build import build_tests

    tests = build_tests()
    call("cmake", "--build", EMULATED, "--target", "facesdk_emulated_timings")
    return tests, tests.with_name("facesdk_emulated_timings")
