"""Simplify a traced network: fold every tensor that does not depend on the batch size, keep the batch free.

Tracing writes each size that Python read as a chain of small nodes; at one crop per run each of them costs as
much as a small convolution. onnxslim folds them at batch size 1; the batch is then freed again in the only
nodes that name it, Reshape and Resize.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import onnxslim
from numpy.typing import NDArray
from onnx import numpy_helper

TESTED_BATCHES = (2, 3)


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold constants and shape arithmetic of a network with one float input, batch first.

    Returns:
        A model with the same inputs, outputs and metadata; nodes keep their names and their order.

    Raises:
        ValueError: its outputs differ from the model's at some batch size.
    """
    entry = model.graph.input[0]
    sizes = ",".join(str(dim.dim_value) for dim in entry.type.tensor_type.shape.dim[1:])
    fixed = onnxslim.slim(model, input_shapes=[f"{entry.name}:1,{sizes}"])
    _free_batch(fixed.graph)
    _restore_order(fixed.graph, model.graph)
    simple: onnx.ModelProto = onnx.shape_inference.infer_shapes(fixed)
    onnx.checker.check_model(simple)
    for count in TESTED_BATCHES:
        _check_same(model, simple, count)
    return simple


def _free_batch(graph: onnx.GraphProto) -> None:
    """Let N through where folding wrote 1 for it."""
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in graph.value_info}
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Reshape":
            target = numpy_helper.to_array(initializers[node.input[1]])
            _replace(initializers[node.input[1]], np.array([0, *target[1:]], np.int64))  # 0: as in the input
        elif node.op_type == "Resize" and len(node.input) == 4:
            sizes, name = shapes[node.input[0]], node.input[3]
            target = numpy_helper.to_array(initializers[name])
            scales = [1.0, *(float(t) / s for t, s in zip(target[1:], sizes[1:], strict=True))]
            _replace(initializers[name], np.array(scales, np.float32))
            node.input[2] = name
            del node.input[3]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    del graph.value_info[:]


def _replace(tensor: onnx.TensorProto, value: NDArray[np.generic]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))


def _restore_order(graph: onnx.GraphProto, original: onnx.GraphProto) -> None:
    """Sort the nodes as they were traced: the steps of a compiled graph are numbered in this order."""
    place = {node.name: number for number, node in enumerate(original.node)}
    nodes = sorted(graph.node, key=lambda node: place[node.name])
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)


def _check_same(model: onnx.ModelProto, simple: onnx.ModelProto, count: int) -> None:
    entry = model.graph.input[0]
    sizes = [dim.dim_value for dim in entry.type.tensor_type.shape.dim][1:]
    batch = {entry.name: np.random.default_rng(count).random((count, *sizes), dtype=np.float32)}
    for a, b in zip(_session(model).run(None, batch), _session(simple).run(None, batch), strict=True):
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-5, atol=1e-6):
            raise ValueError("the simplified network differs from the traced one")


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
