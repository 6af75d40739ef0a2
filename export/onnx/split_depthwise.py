"""Split depthwise convolutions of joined maps into one per map, which engines run without a copy of the join.

A depthwise convolution keeps channels apart, so that it may run before a concatenation as well as after it;
each part then has a range of its own in eight bits. The picture's three channels fill no vector: their
depthwise convolution and the pointwise one behind it become one 3x3 convolution, added to the sum of the
others.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from export.int8_engine.network_graph import attributes

TOLERANCE = 1e-4  # largest difference that another order of sums makes, of the largest output


def split_depthwise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Rewrite every Concat - depthwise Conv - pointwise Conv of a network with inferred shapes.

    Returns:
        A network with the same inputs, outputs and metadata.

    Raises:
        ValueError: its outputs differ from the model's.
    """
    split = onnx.ModelProto()
    split.CopyFrom(onnx.shape_inference.infer_shapes(model))
    graph = split.graph
    shapes = {
        v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in (*graph.value_info, *graph.input, *graph.output)
    }
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    while (found := _find(graph)) is not None:
        _Rewriting(graph, values, shapes, *found).apply()
    del graph.value_info[:]
    _drop_unused(graph)
    split = onnx.shape_inference.infer_shapes(split)
    onnx.checker.check_model(split)
    _check_same(model, split)
    return split


def _find(graph: onnx.GraphProto) -> tuple[onnx.NodeProto, onnx.NodeProto, onnx.NodeProto] | None:
    """The next Concat, depthwise Conv and pointwise Conv in a row."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for join in graph.node:
        if join.op_type != "Concat" or [n.op_type for n in readers[join.output[0]]] != ["Conv"]:
            continue
        depthwise = readers[join.output[0]][0]
        behind = readers.get(depthwise.output[0], [])
        plain = attributes(depthwise).get("group", 1) > 1 and len(depthwise.input) == 2  # no bias
        if plain and [n.op_type for n in behind] == ["Conv"]:
            return join, depthwise, behind[0]
    return None


class _Rewriting:
    """One Concat, depthwise and pointwise convolution on their way to parts."""

    def __init__(
        self,
        graph: onnx.GraphProto,
        values: dict[str, NDArray[np.float32]],
        shapes: dict[str, list[int]],
        join: onnx.NodeProto,
        depthwise: onnx.NodeProto,
        pointwise: onnx.NodeProto,
    ) -> None:
        self.graph, self.values, self.shapes = graph, values, shapes
        self.join, self.depthwise, self.pointwise = join, depthwise, pointwise
        self.nodes: list[onnx.NodeProto] = []

    def apply(self) -> None:
        """Replace the three nodes in the graph."""
        each = self.values[self.depthwise.input[1]]  # (C, 1, 3, 3)
        mixed = self.values[self.pointwise.input[1]]  # (N, C, 1, 1)
        bias = list(self.pointwise.input[2:])
        kept, columns, start, picture = [], [], 0, ""
        for number, name in enumerate(self.join.input):
            rows = slice(start, start + self.shapes[name][1])
            start = rows.stop
            if name == self.graph.input[0].name:
                # Both are linear: one kernel for each pair of output and colour.
                both = mixed[:, rows] * each[rows].transpose(1, 0, 2, 3)
                picture = self._conv(f"picture_{number}", name, both, [], group=1)
                continue
            kept.append(self._conv(f"part_{number}", name, each[rows], [], group=rows.stop - rows.start))
            columns.append(mixed[:, rows])
        joined = kept[0]
        if len(kept) > 1:
            joined = f"{self.join.output[0]}_parts"
            self.nodes.append(helper.make_node("Concat", kept, [joined], name=joined, axis=1))
        out = self.pointwise.output[0]
        last = f"{out}_rest" if picture else out
        mixing = self._constant(f"{last}_weights", np.concatenate(columns, 1))
        self.nodes.append(
            helper.make_node("Conv", [joined, mixing, *bias], [last], name=f"{self.pointwise.name}_parts")
        )
        if picture:
            name = f"{self.pointwise.name}_sum"
            self.nodes.append(helper.make_node("Add", [last, picture], [out], name=name))
        self._replace()

    def _conv(self, part: str, source: str, weights: NDArray[np.float32], bias: list[str], group: int) -> str:
        """Add a convolution with the depthwise one's strides and padding; its output's name."""
        out = f"{self.depthwise.output[0]}_{part}"
        node = helper.make_node("Conv", [source, self._constant(f"{out}_weights", weights), *bias], [out])
        node.name = f"{self.depthwise.name}_{part}"
        kept = [a for a in self.depthwise.attribute if a.name in ("strides", "pads", "dilations")]
        node.attribute.extend([*kept, helper.make_attribute("group", group)])
        self.nodes.append(node)
        return out

    def _constant(self, name: str, value: NDArray[np.float32]) -> str:
        value = np.ascontiguousarray(value)
        self.values[name] = value
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def _replace(self) -> None:
        gone = {self.join.name, self.depthwise.name, self.pointwise.name}
        nodes: list[onnx.NodeProto] = []
        for node in self.graph.node:
            if node.name == self.pointwise.name:
                nodes += self.nodes
            elif node.name not in gone:
                nodes.append(node)
        copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del self.graph.node[:]
        self.graph.node.extend(copies)


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [onnx.TensorProto.FromString(t.SerializeToString()) for t in graph.initializer if t.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _check_same(model: onnx.ModelProto, split: onnx.ModelProto) -> None:
    entry = model.graph.input[0]
    sizes = [dim.dim_value for dim in entry.type.tensor_type.shape.dim][1:]
    feed = {entry.name: np.random.default_rng(0).random((2, *sizes), dtype=np.float32)}
    sessions = [
        onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"])
        for m in (model, split)
    ]
    for a, b in zip(*(session.run(None, feed) for session in sessions), strict=True):
        if np.abs(a - b).max() > TOLERANCE * max(1.0, float(np.abs(a).max())):
            raise ValueError("splitting the network's depthwise convolutions changed its outputs")
