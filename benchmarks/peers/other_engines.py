"""Our network by engines that the SDK does not use: ncnn and MNN, float32, one thread.

Their own converters make their files from the shipped ONNX. An engine that is not installed is left out, and
one whose outputs differ from ONNX Runtime's is an error: its time would mean nothing.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.peers.contestants import session
from benchmarks.speed.interleave import Timed, timed
from facesdk import manifest

MOST_APART = 2e-3  # of outputs of some units: float32 added up in another order
Run = Callable[[], list[Array]]


def other_engines(folder: Path) -> dict[str, Timed]:
    """Contestants "ncnn: network" and "MNN: network" of the default network.

    Args:
        folder: takes the converted files.

    Raises:
        SystemExit: an engine's outputs are not the network's.
    """
    model = manifest.asset_path(manifest.NETWORKS["default"][0])
    reference = session(str(model))
    crop = np.random.default_rng(0).random((1, 3, 96, 96), np.float32)
    (feed,), outputs = reference.get_inputs(), [output.name for output in reference.get_outputs()]
    expected = reference.run(outputs, {feed.name: crop})
    contestants: dict[str, Timed] = {}
    for name, package, tool, opened in (("ncnn", "ncnn", "pnnx", _ncnn), ("MNN", "MNN", "mnnconvert", _mnn)):
        command = _tool(tool)
        if importlib.util.find_spec(package) is None or command is None:
            print(f"{name}: not installed, left out")
            continue
        run = opened(command, model, folder, feed.name, outputs, crop)
        apart = max(float(np.abs(a.ravel() - b.ravel()).max()) for a, b in zip(run(), expected, strict=True))
        if apart > MOST_APART:
            raise SystemExit(f"{name}: outputs differ from ONNX Runtime's by {apart:.2g}")
        contestants[f"{name}: network"] = timed(run)
    return contestants


def _tool(name: str) -> str | None:
    """A converter beside this interpreter, or on the path."""
    beside = Path(sysconfig.get_path("scripts")) / name
    return str(beside) if beside.is_file() else shutil.which(name)


def _ncnn(pnnx: str, model: Path, folder: Path, _: str, outputs: list[str], crop: Array) -> Run:
    import ncnn

    copied = shutil.copy(model, folder / "ncnn.onnx")
    shape = str(list(crop.shape)).replace(" ", "")
    arguments = [pnnx, str(copied), f"inputshape={shape}", "fp16=0"]
    subprocess.run(arguments, check=True, capture_output=True, cwd=folder)
    net = ncnn.Net()
    net.opt.num_threads, net.opt.use_vulkan_compute = 1, False
    net.load_param(str(folder / "ncnn.ncnn.param"))
    net.load_model(str(folder / "ncnn.ncnn.bin"))
    pixels = ncnn.Mat(crop[0]).clone()

    def run() -> list[Array]:
        extractor = net.create_extractor()
        extractor.input("in0", pixels)
        return [np.array(extractor.extract(f"out{i}")[1]) for i in range(len(outputs))]

    return run


def _mnn(mnnconvert: str, model: Path, folder: Path, feed: str, outputs: list[str], crop: Array) -> Run:
    import MNN.expr
    import MNN.nn

    made = folder / "network.mnn"
    arguments = ["-f", "ONNX", "--modelFile", str(model), "--MNNModel", str(made), "--bizCode", "none"]
    subprocess.run([mnnconvert, *arguments], check=True, capture_output=True, cwd=folder)
    runtime: Any = MNN.nn.create_runtime_manager(({"backend": 0, "numThread": 1},))
    network = MNN.nn.load_module_from_file(str(made), [feed], outputs, runtime_manager=runtime)
    pixels = MNN.expr.const(crop, list(crop.shape), MNN.expr.NCHW)
    return lambda: [np.array(value.read()) for value in network.forward([pixels])]
