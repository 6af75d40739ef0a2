"""A quantised network as a plan: the steps and packed numbers that csrc/nn runs.

Input are the lean float32 network and its QDQ form, from which the ranges of the maps are taken. Known
pieces of graph become one step each:
- convolution, dense or depthwise, with ReLU, residual sum (paper 1, section 3.1) or attention (equation 9);
- concatenation and nearest upsampling become sources of the convolution that reads them;
- soft-argmax, mean over a map, thumbnail of the picture;
- whatever is affine between these and a ReLU, a Clip or an output is one dense step, its matrix found by
  running the piece of graph on unit vectors.
Anything else is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

FloatArray = NDArray[np.float32]
Doubles = NDArray[np.float64]
LANES = 16
FREE = 3.0e38  # a bound that no value reaches


@dataclass
class PlanFile:
    """What is written: the description and its arrays."""

    description: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Convolution:
    """A convolution on its way into the plan: the step it becomes, and what is written of it."""

    node: onnx.NodeProto
    step: dict[str, Any]
    weights: Doubles  # (N, C, k, k)
    bias: Doubles  # (N,)
    outputs: int  # N, filled up to whole vectors
    grid: int  # pixels of the picture per cell


@dataclass
class Place:
    """A tensor of the graph as maps: joined sources (map, doubled), or one vector with its columns' order."""

    sources: list[tuple[int, bool]] = field(default_factory=list)
    vector: int | None = None
    order: NDArray[np.int64] | None = None  # of the tensor's columns in the vector


def compile_plan(lean: onnx.ModelProto, quantised: onnx.ModelProto) -> PlanFile:
    """The plan of a lean network; raises ValueError naming the node that has no step."""
    return _Compiler(lean, quantised).compile()


def write_plan(plan: PlanFile, path: Path) -> None:
    """As safetensors, by way of a temporary name."""
    temporary = path.with_suffix(".part")
    metadata = plan.metadata | {"plan": json.dumps(plan.description)}
    save_file({k: np.ascontiguousarray(v) for k, v in plan.arrays.items()}, str(temporary), metadata)
    temporary.replace(path)


def ranges(quantised: onnx.ModelProto) -> dict[str, tuple[float, int]]:
    """(scale, zero point) of every quantised activation."""
    values = {t.name: numpy_helper.to_array(t) for t in quantised.graph.initializer}
    return {
        node.input[0]: (float(values[node.input[1]]), int(values[node.input[2]]))
        for node in quantised.graph.node
        if node.op_type == "QuantizeLinear" and node.input[1] in values and values[node.input[1]].ndim == 0
    }


class _Compiler:
    def __init__(self, lean: onnx.ModelProto, quantised: onnx.ModelProto) -> None:
        self.model = onnx.shape_inference.infer_shapes(lean)
        graph = self.model.graph
        self.values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self.values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self.nodes = [node for node in graph.node if node.op_type != "Constant"]
        self.consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in node.input if node.op_type != "Shape" else ():
                self.consumers.setdefault(name, []).append(node)
        infos = [*graph.value_info, *graph.input, *graph.output]
        self.shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in infos}
        self.ranges = ranges(quantised)
        self.done: set[str] = set()  # names of nodes that are part of a step already
        self.places: dict[str, Place] = {}
        self.maps: list[dict[str, int]] = []
        self.scales: list[float] = []  # of the maps
        self.exact_zero: dict[int, float] = {}  # where a map's true zero lies between two bytes
        self.float_maps: list[dict[str, int]] = []
        self.vectors: list[int] = []
        self.steps: list[dict[str, Any]] = []
        self.pending: dict[str, onnx.NodeProto] = {}  # convolutions, by the sum that waits for its other half
        self.values_per_cell = 0
        self.cells: list[int] = []  # float maps of a detector, fine to coarse
        self.arrays: dict[str, NDArray[Any]] = {}

    def compile(self) -> PlanFile:
        entry = self.model.graph.input[0]
        self.picture = entry.name
        self.side = self.shapes[entry.name][2]  # 0 where it is free
        self.maps.append({"stride": 1, "channels": 4, "halo": 0, "zero": 0})
        self.scales.append(1 / 255)
        self.places[entry.name] = Place([(0, False)])
        tail = []
        for node in self.nodes:
            if node.name in self.done:
                continue
            step = getattr(self, f"_{node.op_type.lower()}", None)
            if (
                step is None
                or (
                    len(self.shapes.get(node.output[0], ())) == 2
                    and node.op_type not in ("Flatten", "ReduceMean")
                )
            ) or not step(node):
                tail.append(node)
        outputs = self._tail()
        description = {"maps": self.maps, "float_maps": self.float_maps, "vectors": self.vectors,
                       "steps": self.steps, "outputs": outputs, "side": self.side}  # fmt: skip
        metadata = {p.key: p.value for p in self.model.metadata_props}
        return PlanFile(description, self.arrays, metadata)

    # Maps.

    def _sub(self, node: onnx.NodeProto) -> bool:
        """The picture around its middle gray: a zero point between two bytes."""
        if node.input[0] != self.picture or node.input[1] not in self.values:
            return False
        middle = 255 * float(self.values[node.input[1]])
        self.maps[0]["zero"] = round(middle)
        self.exact_zero[0] = middle
        self.places[node.output[0]] = Place([(0, False)])
        return True

    def _conv(self, node: onnx.NodeProto) -> bool:
        weights = self.values[node.input[1]].astype(np.float64)
        bias = (
            self.values[node.input[2]].astype(np.float64) if len(node.input) > 2 else np.zeros(len(weights))
        )
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        stride, dilation = attributes.get("strides", [1])[0], attributes.get("dilations", [1])[0]
        pad, kernel = attributes.get("pads", [0])[0], weights.shape[2]
        sources = self._place(node.input[0]).sources
        reach = dilation * (kernel - 1) + 1
        for index, _ in sources:
            self.maps[index]["halo"] = max(self.maps[index]["halo"], pad, reach - pad - stride)
        fine = self.maps[sources[0][0]]["stride"] / (2 if sources[0][1] else 1)
        grid = int(fine * stride)
        if attributes.get("group", 1) > 1:
            return self._depthwise(node, weights, bias, sources, stride, grid)
        outputs = -(-len(weights) // LANES) * LANES
        step: dict[str, Any] = {"op": "conv", "sources": sources, "stride": stride, "dilation": dilation,
                                "pad": pad, "to_float": False, "join": "none", "other": (0, False),
                                "other_scale": 0.0, "gate_zero": 0}  # fmt: skip
        conv = Convolution(node, step, weights, bias, outputs, grid)
        name, gate = node.output[0], np.zeros(0, np.float32)
        only = self._only(name)
        if only is not None and only.op_type == "Reshape" and self._joins_cells(only):
            return self._cells(conv)
        if only is not None and only.op_type in ("Reshape", "Cast"):
            return self._peaks(conv)
        if only is not None and only.op_type == "Add":
            other = self._other(only, name)
            if other is None:
                self.pending[only.name] = node  # until the sum's other half is made
                return True
            name = self._absorb(only)
            step |= {"join": "add", "other": other}
        elif only is not None and only.op_type == "Sigmoid":
            return self._gate(conv)
        name = self._relu_after(name)
        scale, zero = self._range(name, node.output[0])
        step["out"] = self._new_map(grid, outputs, scale, zero)
        if step["join"] == "add":
            step["other_scale"] = float(np.float32(self.scales[step["other"][0]] / scale))
        self._write_conv(conv, scale, gate)
        self.places[name] = Place([(step["out"], False)])
        return True

    def _gate(self, conv: Convolution) -> bool:
        """x + x * sigmoid(convolution), or the same as (1 + sigmoid) * x: equation 9."""
        sigmoid = self._only(conv.node.output[0])
        assert sigmoid is not None
        product = self._only(sigmoid.output[0])
        if product is None or product.op_type != "Mul":
            raise ValueError(f"{conv.node.name}: a sigmoid that no attention uses")
        base = next(name for name in product.input if name != sigmoid.output[0])
        total = self._only(product.output[0])
        if total is None or total.op_type != "Add" or base not in total.input:
            raise ValueError(f"{conv.node.name}: attention without its sum")
        for used in (sigmoid, product, total):
            self.done.add(used.name)
        own_scale, own_zero = self._range(conv.node.output[0])
        name = total.output[0]
        scale, zero = self._range(name)
        conv.step |= {"join": "gate", "other": self._place(base).sources[0], "gate_zero": own_zero}
        conv.step["out"] = self._new_map(conv.grid, conv.outputs, scale, zero)
        argument = (np.arange(256) - own_zero) * own_scale
        factor = (1 + 1 / (1 + np.exp(-argument))) * self.scales[conv.step["other"][0]] / scale
        self._write_conv(conv, own_scale, factor.astype(np.float32))
        self.places[name] = Place([(conv.step["out"], False)])
        return True

    def _add(self, node: onnx.NodeProto) -> bool:
        """A sum whose convolution came before its other half."""
        if node.name not in self.pending:
            raise ValueError(f"{node.name}: a sum without a convolution")
        return self._conv(self.pending.pop(node.name))

    def _joins_cells(self, reshape: onnx.NodeProto) -> bool:
        """Whether a Reshape leads to a detector's output, where the levels' cells are joined."""
        joined = self._only(reshape.output[0])
        return joined is not None and joined.op_type == "Concat" and len(self.shapes[joined.output[0]]) == 3

    def _cells(self, conv: Convolution) -> bool:
        self.float_maps.append({"stride": conv.grid, "channels": conv.outputs})
        conv.step |= {"to_float": True, "out": len(self.float_maps) - 1}
        self._write_conv(conv, 1.0, np.zeros(0, np.float32))
        self.cells.append(conv.step["out"])
        self.values_per_cell = len(conv.weights)
        return True

    def _peaks(self, conv: Convolution) -> bool:
        """Maps, softmax over the cells, and the product with the conv.grid of cell centres."""
        chain, name = [], conv.node.output[0]
        while (only := self._only(name)) is not None and only.op_type in (
            "Cast",
            "Reshape",
            "Softmax",
            "MatMul",
        ):
            chain.append(only)
            name = only.output[0]
            if only.op_type == "MatMul":
                break
        if not chain or chain[-1].op_type != "MatMul" or "Softmax" not in [n.op_type for n in chain]:
            raise ValueError(f"{conv.node.name}: maps without a soft-argmax")
        cells = self.values[chain[-1].input[1]]  # (H * W, 2)
        side = round(len(cells) ** 0.5)
        extent = float((cells[:, 0].max() - cells[:, 0].min()) * side / (side - 1))
        self.done |= {used.name for used in chain}
        self.float_maps.append({"stride": conv.grid, "channels": conv.outputs})
        conv.step |= {"to_float": True, "out": len(self.float_maps) - 1}
        self._write_conv(conv, 1.0, np.zeros(0, np.float32))
        vector = self._new_vector(2 * len(conv.weights))
        self.steps.append({"op": "peaks", "source": conv.step["out"], "points": len(conv.weights),
                           "extent": extent, "out": vector})  # fmt: skip
        self.places[name] = Place(vector=vector, order=np.arange(2 * len(conv.weights)))
        return True

    def _depthwise(
        self,
        node: onnx.NodeProto,
        weights: Doubles,
        bias: Doubles,
        sources: list[tuple[int, bool]],
        stride: int,
        grid: int,
    ) -> bool:
        if weights.shape[1:] != (1, 3, 3) or len(sources) != 1 or sources[0][1]:
            raise ValueError(f"{node.name}: a grouped convolution that is not 3x3 depthwise")
        index = sources[0][0]
        name = self._relu_after(node.output[0])
        scale, zero = self._range(name, node.output[0])
        out = self._new_map(grid, len(weights), scale, zero)
        real = weights.reshape(len(weights), 9) * self.scales[index]
        number = self._number()
        quantised, steps = _rows(real)
        sums = quantised.sum(1) * self.exact_zero.get(index, self.maps[index]["zero"])
        self.arrays[f"{number}.weights"] = quantised.T.astype(np.int8)
        self.arrays[f"{number}.bias"] = np.round(bias / steps - sums).astype(np.int32)
        self.arrays[f"{number}.scale"] = (steps / scale).astype(np.float32)
        self.steps.append({"op": "depthwise", "source": index, "stride": stride, "out": out})
        self.places[name] = Place([(out, False)])
        return True

    def _write_conv(self, conv: Convolution, out_scale: float, gate: FloatArray) -> None:
        """Weights (N, C, k, k) as (N, taps, C) bytes; the sources' scales and zero points go into them."""
        weights = conv.weights
        taps = weights.shape[2] * weights.shape[3]
        rows = weights.transpose(0, 2, 3, 1).reshape(len(weights), taps, -1)
        parts, zeros, start = [], [], 0
        for index, _ in conv.step["sources"]:
            channels = self.maps[index]["channels"]
            part = rows[:, :, start : start + channels] * self.scales[index]
            missing = channels - part.shape[2]  # the picture's fourth byte
            parts.append(np.pad(part, ((0, 0), (0, 0), (0, missing))))
            zeros.append(np.full(channels, self.exact_zero.get(index, self.maps[index]["zero"])))
            start += channels
        real = np.concatenate(parts, 2)
        quantised, steps = _rows(real.reshape(len(real), -1))
        shaped = quantised.reshape(real.shape)
        sums = (shaped * np.concatenate(zeros)).sum((1, 2))
        pad = conv.outputs - len(weights)
        number = self._number()
        self.arrays[f"{number}.weights"] = np.pad(shaped, ((0, pad), (0, 0), (0, 0))).astype(np.int8)
        self.arrays[f"{number}.bias"] = np.pad(np.round(conv.bias / steps - sums), (0, pad)).astype(np.int32)
        self.arrays[f"{number}.scale"] = np.pad(steps / out_scale, (0, pad)).astype(np.float32)
        if len(gate):
            self.arrays[f"{number}.gate"] = gate
        self.steps.append(conv.step)

    def _concat(self, node: onnx.NodeProto) -> bool:
        if any(name not in self.places for name in node.input):
            return False  # of shapes, or of a detector's cells
        self.places[node.output[0]] = Place([s for name in node.input for s in self._place(name).sources])
        return True

    def _resize(self, node: onnx.NodeProto) -> bool:
        before = self._place(node.input[0]).sources
        if any(doubled for _, doubled in before):
            raise ValueError(f"{node.name}: upsampled twice")
        self.places[node.output[0]] = Place([(index, True) for index, _ in before])
        return True

    # Maps to vectors.

    def _reducemean(self, node: onnx.NodeProto) -> bool:
        index = self._place(node.input[0]).sources[0][0]
        vector = self._new_vector(self.maps[index]["channels"])
        self.steps.append({"op": "mean", "source": index, "scale": self.scales[index], "out": vector})
        self.places[node.output[0]] = Place(vector=vector, order=np.arange(self.vectors[vector]))
        return True

    def _flatten(self, node: onnx.NodeProto) -> bool:
        place = self.places.get(node.input[0])
        if place is None or not place.sources:
            return False
        index = place.sources[0][0]
        _, channels, height, width = self.shapes[node.input[0]]
        vector = self._new_vector(channels * height * width)
        self.steps.append({"op": "flatten", "source": index, "scale": self.scales[index], "out": vector})
        # The graph counts channel by channel, the step pixel by pixel.
        order = (
            np.arange(channels * height * width).reshape(height, width, channels).transpose(2, 0, 1).ravel()
        )
        self.places[node.output[0]] = Place(vector=vector, order=order)
        return True

    def _averagepool(self, node: onnx.NodeProto) -> bool:
        if node.input[0] != self.picture:
            raise ValueError(f"{node.name}: a pool over something other than the picture")
        cells = self.shapes[node.output[0]][2]
        vector = self._new_vector(3 * cells * cells)
        self.steps.append({"op": "thumbnail", "cells": cells, "out": vector})
        order = np.arange(3 * cells * cells).reshape(cells * cells, 3).T.ravel()
        flat = self._only(node.output[0])
        assert flat is not None
        self.done.add(flat.name)
        self.places[flat.output[0]] = Place(vector=vector, order=order)
        return True

    # Vectors.

    def _tail(self) -> dict[str, Any]:
        """Dense steps up to every ReLU among the vectors and every output."""
        if self.cells:
            name = self.model.graph.output[0].name
            fine_first = sorted(self.cells, key=lambda index: self.float_maps[index]["stride"])
            return {name: {"float_maps": fine_first, "shape": [0, self.values_per_cell]}}
        outputs = {}
        known = {name for name, place in self.places.items() if place.vector is not None}
        for node in self.nodes:
            if node.op_type == "Relu" and len(self.shapes[node.output[0]]) == 2:
                self.places[node.output[0]] = self._dense(node.input[0], known, 0.0, FREE)
                known.add(node.output[0])
        for output in self.model.graph.output:
            shape = self.shapes[output.name][1:]
            if output.name not in known:
                self.places[output.name] = self._dense(output.name, known, -FREE, FREE)
            outputs[output.name] = {"vector": self.places[output.name].vector, "shape": shape}
        return outputs

    def _dense(self, name: str, known: set[str], low: float, high: float) -> Place:
        inputs, matrix, offset = self._affine(name, known)
        lows, highs = np.full(len(offset), low), np.full(len(offset), high)
        clipped, bounds = self._clipped(name, inputs)
        lows[clipped], highs[clipped] = bounds
        columns = []
        for given, block in zip(inputs, matrix, strict=True):
            place = self.places[given]
            assert place.vector is not None
            assert place.order is not None
            wide = np.zeros((len(offset), self.vectors[place.vector]))
            wide[:, place.order] = block
            columns.append(wide)
        outputs = -(-len(offset) // LANES) * LANES
        quantised, steps = _rows(np.concatenate(columns, 1))
        pad = outputs - len(offset)
        vector = self._new_vector(outputs)
        number = self._number()
        self.arrays[f"{number}.weights"] = np.pad(quantised, ((0, pad), (0, 0))).astype(np.int8)
        for part, values in (("scale", steps), ("bias", offset), ("low", lows), ("high", highs)):
            self.arrays[f"{number}.{part}"] = np.pad(values, (0, pad)).astype(np.float32)
        self.steps.append({"op": "dense", "inputs": [self.places[i].vector for i in inputs], "out": vector})
        return Place(vector=vector, order=np.arange(len(offset)))

    def _affine(self, name: str, known: set[str]) -> tuple[list[str], list[Doubles], Doubles]:
        """Inputs among `known`, a matrix for each, and the offset of a tensor that is affine in them."""
        inputs = self._inputs_of(name, known)
        session = self._piece(name, inputs, keep_clip=False)
        sizes = [int(np.prod(self.shapes[i][1:])) for i in inputs]
        count = sum(sizes) + 1
        unit = np.concatenate([np.zeros((1, count - 1)), np.eye(count - 1)]).astype(np.float32)
        feed, start = {}, 0
        for given, size in zip(inputs, sizes, strict=True):
            feed[given] = unit[:, start : start + size].reshape(count, *self.shapes[given][1:])
            start += size
        answer = session.run(None, feed)[0].reshape(count, -1).astype(np.float64)
        offset, matrix = answer[0], (answer[1:] - answer[0]).T
        return inputs, np.split(matrix, np.cumsum(sizes)[:-1], axis=1), offset

    def _clipped(self, name: str, inputs: Sequence[str]) -> tuple[NDArray[np.bool_], tuple[float, float]]:
        """Which columns of a tensor pass a Clip, and its bounds."""
        rng = np.random.default_rng(0)
        feed = {i: rng.normal(0, 1e3, (8, *self.shapes[i][1:])).astype(np.float32) for i in inputs}
        free, held = (self._piece(name, inputs, keep_clip=k).run(None, feed)[0] for k in (False, True))
        clipped = (free != held).reshape(len(held), -1).any(0)
        clips = [n for n in self.nodes if n.op_type == "Clip"]
        bounds = (-FREE, FREE)
        if clipped.any():
            bounds = (float(self.values[clips[0].input[1]]), float(self.values[clips[0].input[2]]))
        return clipped, bounds

    def _inputs_of(self, name: str, known: set[str]) -> list[str]:
        makers = {out: node for node in self.nodes for out in node.output}
        found: list[str] = []
        todo = [name]
        while todo:
            one = todo.pop()
            if one in known:
                found += [one] if one not in found else []
            elif one not in self.values and one:
                if one not in makers:
                    raise ValueError(f"{name}: depends on {one}, which is no vector")
                todo += makers[one].input
        return found

    def _piece(self, name: str, inputs: Sequence[str], keep_clip: bool) -> Any:
        """A session that runs the graph from `inputs` to `name`."""
        import onnxruntime

        piece = onnx.ModelProto()
        piece.CopyFrom(self.model)
        for node in piece.graph.node:
            if node.op_type == "Clip" and not keep_clip:
                node.op_type = "Identity"
                del node.input[1:]
        extracted = onnx.utils.Extractor(piece).extract_model(list(inputs), [name])
        return onnxruntime.InferenceSession(extracted.SerializeToString(), providers=["CPUExecutionProvider"])

    # Small helpers.

    def _place(self, name: str) -> Place:
        if name not in self.places:
            raise ValueError(f"{name}: no step makes it")
        return self.places[name]

    def _only(self, name: str) -> onnx.NodeProto | None:
        """The consumer of a tensor that has just one."""
        readers = self.consumers.get(name, [])
        return readers[0] if len(readers) == 1 else None

    def _other(self, add: onnx.NodeProto, name: str) -> tuple[int, bool] | None:
        """The other operand of a sum, if it is a map already."""
        other = next((n for n in add.input if n != name), None)
        place = self.places.get(other) if other else None
        return place.sources[0] if place is not None and len(place.sources) == 1 else None

    def _absorb(self, node: onnx.NodeProto) -> str:
        self.done.add(node.name)
        return str(node.output[0])

    def _relu_after(self, name: str) -> str:
        only = self._only(name)
        return self._absorb(only) if only is not None and only.op_type == "Relu" else name

    def _range(self, *names: str) -> tuple[float, int]:
        for name in names:
            if name in self.ranges:
                return self.ranges[name]
        raise ValueError(f"{names[0]}: its range is not known")

    def _new_map(self, stride: int, channels: int, scale: float, zero: int) -> int:
        self.maps.append({"stride": stride, "channels": channels, "halo": 0, "zero": zero})
        self.scales.append(scale)
        return len(self.maps) - 1

    def _new_vector(self, size: int) -> int:
        self.vectors.append(size)
        return len(self.vectors) - 1

    def _number(self) -> int:
        return len(self.steps)


def _rows(real: Doubles) -> tuple[Doubles, Doubles]:
    """Rows as whole numbers in -127..127, and the step of each row."""
    steps = np.maximum(np.abs(real).max(1), 1e-12) / 127
    return np.round(real / steps[:, None]), steps
