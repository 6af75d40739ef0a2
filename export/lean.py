"""A traced network without the nodes that only compute shapes.

Tracing writes every size that Python read as a chain of small nodes; at one crop a run, each costs as much as
a small convolution. The batch size N is the only free dimension, so whatever does not change with N is a
constant.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper

Values = dict[str, NDArray[np.generic]]
TWO_BATCHES = (2, 3)


def make_lean(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the model in which every small tensor that is the same for any N is an initializer.

    The model has one float input with the batch first. Reshapes that carry N through keep it free. Raises
    ValueError where the result differs from the model.
    """
    lean = onnx.shape_inference.infer_shapes(model)
    small = _run_small(model)
    for node in lean.graph.node:
        _free_batch(node, small, lean.graph)
    found = {name: one for name, (one, other) in small.items() if np.array_equal(one, other)}
    own = {tensor.name for tensor in lean.graph.initializer}
    lean.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in found.items() if name not in own
    )
    kept = [node for node in lean.graph.node if not all(name in found for name in node.output)]
    _keep_used(lean.graph, kept)
    onnx.checker.check_model(lean)
    for count in TWO_BATCHES:
        _check_same(model, lean, count)
    return lean


def _run_small(model: onnx.ModelProto) -> dict[str, tuple[NDArray[np.generic], NDArray[np.generic]]]:
    """Every tensor of whole numbers, for each of two batch sizes, by name."""
    inferred = onnx.shape_inference.infer_shapes(model)
    whole = (onnx.TensorProto.INT64, onnx.TensorProto.INT32)
    names = [v.name for v in inferred.graph.value_info if v.type.tensor_type.elem_type in whole]
    shown = onnx.ModelProto()
    shown.CopyFrom(inferred)
    del shown.graph.output[:]
    shown.graph.output.extend(v for v in inferred.graph.value_info if v.name in set(names))
    if not names:
        return {}
    session = _session(shown)
    one, other = (session.run(names, _batch(model, count)) for count in TWO_BATCHES)
    return {name: (a, b) for name, a, b in zip(names, one, other, strict=True)}


def _free_batch(
    node: onnx.NodeProto,
    small: dict[str, tuple[NDArray[np.generic], NDArray[np.generic]]],
    graph: onnx.GraphProto,
) -> None:
    """Give a Reshape or Resize whose target names N a constant target that leaves N free."""
    if node.op_type not in ("Reshape", "Resize"):
        return
    target = node.input[-1]
    one, other = small.get(target, (np.zeros(0), np.zeros(0)))
    if not len(one) or tuple(v[0] for v in (one, other)) != TWO_BATCHES or (one[1:] != other[1:]).any():
        return
    name = f"{node.name}/free_batch"
    value: NDArray[np.generic]
    if node.op_type == "Reshape":
        value = np.concatenate([[0], one[1:]]).astype(np.int64)  # 0: as in the input
        node.input[1] = name
    else:
        value = _scales(node, graph, one)
        node.input[3], node.input[2] = "", name
        del node.input[3]
    graph.initializer.append(numpy_helper.from_array(value, name))


def _scales(node: onnx.NodeProto, graph: onnx.GraphProto, sizes: NDArray[np.generic]) -> NDArray[np.float32]:
    shapes = {v.name: v.type.tensor_type.shape.dim for v in graph.value_info}
    shape = [dim.dim_value for dim in shapes[node.input[0]]]
    return np.array([1.0, *(float(s) / d for s, d in zip(sizes[1:], shape[1:], strict=True))], np.float32)


def _keep_used(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Leave only the nodes and initializers that the outputs need."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(list(nodes)):
        if needed & set(node.output):
            needed |= set(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(initializers)


def _check_same(model: onnx.ModelProto, lean: onnx.ModelProto, count: int) -> None:
    batch = _batch(model, count)
    for a, b in zip(_session(model).run(None, batch), _session(lean).run(None, batch), strict=True):
        if a.shape != b.shape or not np.allclose(a, b, rtol=1e-5, atol=1e-6):
            raise ValueError("the lean network differs from the traced one")


def _batch(model: onnx.ModelProto, count: int) -> Values:
    entry = model.graph.input[0]
    sizes = [dim.dim_value for dim in entry.type.tensor_type.shape.dim][1:]
    return {entry.name: np.random.default_rng(count).random((count, *sizes), dtype=np.float32)}


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
