"""Build device graphs by TensorRT-RTX ahead of time, without a GPU: what builds, for which GPUs, how large.

The package carries no TensorRT; this table only proves that graphs parse and compile. TensorRT-RTX compiles
for desktop GPUs: a Jetson's engines (SM 87, 110) are built on the Jetson by full TensorRT.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import time
from pathlib import Path
from typing import Any

from export.networks import NETWORKS, ShippedNetwork

MODULES = ("tensorrt_rtx", "tensorrt_rtx_bindings")  # the second: its wheels without the pure-Python shim
INSTALL = "pip install --no-deps tensorrt-rtx-cu13-libs tensorrt-rtx-cu13-bindings"
PORTABLE = "portable"
TARGETS = (PORTABLE, "SM75", "SM80", "SM86", "SM87", "SM89", "SM90", "SM110", "SM120")
PRECISIONS = {
    "fp32": ".onnx", "fp16": ".fp16.onnx", "int8": ".int8.onnx",
    "int8_depthwise_fp16": ".int8_depthwise_fp16.onnx",
}  # fmt: skip
NOT_BUILDABLE = "not buildable here"
MAX_BATCH = 8
SIDES = {"height": (64, 1024), "width": (64, 1024)}  # px of pictures, smallest and largest
SOURCE = re.compile(rb"__global__ void \w+_com(?:_vec)?\(")  # one of the two functions of each source text


@dataclasses.dataclass(frozen=True)
class EngineRow:
    """One engine of the table, or why there is none."""

    network: str
    precision: str
    target: str
    built_by: str
    seconds: float | None
    bytes: int | None
    kernel_sources: int | None  # texts of CUDA source that the engine carries
    reason: str  # why it was not built; empty where it was


def load_rtx() -> Any:
    """Import TensorRT-RTX.

    Raises:
        ImportError: it is not installed; says how.
    """
    for name in MODULES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError(f"TensorRT-RTX: not installed; {INSTALL}")


def engine_table(folder: Path, networks: list[str], targets: tuple[str, ...] = TARGETS) -> list[EngineRow]:
    """Build the graphs of a folder for each target.

    Args:
        folder: of the graphs that `python -m export all` wrote.
        networks: names.
        targets: of TARGETS.

    Raises:
        ImportError: TensorRT-RTX is not installed.
    """
    rtx = load_rtx()
    known, by = rtx.ComputeCapability.__members__, f"TensorRT-RTX {rtx.__version__}"
    rows = []
    for network in (one for one in NETWORKS if one.name in networks):
        for precision, suffix in PRECISIONS.items():
            for target in targets:
                if target != PORTABLE and target not in known:
                    row = EngineRow(network.name, precision, target, "", None, None, None, NOT_BUILDABLE)
                else:
                    row = _build(rtx, by, folder / f"{network.name}{suffix}", network, precision, target)
                rows.append(row)
    return rows


def print_engines(rows: list[EngineRow]) -> None:
    """Print a line for each row."""
    print(f"{'network':21s} {'precision':20s} {'target':9s} {'s':>5s} {'kB':>7s} {'sources':>7s} built by")
    for row in rows:
        start = f"{row.network:21s} {row.precision:20s} {row.target:9s}"
        if row.bytes is None or row.seconds is None:
            print(f"{start} {row.reason}")
        else:
            print(f"{start} {row.seconds:5.2f} {row.bytes / 1e3:7.0f} {row.kernel_sources:7d} {row.built_by}")


def write_engines(rows: list[EngineRow], path: Path) -> None:
    """Write the rows as JSON."""
    path.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


def _build(rtx: Any, by: str, path: Path, network: ShippedNetwork, precision: str, target: str) -> EngineRow:
    start = time.perf_counter()
    logger = rtx.Logger(rtx.Logger.ERROR)
    builder = rtx.Builder(logger)
    definition = builder.create_network(0)
    parser = rtx.OnnxParser(definition, logger)
    if not parser.parse(path.read_bytes()):
        reason = f"does not parse: {parser.get_error(0).desc()}"
        return EngineRow(network.name, precision, target, by, None, None, None, reason)
    config = builder.create_builder_config()
    if target != PORTABLE:
        config.num_compute_capabilities = 1
        config.set_compute_capability(getattr(rtx.ComputeCapability, target), 0)
    profile = builder.create_optimization_profile()
    profile.set_shape(network.input, *profile_shapes(network))
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(definition, config)
    seconds = time.perf_counter() - start
    if engine is None:
        return EngineRow(network.name, precision, target, by, seconds, None, None, "the builder refuses it")
    content = bytes(engine)
    sources = len(SOURCE.findall(content))
    return EngineRow(network.name, precision, target, by, seconds, len(content), sources, "")


def profile_shapes(network: ShippedNetwork) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Smallest, usual and largest shape of a network's input."""
    small, usual, large = ([1, *network.shape] for _ in range(3))
    for axis, name in network.free:
        low, high = SIDES.get(name, (1, MAX_BATCH))
        small[axis], large[axis] = low, high
    return tuple(small), tuple(usual), tuple(large)
