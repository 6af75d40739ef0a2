"""Options(device="cuda"), and the search for the driver: reasons and remedies, by a double of the driver."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from facesdk import BackendUnavailable, FaceSDK, InvalidOptions, Options
from facesdk.inference.device import checked_kernels, cuda_state

HERE = Path(__file__).parent
CSRC = HERE.parents[1] / "csrc"

Probe = Callable[..., str]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Runs the probe of a build with kernels; keywords: what the driver's double says, none: no driver."""
    compiler, c_compiler = (
        shutil.which("g++") or shutil.which("c++"),
        shutil.which("gcc") or shutil.which("cc"),
    )
    if compiler is None or c_compiler is None or os.uname().sysname != "Linux":
        pytest.skip("no compiler for the double of the driver")
    folder = tmp_path_factory.mktemp("driver")
    source = [str(HERE / "device_state_main.cpp"), str(CSRC / "cuda" / "device_state.cpp"), "-ldl"]
    flags = ["-std=c++17", f"-I{CSRC}", "-Wall", "-Wextra", "-Werror"]
    for name, release in {"with": ["-DFACESDK_CUDA_RELEASE=13000"], "without": []}.items():
        subprocess.run([compiler, *flags, *release, *source, "-o", str(folder / name)], check=True)
    library = folder / "libcuda.so.1"
    subprocess.run(
        [c_compiler, "-shared", "-fPIC", str(HERE / "fake_driver.c"), "-o", str(library)], check=True
    )

    def run(program: str = "with", **double: str) -> str:
        environment = {**os.environ, **double}
        if double:
            environment["LD_LIBRARY_PATH"] = str(folder)
        done = subprocess.run(
            [str(folder / program)], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return run


@pytest.mark.parametrize(
    ("release", "start", "devices", "state", "words"),
    [
        (13000, 0, 1, 0, "Fake GPU 0, compute capability 8.7, driver for CUDA 13.0, kernels by CUDA 13.0"),
        (13020, 0, 2, 0, "driver for CUDA 13.2"),
        (14000, 0, 1, 0, "driver for CUDA 14.0"),
        (12060, 0, 1, 3, "driver too old: it is for CUDA 12.6, the kernels need 13.0 or later: update"),
        (13000, 100, 0, 4, "finds no GPU (cuInit gives 100)"),
        (13000, 0, 0, 4, "finds no GPU (cuInit gives 0)"),
    ],
)
def test_what_the_driver_says(
    probe: Probe, release: int, start: int, devices: int, state: int, words: str
) -> None:
    found = probe(FAKE_RELEASE=str(release), FAKE_INIT=str(start), FAKE_DEVICES=str(devices))
    assert found.startswith(f"{state} ")
    assert words in found


def test_a_build_without_kernels_says_so_whatever_the_driver(probe: Probe) -> None:
    found = probe("without", FAKE_RELEASE="13000", FAKE_DEVICES="1")
    assert found.startswith("1 this build has no CUDA kernels: build facesdk where nvcc is")


def test_no_driver(probe: Probe) -> None:
    found = probe()
    if not found.startswith("2 "):
        pytest.skip(f"there is a driver here: {found}")
    assert "no NVIDIA driver on this machine" in found


def test_device_cuda_is_refused_with_reason_and_remedy() -> None:
    state = cuda_state()
    with pytest.raises(BackendUnavailable) as error:
        FaceSDK(Options(device="cuda"))
    assert state.details in str(error.value)
    assert "use device='cpu'" in str(error.value)
    assert "\n" not in str(error.value)
    if not state.built:
        assert "FACESDK_CUDA=ON" in state.details
    elif not state.runs:
        assert "driver" in state.details


def test_kernels_are_checked_or_the_reason_is_given() -> None:
    state = cuda_state()
    if state.runs:
        assert checked_kernels().endswith(": the CPU's bits")
    else:
        with pytest.raises(BackendUnavailable) as error:
            checked_kernels()
        assert str(error.value) == state.details


@pytest.mark.parametrize("device", ["gpu", "cuda:0", "", None, 0])
def test_other_devices_are_no_option(device: object) -> None:
    with pytest.raises(InvalidOptions, match=r"device: got .*, expected one of cpu, cuda"):
        Options(device=device)  # type: ignore[arg-type]


def test_info_tells_the_state(capsys: pytest.CaptureFixture[str]) -> None:
    from facesdk.cli.info import info

    info()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  device")]
    assert cuda_state().details in line
