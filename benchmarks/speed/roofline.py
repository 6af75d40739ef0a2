"""Bytes and operations of each stage over this machine's measured limits: the time it could not beat.

Limits of one core: copying arrays far larger than the caches, and a float32 matrix product by NumPy. A
stage's bytes are what it must read and write once (its inputs, its outputs, a network's weights and
activations), its operations the multiplications and additions of the definition. The bound is the larger of
both times; what lies in a cache may be faster than it. Counts are estimates to a few ten per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.speed.tracked_frame import TrackedFrame
from facesdk.cli.timing import milliseconds

COPIED_MB, PRODUCT = 256, 1024


@dataclass(frozen=True)
class Limits:
    """Of one core."""

    gigabytes_per_s: float
    gigaflops: float  # float32 multiplications and additions, 1e9 per second

    def milliseconds(self, work: Work) -> float:
        """The least time for some work."""
        return max(work.megabytes / self.gigabytes_per_s, work.megaflops / self.gigaflops)


@dataclass(frozen=True)
class Work:
    """What a stage has to move and to compute."""

    megabytes: float
    megaflops: float


def limits() -> Limits:
    """Measured now; run it on one core, where NumPy's product takes one thread."""
    source: Array = np.ones(COPIED_MB * 250_000, np.float32)
    target = np.empty_like(source)
    copy = float(milliseconds(lambda: np.copyto(target, source), 7).min())
    a = np.random.default_rng(0).random((PRODUCT, PRODUCT), np.float32)
    product = float(milliseconds(lambda: a @ a, 7).min())
    return Limits(2 * source.nbytes / copy / 1e6, 2 * PRODUCT**3 / product / 1e6)


def network_work(path: Path) -> Work:
    """Of an ONNX network at batch 1: convolutions and products; weights and activations at four bytes."""
    import onnx
    from onnx import numpy_helper, shape_inference

    model = onnx.load(str(path))
    for value in model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    graph = shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in [*graph.input, *graph.output, *graph.value_info]
    }
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weight_of = dict(weights)
    for node in graph.node:  # weights in eight bits come through a node of their own
        if node.op_type == "DequantizeLinear" and node.input[0] in weights:
            weight_of[node.output[0]] = weights[node.input[0]]
    products, moved = 0.0, float(sum(array.nbytes for array in weights.values()))
    for node in graph.node:
        out = shapes.get(node.output[0], [])
        elements = float(np.prod([max(size, 1) for size in out])) if out else 0.0
        if node.op_type == "Conv" and node.input[1] in weight_of:
            products += elements * float(np.prod(weight_of[node.input[1]].shape[1:]))
        elif node.op_type in ("Gemm", "MatMul") and node.input[1] in weight_of:
            weight = weight_of[node.input[1]]
            products += elements * weight.size / max(out[-1], 1)
        if node.op_type in ("Conv", "Gemm", "MatMul", "Add", "Mul", "Concat", "Resize"):
            moved += 8 * elements  # written once, read once
    return Work(moved / 1e6, 2 * products / 1e6)


def works(frame: TrackedFrame, network: Path) -> dict[str, Work]:
    """The stages of a tracked frame."""
    model, side, size = frame.model, frame.side, frame.crop.size
    verts, triangles = model.n_verts, len(model.triangles)
    controls, shapes = len(model.mean_control_mm), model.n_id + model.n_exp
    xyz, colors = 12 * verts, 12 * side * side
    scale = max(frame.crop.side / size, 1.0) ** 2  # samples of the picture for each pixel of the crop
    # Bytes at one a coefficient and coordinate: what the asset stores. Four neighbours make a dense vertex.
    decode = Work((3 * controls * shapes + 12 * controls + 32 * verts + xyz) / 1e6, 0.0)
    counts = {
        "warp": Work((3 * scale * size**2 + 12 * size**2) / 1e6, 3 * 8 * scale * size**2 / 1e6),
        "network": network_work(network),
        "decode": Work(decode.megabytes, (6 * controls * shapes + 24 * verts) / 1e6),
        "light": Work((12 * triangles + 4 * xyz) / 1e6, (20 * triangles + 124 * verts) / 1e6),
        "rasterize": Work(
            (12 * triangles + 2 * xyz + colors + 4 * side * side) / 1e6,
            (25 * triangles + 30 * side * side) / 1e6,
        ),
    }
    every = counts.values()
    return counts | {"frame": Work(sum(w.megabytes for w in every), sum(w.megaflops for w in every))}
