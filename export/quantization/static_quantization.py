"""Static int8 quantization to QDQ ONNX: int8 weights per channel, uint8 activations, calibrated ranges."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from export.onnx.simplify import simplify
from export.onnx.split_depthwise import split_depthwise

FloatArray = NDArray[np.float32]
BATCH = 16
LARGE = 100_000  # weights from which a matrix is quantised too
TRUNK = ("Conv", "Add", "Mul", "Sigmoid", "Concat", "Resize")
SelectNodes = Callable[[onnx.ModelProto], list[str]]


class CalibrationReader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the network's one input, float32, from an iterator."""

    def __init__(self, inputs: Iterator[FloatArray], name: str) -> None:
        self._inputs, self._name = inputs, name

    def get_next(self) -> dict[str, FloatArray] | None:
        """Return the next feed, None at the end."""
        value = next(self._inputs, None)
        return None if value is None else {self._name: value}


def joined(inputs: Iterable[FloatArray], rows: int = 16) -> Iterator[FloatArray]:
    """Join neighbouring batches of one shape up to `rows` rows: a run has a cost of its own."""
    waiting: list[FloatArray] = []
    for batch in inputs:
        if waiting and (batch.shape[1:] != waiting[0].shape[1:] or sum(map(len, waiting)) >= rows):
            yield np.concatenate(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield np.concatenate(waiting)


def static_quantization(
    network: onnx.ModelProto, inputs: Iterator[FloatArray], float_nodes: SelectNodes
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Quantise a float32 network.

    Args:
        network: float32, one input.
        inputs: calibration inputs, as the network takes them.
        float_nodes: names the nodes of the prepared network that stay in float32.

    Returns:
        The prepared float32 network (constants folded, shapes inferred) and its QDQ form.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, ready, quantised = (str(Path(folder) / f"{n}.onnx") for n in ("source", "ready", "quantised"))
        onnx.save(network, source)
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        quantize_static(
            ready,
            quantised,
            CalibrationReader(inputs, prepared.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=float_nodes(prepared),
        )
        return prepared, onnx.load(quantised)


def quantize_regressor(
    network: onnx.ModelProto, crops: FloatArray
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Quantise the regressor with ranges from crops (N, 3, S, S); returns as `static_quantization`."""
    simple = simplify(network)
    batches = (crops[i : i + BATCH] for i in range(0, len(crops), BATCH))
    prepared, quantised = static_quantization(simple, batches, regressor_float_nodes)
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(simple.metadata_props)
    quantised.producer_name, quantised.producer_version = simple.producer_name, simple.producer_version
    onnx.checker.check_model(quantised)
    return prepared, quantised


def quantize_detector(
    network: onnx.ModelProto, pictures: Iterator[FloatArray]
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Quantise the detector with ranges from pictures (1, 3, H, W); returns as `static_quantization`."""
    return static_quantization(network, pictures, layout_nodes)


def quantize_maps(network: onnx.ModelProto, pictures: FloatArray) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Quantise a network from pictures (N, C, S, S) to maps; returns as `static_quantization`."""
    split = split_depthwise(simplify(network))
    batches = (pictures[i : i + BATCH] for i in range(0, len(pictures), BATCH))
    return static_quantization(split, batches, layout_nodes)


def regressor_float_nodes(model: onnx.ModelProto) -> list[str]:
    """Nodes that stay in float32: all but the trunk's maps and large matrices.

    Landmarks, coefficients and mean colours would show a step of 1/255, and cost little in float32.
    """
    inferred = onnx.shape_inference.infer_shapes(model)
    rank = {v.name: len(v.type.tensor_type.shape.dim) for v in inferred.graph.value_info}
    weights = {t.name: int(np.prod(t.dims)) for t in model.graph.initializer}
    out = []
    for node in model.graph.node:
        large = node.op_type == "Gemm" and weights.get(node.input[1], 0) >= LARGE
        trunk = node.op_type in TRUNK and rank.get(node.output[0], 0) == 4
        if not (large or trunk or node.op_type == "Relu"):
            out.append(node.name)
    return out


def layout_nodes(model: onnx.ModelProto) -> list[str]:
    """Nodes that only move numbers: quantising them saves nothing."""
    return [node.name for node in model.graph.node if node.op_type in ("Transpose", "Reshape")]
