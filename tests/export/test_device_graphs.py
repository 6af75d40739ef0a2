# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""Device graphs compute what the shipped files compute, from operators that TensorRT takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from onnx import TensorProto, helper

from export.manifest import ASSETS
from export.networks import NETWORKS, shipped_networks
from export.onnx.device_graph import device_graph, fix_sizes
from export.onnx.pictures_to_onnx import export_picture_network
from export.onnx.shipped_weights import take_weights
from export.tensorrt.operators import check_operators, dla_fallbacks
from tests.export.device_graphs import SHIPPED, graph, inputs, run
from training.networks.completion_net import CompletionNet
from training.networks.contour_net import ContourNet
from training.networks.mask_net import MaskNet

NAMES = sorted(SHIPPED)
TOLERANCE = 1e-4  # of outputs of a few units: other orders of sums


def test_every_onnx_file_of_the_package_is_listed() -> None:
    assert {network.asset for network in SHIPPED.values()} == {p.name for p in ASSETS.glob("*.onnx")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 3])
def test_outputs_are_those_of_the_shipped_file(name: str, count: int) -> None:
    network, model = SHIPPED[name], graph(name)
    assert [o.name for o in model.graph.output] == list(network.outputs)
    values = inputs(network, count, count)
    # The shipped detector takes one picture at a time.
    shipped, single = onnx.load(ASSETS / network.asset), name == "detector"
    parts = [run(shipped, values[i : i + 1]) for i in range(count)] if single else [run(shipped, values)]
    for k, found in enumerate(run(model, values)):
        expected = np.concatenate([part[k] for part in parts])
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_the_detector_takes_any_multiple_of_32() -> None:
    for height, width in ((64, 256), (416, 288)):
        values = np.ascontiguousarray(inputs(SHIPPED["detector"], 1, 5)[:, :, :height, :width])
        values = np.pad(values, [(0, 0), (0, 0), (0, height - values.shape[2]), (0, 0)])
        shipped = onnx.load(ASSETS / "detector.onnx")
        (found,), (expected,) = run(graph("detector"), values), run(shipped, values)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("half", [False, True])
def test_every_operator_is_stated_for_tensorrt(name: str, half: bool) -> None:
    model = graph(name, half)
    check_operators(model)
    assert [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")] == [17]
    assert not {"Gemm", "MatMul", "FusedConv"} & {node.op_type for node in model.graph.node}


@pytest.mark.parametrize("name", NAMES)
def test_metadata_is_that_of_the_shipped_file(name: str) -> None:
    made, shipped = graph(name), onnx.load(ASSETS / f"{name}.onnx")
    assert list(made.metadata_props) == list(shipped.metadata_props)


@pytest.mark.parametrize("name", NAMES)
def test_fixed_sizes_leave_no_dimension_open(name: str) -> None:
    network = SHIPPED[name]
    fixed = fix_sizes(graph(name), (1, *network.shape))
    for value in (*fixed.graph.input, *fixed.graph.output, *fixed.graph.value_info):
        assert all(d.dim_value > 0 for d in value.type.tensor_type.shape.dim), value.name
    values = inputs(network, 1, 7)
    for found, expected in zip(run(fixed, values), run(graph(name), values), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("kind", "name"), [(ContourNet, "contour_net"), (CompletionNet, "completion_net")])
def test_networks_that_are_not_shipped_yet_export_as_soon_as_they_are(
    kind: type[torch.nn.Module], name: str, tmp_path: Path
) -> None:
    torch.manual_seed(4)
    made, network = kind(), next(n for n in NETWORKS if n.name == name)
    made(torch.from_numpy(inputs(network, 4, 1)))  # norms take in statistics
    export_picture_network(
        made.eval(), tmp_path / network.asset, 128, network.shape[0], network.outputs[0], {"version": "1"}
    )
    assert shipped_networks(tmp_path) == [network]
    example, made = torch.zeros(1, *network.shape), network.make(tmp_path, False)
    model = device_graph(made, example, network.input, network.outputs, {0: "N"})
    check_operators(model)
    values = inputs(network, 2, 3)
    (found,), (expected,) = run(model, values), run(onnx.load(tmp_path / network.asset), values)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("network", "message"), [(MaskNet(), "layers, expected"), (MaskNet(blocks=(1, 3, 2, 3, 3)), "expected")]
)
def test_weights_of_another_network_are_refused(network: torch.nn.Module, message: str) -> None:
    file = ASSETS / ("detector.onnx" if message.startswith("layers") else "mask_net.onnx")
    with pytest.raises(ValueError, match=message):
        take_weights(network.eval(), file, torch.zeros(1, 3, 64, 64))


class Flattened(torch.nn.Module):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.flatten(2)


def test_shape_arithmetic_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape arithmetic is left in the graph: .*Shape"):
        device_graph(Flattened(), torch.zeros(1, 3, 8, 8), "x", ["y"], {0: "N", 2: "height"})


@pytest.mark.parametrize(
    ("operator", "message"),
    [("NonZero", r"NonZero\): not stated for TensorRT 8.5, 10"), ("Reshape", "computed at run time")],
)
def test_operators_outside_the_table_are_named(operator: str, message: str) -> None:
    given = ["x", "shape"] if operator == "Reshape" else ["x"]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in given]
    nodes = [helper.make_node(operator, given, ["y"], name="one")]
    with pytest.raises(ValueError, match=message):
        check_operators(helper.make_model(helper.make_graph(nodes, "g", shapes, shapes[:0])))


def test_fallbacks_of_dla_are_few_and_named() -> None:
    counted = dla_fallbacks(graph("mobile_facernet"))
    assert counted["AveragePool"] == 1
    assert counted["Conv"] == 0
    assert sum(counted.values()) < 0.06 * len(graph("mobile_facernet").graph.node)
