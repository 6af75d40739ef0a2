"""Symmetric int8 QDQ graphs for TensorRT: convolutions alone, zero points 0, float32 weights behind Q/DQ.

What TensorRT needs, and ONNX Runtime's own defaults differ in:
- zero points 0, and int8 for activations as for weights, one scale for each output channel of a weight;
- Q/DQ pairs in front of a convolution, never between it and its Relu: the pair would keep them from fusing;
- weights in float32 behind a Q/DQ pair of their own: TensorRT 8 takes no int8 weights;
- float32 biases: TensorRT has no int32 to dequantize.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from export.int8_engine.network_graph import attributes
from export.quantization.static_quantization import CalibrationReader, joined
from facesdk.core.arrays import FloatArray

FUSED = ("Relu", "Sigmoid", "Clip")  # activations that engines fuse into the convolution before them
Quantised = tuple[onnx.ModelProto, onnx.ModelProto]


def quantize_variants(
    network: onnx.ModelProto, inputs: list[FloatArray], precise: tuple[str, ...]
) -> Quantised:
    """Quantise a float32 device graph for TensorRT.

    Args:
        network: float32, one input.
        inputs: calibration batches, float32, as the network takes them.
        precise: how names of convolutions begin that stay in float32.

    Returns:
        All other convolutions in int8; the same with the depthwise ones in float16, for the releases that
        have no int8 implementation of them.
    """
    named = [
        node.name for node in network.graph.node if node.op_type == "Conv" and node.name.startswith(precise)
    ]
    depthwise = [node.name for node in network.graph.node if node.op_type == "Conv" and is_depthwise(node)]
    out = _quantise(network, inputs, named), halve_depthwise(_quantise(network, inputs, named + depthwise))
    for model in out:
        check_symmetric(model)
    return out


def _quantise(network: onnx.ModelProto, inputs: list[FloatArray], kept: list[str]) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        source, out = (str(Path(folder) / f"{name}.onnx") for name in ("source", "quantised"))
        onnx.save(network, source)
        with _without_advice():
            quantize_static(
                source,
                out,
                CalibrationReader(joined(inputs), network.graph.input[0].name),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=kept,
                extra_options={
                    "ActivationSymmetric": True,
                    "WeightSymmetric": True,
                    "QuantizeBias": False,
                    "AddQDQPairToWeight": True,
                    "OpTypesToExcludeOutputQuantization": ["Conv"],
                    # The mean over runs of each run's range: a single photo's outlier costs all others a bit.
                    "CalibMovingAverage": True,
                },
            )
        quantised = onnx.load(out)
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(network.metadata_props)
    quantised.producer_name, quantised.producer_version = network.producer_name, network.producer_version
    onnx.checker.check_model(quantised)
    return quantised


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """Keep ONNX Runtime's advice to preprocess off the terminal: device graphs are folded already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def check_symmetric(model: onnx.ModelProto) -> None:
    """Check that TensorRT takes a QDQ graph and can fuse its activations.

    Raises:
        ValueError: a zero point is not 0 or not int8, a scale is not positive, weights have one scale for all
            channels, or an activation stands behind a Q/DQ pair.
    """
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            zero = stored[node.input[2]]
            if zero.dtype != np.int8 or zero.any():
                raise ValueError(
                    f"{node.name}: got a zero point of {zero.dtype} {zero.max()}, expected int8 0"
                )
            if not (stored[node.input[1]] > 0).all():
                raise ValueError(f"{node.name}: got a scale of 0 or below, expected positive scales")
            if node.input[0] in stored and zero.size != len(stored[node.input[0]]):
                raise ValueError(f"{node.name}: got one scale, expected one for each output channel")
        source = makers.get(node.input[0]) if node.op_type in FUSED else None
        if source is not None and source.op_type == "DequantizeLinear":
            raise ValueError(
                f"{node.name}: {node.op_type} stands behind a Q/DQ pair, expected in front of it"
            )


def is_depthwise(node: onnx.NodeProto) -> bool:
    """Whether a convolution keeps channels apart."""
    return int(attributes(node).get("group", 1)) > 1


def halve_depthwise(network: onnx.ModelProto) -> onnx.ModelProto:
    """Copy a graph with its depthwise convolutions, and the activations behind them, in float16."""
    out = onnx.ModelProto()
    out.CopyFrom(network)
    graph = out.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    nodes: list[onnx.NodeProto] = []
    last: dict[str, str] = {}  # name of the node behind which a cast comes -> the float32 tensor it writes
    for node in graph.node:
        if node.op_type == "Conv" and is_depthwise(node) and node.input[1] in stored:
            nodes.append(_cast(node.input[0], f"{node.output[0]}_half_in", TensorProto.FLOAT16))
            node.input[0] = nodes[-1].output[0]
            for name in node.input[1:]:
                half = numpy_helper.to_array(stored[name]).astype(np.float16)
                stored[name].CopyFrom(numpy_helper.from_array(half, name))
            behind = readers.get(node.output[0], [])
            fused = len(behind) == 1 and behind[0].op_type in FUSED
            tail = behind[0] if fused else node
            last[tail.name] = tail.output[0]
            if fused:
                behind[0].input[0] = node.output[0] = f"{node.output[0]}_half"
        nodes.append(node)
        if node.name in last:
            whole = last[node.name]
            node.output[0] = f"{whole}_half_out"
            nodes.append(_cast(node.output[0], whole, TensorProto.FLOAT))
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    del graph.value_info[:]
    onnx.checker.check_model(out, full_check=True)
    return out


def _cast(source: str, target: str, kind: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"{target}_cast", to=kind)
