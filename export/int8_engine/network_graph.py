"""An ONNX network as the compiler reads it: constants, shapes, consumers, and ranges of activations."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper


class NetworkGraph:
    """A float32 network with inferred shapes, and the ranges of its quantised form."""

    def __init__(self, prepared: onnx.ModelProto, quantised: onnx.ModelProto) -> None:
        self.model = onnx.shape_inference.infer_shapes(prepared)
        graph = self.model.graph
        self.values: dict[str, NDArray[Any]] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self.values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self.nodes = [node for node in graph.node if node.op_type != "Constant"]
        self._consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in node.input if node.op_type != "Shape" else ():
                self._consumers.setdefault(name, []).append(node)
        infos = [*graph.value_info, *graph.input, *graph.output]
        self.shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in infos}
        self._ranges = activation_ranges(quantised)
        self.picture: str = graph.input[0].name
        self.side: int = self.shapes[self.picture][2]  # 0 where it is free

    def only_consumer(self, name: str) -> onnx.NodeProto | None:
        """The consumer of a tensor that has just one."""
        readers = self._consumers.get(name, [])
        return readers[0] if len(readers) == 1 else None

    def range_of(self, *names: str) -> tuple[float, int]:
        """(scale, zero point) of the first of some names that has one."""
        for name in names:
            if name in self._ranges:
                return self._ranges[name]
        raise ValueError(f"{names[0]}: its range is not known")


def activation_ranges(quantised: onnx.ModelProto) -> dict[str, tuple[float, int]]:
    """(scale, zero point) of every quantised activation of a QDQ network."""
    values = {t.name: numpy_helper.to_array(t) for t in quantised.graph.initializer}
    return {
        node.input[0]: (float(values[node.input[1]]), int(values[node.input[2]]))
        for node in quantised.graph.node
        if node.op_type == "QuantizeLinear" and node.input[1] in values and values[node.input[1]].ndim == 0
    }


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes by name."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def bias_of(node: onnx.NodeProto, values: dict[str, NDArray[Any]], outputs: int) -> NDArray[np.float64]:
    """(outputs,) the bias of a convolution, zero where it has none."""
    if len(node.input) > 2:
        return np.asarray(values[node.input[2]], np.float64)
    return np.zeros(outputs)
