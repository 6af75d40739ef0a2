"""What `facesdk engines doctor` prints: what TensorRT needs, what was found, and what to do."""

from __future__ import annotations

import glob
import os
import platform
from collections.abc import Callable
from importlib import metadata

from facesdk.core.compiled import _core
from facesdk.engines.jetpack import DLA_REASON, jetpack_of
from facesdk.engines.machine import driver_version, open_library, pip_folder, plugin_path
from facesdk.engines.store import list_engines, store_folder
from facesdk.errors import FaceSDKError

_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib", "/usr/lib64", "/usr/local/tensorrt/lib")
_LIBRARIES = ("libnvinfer.so.*", "libtensorrt_rtx.so.*")


def diagnose() -> tuple[list[tuple[str, str]], str]:
    """Look for all that TensorRT needs.

    Returns:
        Lines as (part, state), and why TensorRT cannot be used here, "" where it can.
    """
    rows = [("machine", _machine()), ("device", _told(_device)), ("plugin", _plugin())]
    problem = ""
    try:
        library = open_library()
        loaded = [library.infer_path, library.parser_path]
        rows.append(("TensorRT", f"{library.product} {library.version} from {library.infer_path}"))
        rows.append(
            ("parser", library.parser_path or "does not open: install libnvonnxparsers; needed to build")
        )
    except FaceSDKError as error:
        problem, loaded = str(error), []
        rows.append(("TensorRT", "not loaded"))
    others = [path for path in _installed() if path not in map(os.path.realpath, loaded)]
    rows.append(("on disk", f"{'also ' if loaded else ''}{', '.join(others)}" if others else "no other"))
    rows.append(("Python", _python_package()))
    folder = store_folder()
    rows.append(("engines", f"{len(list_engines(folder))} in {folder}"))
    rows.append(("DLA", DLA_REASON))
    return rows, problem


def _told(look: Callable[[], str]) -> str:
    try:
        return look()
    except FaceSDKError as error:
        return str(error)


def _machine() -> str:
    driver = driver_version()
    jetpack = jetpack_of(driver)
    if jetpack is None:
        return f"{platform.machine()}, no Jetson"
    return f"{platform.machine()}, Jetson {driver}, JetPack {jetpack.name}: TensorRT {jetpack.tensorrt}"


def _device() -> str:
    facts = _core.cuda_device_facts()
    return (
        f"{facts.name}, compute capability {facts.compute_capability}, {facts.multiprocessors} "
        f"multiprocessors, {facts.free_bytes >> 20} of {facts.total_bytes >> 20} MiB free, driver "
        f"{driver_version() or '?'}, CUDA {facts.driver // 1000}.{facts.driver % 1000 // 10}"
    )


def _plugin() -> str:
    path = plugin_path()
    return str(path) if path.is_file() else f"{path.name} was not built: no TensorRT headers at install time"


def _installed() -> list[str]:
    """Copies of TensorRT on this machine, whichever was loaded: real paths."""
    folders = [
        *_FOLDERS,
        *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)),
        pip_folder(),
    ]
    patterns = [os.path.join(folder, library) for folder in filter(None, folders) for library in _LIBRARIES]
    return sorted({os.path.realpath(path) for pattern in patterns for path in glob.glob(pattern)})


def _python_package() -> str:
    for name in ("tensorrt", "tensorrt-cu13", "tensorrt-cu12", "tensorrt-rtx"):
        try:
            return f"the package {name} {metadata.version(name)}, which FaceSDK does not use"
        except metadata.PackageNotFoundError:
            continue
    return "no package tensorrt; none is needed"
