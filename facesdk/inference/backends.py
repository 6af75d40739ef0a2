"""Which backends run here, for `facesdk info`."""

from __future__ import annotations

import importlib
from typing import NamedTuple

from facesdk.core.compiled import _core
from facesdk.engines.machine import open_library, read_machine
from facesdk.engines.store import store_folder
from facesdk.errors import FaceSDKError
from facesdk.inference.choice import choose_backend
from facesdk.options import BACKENDS

REMEDIES = {"onnxruntime": "pip install onnxruntime", "openvino": "pip install 'facesdk[openvino]'"}


class BackendState(NamedTuple):
    """Whether Options(backend=name) works here."""

    name: str
    available: bool
    details: str  # version and kernels, or why it is not available and what to do


def backend_states() -> list[BackendState]:
    """The state of every backend that Options take, in their order."""
    return [_state(name) for name in BACKENDS]


def library_version(module: str) -> str | None:
    """Version of an importable module, whatever package it came with; None where it does not import."""
    try:
        return str(getattr(importlib.import_module(module), "__version__", "of unknown version"))
    except Exception:  # a broken installation raises almost anything, and is as good as none
        return None


def _state(name: str) -> BackendState:
    if name == "auto":
        plan, onnx = (choose_backend("auto", {suffix}) for suffix in (".plan", ".onnx"))
        return BackendState(name, True, f"{plan} for the bundled networks, {onnx} for .onnx files")
    if name == "tensorrt":
        return _tensorrt_state()
    if name == "native":
        return BackendState(name, True, f"built in, vector level {_core.vector_level()}")
    version = library_version(name)
    if version is None:
        return BackendState(name, False, f"{name} does not import: {REMEDIES[name]}")
    return BackendState(name, True, version)


def _tensorrt_state() -> BackendState:
    try:
        library = open_library()
        machine = read_machine(library)
    except FaceSDKError as error:
        return BackendState("tensorrt", False, str(error))
    return BackendState(
        "tensorrt",
        True,
        f"{machine.product} {machine.tensorrt} from {library.infer_path}, {machine.gpu}, "
        f"engines in {store_folder()}",
    )
