"""What an engine depends on: TensorRT, driver and device; and whether there is memory to build one."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from facesdk.core.compiled import _core
from facesdk.engines.jetpack import conflict
from facesdk.errors import BackendUnavailable, FaceSDKError

PLUGIN = "libfacesdk_tensorrt.so"
WORKSPACE_BYTES = 256 << 20
# What starting a builder was seen to take, and the workspace; an integrated GPU takes both from one memory.
HOST_BYTES = (1200 << 20) + WORKSPACE_BYTES
DEVICE_BYTES = (750 << 20) + WORKSPACE_BYTES
REMEDY = "see `facesdk engines doctor`"


@dataclass(frozen=True)
class Machine:
    """What must be the same when an engine is used as when it was built."""

    product: str  # "TensorRT" or "TensorRT-RTX"
    tensorrt: str  # version of the library that was loaded
    cuda: str  # version that the driver supports
    driver: str  # the driver's own version, "" where it does not tell
    gpu: str
    compute_capability: str
    multiprocessors: int

    def differences(self, built: Machine) -> list[str]:
        """What differs from the machine that an engine was built on, "name: built, here"."""
        here, there = asdict(self), asdict(built)
        return [f"{name}: {there[name]}, here {here[name]}" for name in here if here[name] != there[name]]


def plugin_path() -> Path:
    """Path of the plugin: FACESDK_TENSORRT_PLUGIN, or beside the compiled module; the file may be missing."""
    given = os.environ.get("FACESDK_TENSORRT_PLUGIN")
    return Path(given) if given else Path(_core.__file__).parent / PLUGIN


def open_library() -> _core.TensorRtLibrary:
    """Open TensorRT, after the driver.

    Raises:
        BackendUnavailable: with the reason and the remedy.
    """
    plugin = plugin_path()
    # The driver's absence is the better reason where both are missing.
    _core.cuda_device_facts()
    if not plugin.is_file():
        raise BackendUnavailable(
            f"tensorrt: this build of facesdk has no {plugin.name}, it was compiled without TensorRT's "
            "headers; install them (libnvinfer-dev, libnvonnxparsers-dev) and reinstall facesdk from source; "
            f"{REMEDY}"
        )
    library = _core.TensorRtLibrary(os.fsencode(plugin), os.fsencode(pip_folder()))
    wrong = conflict(driver_version(), library.version)
    if wrong:
        raise BackendUnavailable(wrong)
    return library


def read_machine(library: _core.TensorRtLibrary) -> Machine:
    """Describe this machine."""
    facts = _core.cuda_device_facts()
    return Machine(
        product=library.product,
        tensorrt=library.version,
        cuda=f"{facts.driver // 1000}.{facts.driver % 1000 // 10}",
        driver=driver_version(),
        gpu=facts.name,
        compute_capability=facts.compute_capability,
        multiprocessors=facts.multiprocessors,
    )


def driver_version() -> str:
    """Version of the NVIDIA driver, a Jetson's release; "" where neither is known."""
    for path, pattern in (
        ("/etc/nv_tegra_release", r"# (R\d+).*?REVISION: ([\d.]+)"),
        ("/proc/driver/nvidia/version", r"(?:Module|x86_64|aarch64)\s+(\d+\.[\d.]+)"),
    ):
        try:
            found = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if found is not None:
            return " ".join(found.groups())
    return ""


def check_memory() -> None:
    """Check that a builder can start.

    Raises:
        FaceSDKError: there is less free memory than one was seen to take.
    """
    host, device = _free_host_bytes(), _core.cuda_device_facts().free_bytes
    for name, free, needed in (("main", host, HOST_BYTES), ("device", device, DEVICE_BYTES)):
        if free is not None and free < needed:
            raise FaceSDKError(
                f"memory: {free >> 20} MiB of {name} memory are free, a build takes {needed >> 20} MiB; "
                "close other programs or add swap"
            )


def _free_host_bytes() -> int | None:
    """Free main memory and swap, None where the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="utf-8")
        lines = dict(line.split(":", 1) for line in text.splitlines())
        return sum(int(lines[name].split()[0]) for name in ("MemAvailable", "SwapFree")) << 10
    except (OSError, KeyError, ValueError):
        return None


def pip_folder() -> str:
    """Find the folder of the libraries where TensorRT was installed by pip; "" where it was not."""
    for package in ("tensorrt_libs", "tensorrt_rtx_libs"):
        found = importlib.util.find_spec(package)
        if found is not None and found.submodule_search_locations:
            return next(iter(found.submodule_search_locations))
    return ""
