"""Convolutions as steps of a plan, with what is fused behind them: ReLU, residual sum, attention, heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from export.int8_engine.network_graph import NetworkGraph, attributes, bias_of
from export.int8_engine.plan_file import Doubles, PlanBuilder, Tensor, padded_size, quantize_rows

NO_GATE = np.zeros(0, np.float32)


@dataclass
class Convolution:
    """A convolution on its way into the plan: its node, the step that it becomes, and its numbers."""

    node: onnx.NodeProto
    step: dict[str, Any]
    weights: Doubles  # (N, C, k, k)
    bias: Doubles  # (N,)
    outputs: int  # N, filled up to whole vectors
    stride: int  # pixels of the picture per cell of the output


class ConvolutionCompiler:
    """Turns Conv nodes into steps; `fused` names the nodes behind them that need no step of their own."""

    def __init__(self, graph: NetworkGraph, plan: PlanBuilder) -> None:
        self._graph, self._plan = graph, plan
        self._waiting: dict[str, onnx.NodeProto] = {}  # convolutions, by the sum whose other half is not made
        self.fused: set[str] = set()
        self.cell_maps: list[int] = []  # float maps of a detector's levels
        self.values_per_cell = 0
        self.pictures: dict[str, Any] = {}  # outputs that are float maps, as the description holds them

    def compile(self, node: onnx.NodeProto) -> None:
        """Add the step of a convolution, or keep it until the other half of its sum is made."""
        conv = self._read(node)
        if attributes(node).get("group", 1) > 1:
            self._add_depthwise(conv)
            return
        output = node.output[0]
        consumer = self._graph.only_consumer(output)
        if consumer is not None and consumer.op_type == "Reshape" and self._joins_cells(consumer):
            self._add_cell_head(conv)
        elif consumer is not None and consumer.op_type in ("Reshape", "Cast"):
            self._add_soft_argmax(conv)
        elif (name := self._output_picture(output, consumer)) is not None:
            self._add_output_picture(conv, name)
        elif consumer is not None and consumer.op_type == "Sigmoid":
            self._add_attention(conv, consumer)
        elif consumer is not None and consumer.op_type == "Add":
            other = self._other_operand(consumer, output)
            first = self._waiting.pop(consumer.name, None)
            if other is None and first is not None:  # a sum of two convolutions: the first gets its own map
                self._add_to_map(self._read(first), first.output[0])
                other = self._other_operand(consumer, output)
            if other is None:
                self._waiting[consumer.name] = node
            else:
                conv.step |= {"join": "add", "other": other}
                self._add_to_map(conv, self._fuse(consumer))
        else:
            self._add_to_map(conv, output)

    def compile_sum(self, node: onnx.NodeProto) -> None:
        """Add the step of a convolution whose sum has its other half now."""
        if node.name not in self._waiting:
            raise ValueError(f"{node.name}: a sum without a convolution")
        self.compile(self._waiting.pop(node.name))

    def _read(self, node: onnx.NodeProto) -> Convolution:
        weights = self._graph.values[node.input[1]].astype(np.float64)
        given = attributes(node)
        stride, dilation = given.get("strides", [1])[0], given.get("dilations", [1])[0]
        pad, kernel = given.get("pads", [0])[0], weights.shape[2]
        sources = self._plan.tensor(node.input[0]).sources
        reach = dilation * (kernel - 1) + 1
        for index, _ in sources:
            source = self._plan.maps[index]
            source["halo"] = max(source["halo"], pad, reach - pad - stride)
        first, doubled = sources[0]
        fine = self._plan.maps[first]["stride"] / (2 if doubled else 1)
        step: dict[str, Any] = {"op": "conv", "sources": sources, "stride": stride, "dilation": dilation,
                                "pad": pad, "to_float": False, "join": "none", "other": (0, False),
                                "other_scale": 0.0, "gate_zero": 0}  # fmt: skip
        bias = bias_of(node, self._graph.values, len(weights))
        return Convolution(node, step, weights, bias, padded_size(len(weights)), int(fine * stride))

    def _add_to_map(self, conv: Convolution, name: str) -> None:
        """A convolution, with the sum that makes `name` if there is one, and a ReLU behind it."""
        name = self._fuse_relu(name)
        scale, zero = self._graph.range_of(name, conv.node.output[0])
        conv.step["out"] = self._plan.add_map(conv.stride, conv.outputs, scale, zero)
        if conv.step["join"] == "add":
            other_scale = self._plan.scales[conv.step["other"][0]]
            conv.step["other_scale"] = float(np.float32(other_scale / scale))
        self._add_step(conv, scale)
        self._plan.tensors[name] = Tensor([(conv.step["out"], False)])

    def _add_attention(self, conv: Convolution, sigmoid: onnx.NodeProto) -> None:
        """x + x * sigmoid(convolution), or the same as (1 + sigmoid) * x: equation 9."""
        product = self._graph.only_consumer(sigmoid.output[0])
        if product is None or product.op_type != "Mul":
            raise ValueError(f"{conv.node.name}: a sigmoid that no attention uses")
        base = next(name for name in product.input if name != sigmoid.output[0])
        total = self._graph.only_consumer(product.output[0])
        if total is None or total.op_type != "Add" or base not in total.input:
            raise ValueError(f"{conv.node.name}: attention without its sum")
        self.fused |= {sigmoid.name, product.name, total.name}
        own_scale, own_zero = self._graph.range_of(conv.node.output[0])
        name = total.output[0]
        scale, zero = self._graph.range_of(name)
        other = self._plan.tensor(base).sources[0]
        conv.step |= {"join": "gate", "other": other, "gate_zero": own_zero}
        conv.step["out"] = self._plan.add_map(conv.stride, conv.outputs, scale, zero)
        argument = (np.arange(256) - own_zero) * own_scale
        factor = (1 + 1 / (1 + np.exp(-argument))) * self._plan.scales[other[0]] / scale
        self._add_step(conv, own_scale, factor.astype(np.float32))
        self._plan.tensors[name] = Tensor([(conv.step["out"], False)])

    def _joins_cells(self, reshape: onnx.NodeProto) -> bool:
        """Whether a Reshape leads to a detector's output, where the levels' cells are joined."""
        joined = self._graph.only_consumer(reshape.output[0])
        return (
            joined is not None
            and joined.op_type == "Concat"
            and len(self._graph.shapes[joined.output[0]]) == 3
        )

    def _add_cell_head(self, conv: Convolution) -> None:
        """One level of the anchor-free head: a float map that decode_detections reads."""
        self._add_float_map(conv)
        self.cell_maps.append(conv.step["out"])
        self.values_per_cell = len(conv.weights)

    def _output_picture(self, name: str, consumer: onnx.NodeProto | None) -> str | None:
        """The network's output that a convolution's maps are, pixel by pixel; None where they are not."""
        outputs = {output.name for output in self._graph.model.graph.output}
        if consumer is not None and consumer.op_type == "Transpose" and consumer.output[0] in outputs:
            if attributes(consumer)["perm"] != [0, 2, 3, 1]:
                raise ValueError(f"{consumer.name}: an output that is not pixel by pixel")
            return self._fuse(consumer)
        if name in outputs:
            raise ValueError(f"{name}: an output channel by channel, expected pixel by pixel")
        return None

    def _add_output_picture(self, conv: Convolution, name: str) -> None:
        """A float map that is an output of the network."""
        self._add_float_map(conv)
        side = self._graph.side // conv.stride
        shape = [side, side, len(conv.weights)]
        self.pictures[name] = {"float_maps": [conv.step["out"]], "shape": shape}

    def _add_soft_argmax(self, conv: Convolution) -> None:
        """Heat maps: softmax over the cells and its product with the cells' centres."""
        chain = self._soft_argmax_chain(conv.node.output[0])
        if not chain or chain[-1].op_type != "MatMul" or "Softmax" not in [n.op_type for n in chain]:
            raise ValueError(f"{conv.node.name}: maps without a soft-argmax")
        centres = self._graph.values[chain[-1].input[1]]  # (H * W, 2)
        side = round(len(centres) ** 0.5)
        extent = float((centres[:, 0].max() - centres[:, 0].min()) * side / (side - 1))
        self.fused |= {used.name for used in chain}
        self._add_float_map(conv)
        points = len(conv.weights)
        vector = self._plan.add_vector(2 * points)
        self._plan.add_step(
            {"op": "peaks", "source": conv.step["out"], "points": points, "extent": extent, "out": vector}
        )
        self._plan.tensors[chain[-1].output[0]] = Tensor(vector=vector, order=np.arange(2 * points))

    def _soft_argmax_chain(self, name: str) -> list[onnx.NodeProto]:
        """The nodes behind a tensor up to the product with the cells' centres."""
        chain: list[onnx.NodeProto] = []
        while not chain or chain[-1].op_type != "MatMul":
            consumer = self._graph.only_consumer(name)
            if consumer is None or consumer.op_type not in ("Cast", "Reshape", "Softmax", "MatMul"):
                break
            chain.append(consumer)
            name = consumer.output[0]
        return chain

    def _add_float_map(self, conv: Convolution) -> None:
        conv.step |= {"to_float": True, "out": self._plan.add_float_map(conv.stride, conv.outputs)}
        self._add_step(conv, 1.0)

    def _add_depthwise(self, conv: Convolution) -> None:
        sources, count = conv.step["sources"], len(conv.weights)
        if conv.weights.shape[1:] != (1, 3, 3) or len(sources) != 1:
            raise ValueError(f"{conv.node.name}: a grouped convolution that is not 3x3 depthwise of one map")
        index = self._upsampled(sources[0][0]) if sources[0][1] else sources[0][0]
        name = self._fuse_relu(conv.node.output[0])
        scale, zero = self._graph.range_of(name, conv.node.output[0])
        out = self._plan.add_map(conv.stride, count, scale, zero)
        quantised, steps = quantize_rows(conv.weights.reshape(count, 9) * self._plan.scales[index])
        sums = quantised.sum(1) * self._plan.zero_point(index)
        self._plan.add_step(
            {"op": "depthwise", "source": index, "stride": conv.step["stride"], "out": out},
            weights=quantised.T.astype(np.int8),
            bias=np.round(conv.bias / steps - sums).astype(np.int32),
            scale=(steps / scale).astype(np.float32),
        )
        self._plan.tensors[name] = Tensor([(out, False)])

    def _upsampled(self, index: int) -> int:
        """A map at twice its size, for steps that read maps as they are."""
        plan, map_ = self._plan, self._plan.maps[index]
        out = plan.add_map(map_["stride"] // 2, map_["channels"], plan.scales[index], map_["zero"])
        plan.maps[out]["halo"] = map_["halo"]
        plan.add_step({"op": "upsample", "source": index, "out": out})
        return out

    def _add_step(self, conv: Convolution, out_scale: float, gate: NDArray[np.float32] = NO_GATE) -> None:
        """Weights (N, C, k, k) as (N, taps, C) bytes; the sources' scales and zero points go into them."""
        weights, plan = conv.weights, self._plan
        taps = weights.shape[2] * weights.shape[3]
        rows = weights.transpose(0, 2, 3, 1).reshape(len(weights), taps, -1)
        parts, zeros, start = [], [], 0
        for index, _ in conv.step["sources"]:
            channels = plan.maps[index]["channels"]
            part = rows[:, :, start : start + channels] * plan.scales[index]
            missing = channels - part.shape[2]  # the picture's fourth byte
            parts.append(np.pad(part, ((0, 0), (0, 0), (0, missing))))
            zeros.append(np.full(channels, plan.zero_point(index)))
            start += channels
        real = np.concatenate(parts, 2)
        quantised, steps = quantize_rows(real.reshape(len(real), -1))
        shaped = quantised.reshape(real.shape)
        sums = (shaped * np.concatenate(zeros)).sum((1, 2))
        pad = conv.outputs - len(weights)
        plan.add_step(
            conv.step,
            weights=np.pad(shaped, ((0, pad), (0, 0), (0, 0))).astype(np.int8),
            bias=np.pad(np.round(conv.bias / steps - sums), (0, pad)).astype(np.int32),
            scale=np.pad(steps / out_scale, (0, pad)).astype(np.float32),
            **({"gate": gate} if len(gate) else {}),
        )

    def _other_operand(self, add: onnx.NodeProto, name: str) -> tuple[int, bool] | None:
        """The other operand of a sum, if it is a map already."""
        other = next((n for n in add.input if n != name), None)
        tensor = self._plan.tensors.get(other) if other else None
        return tensor.sources[0] if tensor is not None and len(tensor.sources) == 1 else None

    def _fuse(self, node: onnx.NodeProto) -> str:
        self.fused.add(node.name)
        return str(node.output[0])

    def _fuse_relu(self, name: str) -> str:
        consumer = self._graph.only_consumer(name)
        return self._fuse(consumer) if consumer is not None and consumer.op_type == "Relu" else name
