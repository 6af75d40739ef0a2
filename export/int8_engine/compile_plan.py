"""Compile a quantised network to a plan: the steps and packed arrays that csrc/nn runs.

Inputs are the prepared float32 network and its QDQ form, which gives the ranges of the maps. Known pieces of
graph become one step each:
- convolution, dense or depthwise, with ReLU, residual sum (paper 1, section 3.1) or attention (equation 9);
- concatenation and nearest upsampling become sources of the convolution that reads them; before a depthwise
  one, upsampling is a step;
- a convolution whose maps are an output, pixel by pixel (N, H, W, C), gives them in float32;
- soft-argmax, mean over a map, average pooling of the picture;
- whatever is affine between these and a ReLU, a Clip or an output (affine_tail.py).
Anything else is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx

from export.int8_engine.affine_tail import AffineTail
from export.int8_engine.convolutions import ConvolutionCompiler
from export.int8_engine.network_graph import NetworkGraph
from export.int8_engine.plan_file import PlanBuilder, PlanFile, Tensor

MAKE_VECTORS = ("Flatten", "ReduceMean")  # their result is a vector; of other kinds, the affine tail takes it


def compile_plan(prepared: onnx.ModelProto, quantised: onnx.ModelProto) -> PlanFile:
    """Compile a network.

    Args:
        prepared: float32, as static_quantization returns it.
        quantised: its QDQ form.

    Raises:
        ValueError: a node has no step; names the node.
    """
    return _Compiler(NetworkGraph(prepared, quantised)).compile()


class _Compiler:
    """Walks the graph once; a node becomes a step, part of one, or is left to the affine tail."""

    def __init__(self, graph: NetworkGraph) -> None:
        self._graph = graph
        self._plan = PlanBuilder(graph.picture)
        self._convolutions = ConvolutionCompiler(graph, self._plan)
        self._compile_node: dict[str, Callable[[onnx.NodeProto], None]] = {
            "Sub": self._centre_picture,
            "Conv": self._convolutions.compile,
            "Add": self._convolutions.compile_sum,
            "Concat": self._join_maps,
            "Resize": self._upsample,
            "ReduceMean": self._add_mean,
            "Flatten": self._add_flatten,
            "AveragePool": self._add_average_pooling,
        }

    def compile(self) -> PlanFile:
        for node in self._graph.nodes:
            if node.name not in self._convolutions.fused and not self._is_affine(node):
                self._compile_node[node.op_type](node)
        plan = self._plan
        outputs = self._outputs()
        description = {"maps": plan.maps, "float_maps": plan.float_maps, "vectors": plan.vectors,
                       "steps": plan.steps, "outputs": outputs, "side": self._graph.side}  # fmt: skip
        metadata = {p.key: p.value for p in self._graph.model.metadata_props}
        return PlanFile(description, plan.arrays, metadata)

    def _is_affine(self, node: onnx.NodeProto) -> bool:
        """Whether a node computes on vectors, or is of a kind that only the affine tail handles."""
        if node.op_type not in self._compile_node:
            return True
        rank = len(self._graph.shapes.get(node.output[0], ()))
        return rank == 2 and node.op_type not in MAKE_VECTORS

    def _outputs(self) -> dict[str, Any]:
        if self._convolutions.cell_maps:
            return self._cell_outputs()
        return self._convolutions.pictures or AffineTail(self._graph, self._plan).compile()

    def _cell_outputs(self) -> dict[str, Any]:
        """A detector's output: its levels' float maps, fine to coarse."""
        float_maps = self._plan.float_maps
        fine_first = sorted(self._convolutions.cell_maps, key=lambda index: float_maps[index]["stride"])
        shape = [0, self._convolutions.values_per_cell]
        return {self._graph.model.graph.output[0].name: {"float_maps": fine_first, "shape": shape}}

    # A node that none of these takes is left to the affine tail.

    def _centre_picture(self, node: onnx.NodeProto) -> None:
        """The picture around its middle gray: a zero point between two bytes."""
        if node.input[0] != self._graph.picture or node.input[1] not in self._graph.values:
            return
        middle = 255 * float(self._graph.values[node.input[1]])
        self._plan.maps[0]["zero"] = round(middle)
        self._plan.exact_zero[0] = middle
        self._plan.tensors[node.output[0]] = Tensor([(0, False)])

    def _join_maps(self, node: onnx.NodeProto) -> None:
        if any(name not in self._plan.tensors for name in node.input):
            return  # of shapes, or of a detector's cells
        sources = [source for name in node.input for source in self._plan.tensor(name).sources]
        self._plan.tensors[node.output[0]] = Tensor(sources)

    def _upsample(self, node: onnx.NodeProto) -> None:
        before = self._plan.tensor(node.input[0]).sources
        if any(doubled for _, doubled in before):
            raise ValueError(f"{node.name}: upsampled twice")
        self._plan.tensors[node.output[0]] = Tensor([(index, True) for index, _ in before])

    def _add_mean(self, node: onnx.NodeProto) -> None:
        index = self._plan.tensor(node.input[0]).sources[0][0]
        channels = self._plan.maps[index]["channels"]
        vector = self._plan.add_vector(channels)
        self._plan.add_step({"op": "mean", "source": index, "scale": self._plan.scales[index], "out": vector})
        self._plan.tensors[node.output[0]] = Tensor(vector=vector, order=np.arange(channels))

    def _add_flatten(self, node: onnx.NodeProto) -> None:
        tensor = self._plan.tensors.get(node.input[0])
        if tensor is None or not tensor.sources:
            return
        index = tensor.sources[0][0]
        _, channels, height, width = self._graph.shapes[node.input[0]]
        count = channels * height * width
        vector = self._plan.add_vector(count)
        self._plan.add_step(
            {"op": "flatten", "source": index, "scale": self._plan.scales[index], "out": vector}
        )
        # The graph counts channel by channel, the step pixel by pixel.
        order = np.arange(count).reshape(height, width, channels).transpose(2, 0, 1).ravel()
        self._plan.tensors[node.output[0]] = Tensor(vector=vector, order=order)

    def _add_average_pooling(self, node: onnx.NodeProto) -> None:
        if node.input[0] != self._graph.picture:
            raise ValueError(f"{node.name}: a pool over something other than the picture")
        cells = self._graph.shapes[node.output[0]][2]
        vector = self._plan.add_vector(3 * cells * cells)
        self._plan.add_step({"op": "thumbnail", "cells": cells, "out": vector})
        order = np.arange(3 * cells * cells).reshape(cells * cells, 3).T.ravel()
        flatten = self._graph.only_consumer(node.output[0])
        assert flatten is not None
        self._convolutions.fused.add(flatten.name)
        self._plan.tensors[flatten.output[0]] = Tensor(vector=vector, order=order)
