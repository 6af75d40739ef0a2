"""Write a network's device form as ONNX of opset 17 for TensorRT: unfused, no shape arithmetic left."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxslim
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from export.onnx.to_onnx import OPSET

# Nodes that compute sizes or move constants at run time; engines cannot fold them where the batch is free.
SHAPE_ARITHMETIC = ("Shape", "Gather", "ConstantOfShape", "Pad", "Range", "Expand", "Size", "Identity")


def device_graph(
    form: nn.Module, example: Tensor, name: str, outputs: Sequence[str], free: Mapping[int, str]
) -> onnx.ModelProto:
    """Trace a device form.

    Args:
        form: evaluated.
        example: an input with a batch of 1.
        name: of the input.
        outputs: names of the outputs.
        free: axis of the input -> name of its size; axis 0 is free in all outputs too.

    Returns:
        The model with the sizes in `free` left open, opset 17.

    Raises:
        ValueError: nodes of shape arithmetic are left.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            form.eval(),
            (example,),
            buffer,  # type: ignore[arg-type]
            input_names=[name],
            output_names=list(outputs),
            dynamic_axes={name: dict(free), **{output: {0: free[0]} for output in outputs}},
            opset_version=OPSET,
            dynamo=False,
        )
    model: onnx.ModelProto = onnxslim.slim(onnx.load_from_string(buffer.getvalue()))
    left = sorted({node.op_type for node in model.graph.node} & set(SHAPE_ARITHMETIC))
    if left:
        raise ValueError(f"shape arithmetic is left in the graph: {', '.join(left)}")
    _free_reshapes(model.graph)
    _name_sizes(model, free)
    onnx.checker.check_model(model, full_check=True)
    return model


def fix_sizes(model: onnx.ModelProto, shape: Sequence[int]) -> onnx.ModelProto:
    """Copy a device graph with its input's shape fixed, all other shapes inferred from it."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for dim, size in zip(fixed.graph.input[0].type.tensor_type.shape.dim, shape, strict=True):
        dim.dim_value = size
    for output in fixed.graph.output:
        output.type.tensor_type.ClearField("shape")
    del fixed.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(fixed, strict_mode=True, data_prop=True)
    onnx.checker.check_model(inferred)
    return inferred


def describe(model: onnx.ModelProto, like: Path) -> None:
    """Give a model the metadata, producer and version of a shipped ONNX file, in place."""
    shipped = onnx.load(str(like), load_external_data=False)
    model.metadata_props.extend(shipped.metadata_props)
    model.producer_name, model.producer_version = shipped.producer_name, shipped.producer_version
    model.ir_version = 8  # what TensorRT 8.5's parser reads


def _free_reshapes(graph: onnx.GraphProto) -> None:
    """Let the batch through where tracing wrote 1 for it: 0 means "as in the input"."""
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Reshape":
            target = numpy_helper.to_array(initializers[node.input[1]])
            freed = np.array([0, *target[1:]], np.int64)
            initializers[node.input[1]].CopyFrom(numpy_helper.from_array(freed, node.input[1]))


def _name_sizes(model: onnx.ModelProto, free: Mapping[int, str]) -> None:
    """Infer all shapes anew, now that reshapes let the batch through."""
    graph = model.graph
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    del graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    model.CopyFrom(inferred)
    for output in model.graph.output:
        dims = output.type.tensor_type.shape.dim
        if not dims[0].HasField("dim_value"):
            dims[0].dim_param = free[0]
