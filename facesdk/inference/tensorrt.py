"""TensorRT: engines from the store, built where there is none that fits this machine."""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path

from facesdk.core.compiled import _core
from facesdk.engines.build import build_engine
from facesdk.engines.graphs import graph_files
from facesdk.engines.machine import open_library, read_machine
from facesdk.engines.parity import Reference
from facesdk.engines.sidecar import read_sidecar
from facesdk.engines.store import damage, engine_path, sidecar_path, store_folder, unfit_reason
from facesdk.engines.work import Report
from facesdk.errors import AssetError
from facesdk.inference.onnxruntime import OnnxRuntimeSession


def open_tensorrt(network: str | os.PathLike[str]) -> _core.Network:
    """Load a network's engine; build it first, which takes minutes, where it is missing, stale or damaged.

    Args:
        network: path of the float32 graph.

    Raises:
        BackendUnavailable: no driver, no TensorRT or no plugin; with the remedy.
        AssetError: the graph or the engine cannot be read.
        FaceSDKError: no engine of it passes the comparison with ONNX Runtime.
    """
    library = open_library()
    path, folder = Path(network), store_folder()
    engine = engine_path(folder, path)
    reason = unfit_reason(engine, read_machine(library), graph_files(path))
    if reason:
        warnings.warn(f"{path.name}: building its TensorRT engine ({reason})", RuntimeWarning, stacklevel=4)
        build_engine(path, onnx_reference(path), read_machine(library), folder, progress_printer())
    sidecar = read_sidecar(sidecar_path(engine))
    if sidecar is None or damage(engine, sidecar):
        raise AssetError(f"{engine.name}: damaged right after it was written; is the disk full?")
    return _core.load_tensorrt_network(library, engine.read_bytes(), path.name, sidecar.metadata)


def onnx_reference(network: Path) -> Reference:
    """Open the float32 graph in ONNX Runtime, to which engines are compared."""
    session = OnnxRuntimeSession(network)
    return Reference(session.shape, session.metadata.get("facesdk", ""), session.run)


def progress_printer(every_s: float = 10.0) -> Report:
    """Make a printer of a build's lines to the standard error output.

    Args:
        every_s: seconds between lines that are not final where nobody watches a terminal; there the next line
            is written over them.
    """
    last = time.monotonic()

    def report(line: str, final: bool) -> None:
        nonlocal last
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="\n" if final else "", file=sys.stderr, flush=True)
        elif final or time.monotonic() - last >= every_s:
            last = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    return report
