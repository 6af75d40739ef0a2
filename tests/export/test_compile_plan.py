"""Compiling the bundled networks with fixed ranges gives the same steps and numbers as ever."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

onnxslim = pytest.importorskip("onnxslim")

from export.int8_engine.compile_plan import compile_plan  # noqa: E402 (after the optional import)
from export.int8_engine.plan_file import PlanFile  # noqa: E402
from export.onnx.simplify import simplify  # noqa: E402
from facesdk import manifest  # noqa: E402

# Computed from the whole numbers and scales of the convolutions; the matrices of dense steps come from a
# float32 product, whose last bits differ between processors.
DIGESTS = {
    "mobile_facernet_tiny.onnx": "9e59b7b79b08271e516e81b8d7bba41287a7abd89f5cfa5ecc6d8325b27d0114",
    "detector.onnx": "2da30b6a3177386e998331f33cc44a118d185bed242d3307ad4923d698e6412b",
}


def fixed_ranges(network: onnx.ModelProto) -> onnx.ModelProto:
    """A QDQ network as far as the compiler reads it: a scale and a zero point for every tensor."""
    nodes, initializers = [], []
    for number, name in enumerate(name for node in network.graph.node for name in node.output):
        scale, zero = np.float32(0.01 + number % 7 * 0.003), np.uint8(number * 37 % 200)
        parts = (f"scale_{number}", f"zero_{number}")
        initializers += [numpy_helper.from_array(v, n) for v, n in zip((scale, zero), parts, strict=True)]
        nodes.append(helper.make_node("QuantizeLinear", [name, *parts], [f"quantised_{number}"]))
    return helper.make_model(helper.make_graph(nodes, "ranges", [], [], initializers))


def digest(plan: PlanFile) -> str:
    """Of the description and of the arrays of convolutions."""
    total = hashlib.sha256(json.dumps(plan.description, sort_keys=True).encode())
    for number, step in enumerate(plan.description["steps"]):
        if step["op"] in ("conv", "depthwise"):
            for part in ("weights", "bias", "scale"):
                total.update(plan.arrays[f"{number}.{part}"].tobytes())
    return total.hexdigest()


@pytest.mark.parametrize("name", DIGESTS)
def test_same_plan_as_ever(name: str) -> None:
    model = onnx.load(str(manifest.ASSETS / name))
    network = onnxslim.slim(model) if name == "detector.onnx" else simplify(model)
    assert digest(compile_plan(network, fixed_ranges(network))) == DIGESTS[name]


def test_a_node_without_a_step_is_named() -> None:
    weights = numpy_helper.from_array(np.ones((16, 3, 3, 3), np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["picture", "w"], ["maps"], name="first", pads=[1, 1, 1, 1]),
            helper.make_node("Sigmoid", ["maps"], ["out"], name="lonely"),
        ],
        "net",
        [helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [1, 16, 8, 8])],
        [weights],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    with pytest.raises(ValueError, match="first: a sigmoid that no attention uses"):
        compile_plan(network, fixed_ranges(network))
