"""The affine tail: whatever is affine between vectors and a ReLU, a Clip or an output becomes one dense step.

The matrix of a dense step is found by running that piece of the graph on unit vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from export.int8_engine.network_graph import NetworkGraph
from export.int8_engine.plan_file import Doubles, PlanBuilder, Tensor, padded_size, quantize_rows

UNBOUNDED = 3.0e38  # a bound that no value reaches


class AffineTail:
    """Adds the dense steps up to every ReLU among the vectors and every output."""

    def __init__(self, graph: NetworkGraph, plan: PlanBuilder) -> None:
        self._graph, self._plan = graph, plan
        self._known = {name for name, tensor in plan.tensors.items() if tensor.vector is not None}

    def compile(self) -> dict[str, Any]:
        """Add the steps; returns the outputs of the description."""
        graph, tensors = self._graph, self._plan.tensors
        for node in graph.nodes:
            if node.op_type == "Relu" and len(graph.shapes[node.output[0]]) == 2:
                tensors[node.output[0]] = self._add_dense(node.input[0], 0.0, UNBOUNDED)
                self._known.add(node.output[0])
        outputs = {}
        for output in graph.model.graph.output:
            if output.name not in self._known:
                tensors[output.name] = self._add_dense(output.name, -UNBOUNDED, UNBOUNDED)
            shape = graph.shapes[output.name][1:]
            outputs[output.name] = {"vector": tensors[output.name].vector, "shape": shape}
        return outputs

    def _add_dense(self, name: str, low: float, high: float) -> Tensor:
        inputs, matrix, offset = self._affine(name)
        lows, highs = np.full(len(offset), low), np.full(len(offset), high)
        clipped, bounds = self._clipped(name, inputs)
        lows[clipped], highs[clipped] = bounds
        columns = [self._columns_in_vector(*part) for part in zip(inputs, matrix, strict=True)]
        quantised, steps = quantize_rows(np.concatenate(columns, 1))
        outputs = padded_size(len(offset))
        pad = outputs - len(offset)
        vector = self._plan.add_vector(outputs)
        parts = {"scale": steps, "bias": offset, "low": lows, "high": highs}
        self._plan.add_step(
            {"op": "dense", "inputs": [self._plan.tensor(i).vector for i in inputs], "out": vector},
            weights=np.pad(quantised, ((0, pad), (0, 0))).astype(np.int8),
            **{part: np.pad(values, (0, pad)).astype(np.float32) for part, values in parts.items()},
        )
        return Tensor(vector=vector, order=np.arange(len(offset)))

    def _columns_in_vector(self, name: str, block: Doubles) -> Doubles:
        """A matrix of a tensor's columns as one of the columns of the vector that holds the tensor."""
        tensor = self._plan.tensor(name)
        assert tensor.vector is not None
        assert tensor.order is not None
        wide = np.zeros((len(block), self._plan.vectors[tensor.vector]))
        wide[:, tensor.order] = block
        return wide

    def _affine(self, name: str) -> tuple[list[str], list[Doubles], Doubles]:
        """Inputs among the known vectors, a matrix for each, and the offset of a tensor affine in them."""
        shapes = self._graph.shapes
        inputs = self._inputs_of(name)
        session = self._piece(name, inputs, keep_clip=False)
        sizes = [int(np.prod(shapes[i][1:])) for i in inputs]
        count = sum(sizes) + 1
        unit = np.concatenate([np.zeros((1, count - 1)), np.eye(count - 1)]).astype(np.float32)
        feed, start = {}, 0
        for given, size in zip(inputs, sizes, strict=True):
            feed[given] = unit[:, start : start + size].reshape(count, *shapes[given][1:])
            start += size
        answer = session.run(None, feed)[0].reshape(count, -1).astype(np.float64)
        offset, matrix = answer[0], (answer[1:] - answer[0]).T
        return inputs, np.split(matrix, np.cumsum(sizes)[:-1], axis=1), offset

    def _clipped(self, name: str, inputs: Sequence[str]) -> tuple[NDArray[np.bool_], tuple[float, float]]:
        """Which columns of a tensor pass a Clip, and its bounds."""
        graph = self._graph
        rng = np.random.default_rng(0)
        feed = {i: rng.normal(0, 1e3, (8, *graph.shapes[i][1:])).astype(np.float32) for i in inputs}
        free, held = (self._piece(name, inputs, keep_clip=k).run(None, feed)[0] for k in (False, True))
        clipped = (free != held).reshape(len(held), -1).any(0)
        bounds = (-UNBOUNDED, UNBOUNDED)
        if clipped.any():
            clip = next(n for n in graph.nodes if n.op_type == "Clip")
            bounds = (float(graph.values[clip.input[1]]), float(graph.values[clip.input[2]]))
        return clipped, bounds

    def _inputs_of(self, name: str) -> list[str]:
        """The known vectors that a tensor is computed from."""
        makers = {out: node for node in self._graph.nodes for out in node.output}
        found: list[str] = []
        todo = [name]
        while todo:
            one = todo.pop()
            if one in self._known:
                found += [one] if one not in found else []
            elif one not in self._graph.values and one:
                if one not in makers:
                    raise ValueError(f"{name}: depends on {one}, which is no vector")
                todo += makers[one].input
        return found

    def _piece(self, name: str, inputs: Sequence[str], keep_clip: bool) -> onnxruntime.InferenceSession:
        """A session that runs the graph from `inputs` to `name`."""
        piece = onnx.ModelProto()
        piece.CopyFrom(self._graph.model)
        for node in piece.graph.node:
            if node.op_type == "Clip" and not keep_clip:
                node.op_type = "Identity"
                del node.input[1:]
        extracted = onnx.utils.Extractor(piece).extract_model(list(inputs), [name])
        return onnxruntime.InferenceSession(extracted.SerializeToString(), providers=["CPUExecutionProvider"])
