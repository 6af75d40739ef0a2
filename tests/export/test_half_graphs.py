# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""Float16 graphs: written by torch, exact where it matters, far from overflow on real photos."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from onnx import TensorProto, numpy_helper

from export.activations import MIN_HEADROOM, half_tensors, scan_activations
from export.chain import network_inputs
from export.photos import sample_variants
from export.quantization.static_quantization import joined
from facesdk.core.arrays import FloatArray
from tests.export.device_graphs import SHIPPED, form, graph, inputs, run

NAMES = sorted(SHIPPED)
MAX_LANDMARK_ERROR_PX = 0.02  # mean, at the network's input
PRECISE = ("Exp", "ReduceSum", "ReduceMax", "ReduceMean", "Div", "AveragePool")
PRECISE_CONVOLUTIONS = {
    "mobile_facernet": ("/head/", "/colour/"),
    "mobile_facernet_tiny": ("/head/", "/colour/"),
    "detector": ("/out",),
}


@pytest.fixture(scope="module")
def given() -> dict[str, list[FloatArray]]:
    """Inputs of the networks in the chain for variants of the bundled photo, by role."""
    return network_inputs(sample_variants(12))


@pytest.mark.parametrize("name", NAMES)
def test_float32_goes_in_and_comes_out(name: str) -> None:
    model = graph(name, half=True)
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.elem_type == TensorProto.FLOAT, value.name


@pytest.mark.parametrize("name", NAMES)
def test_sums_means_and_heads_stay_in_float32(name: str) -> None:
    model = graph(name, half=True)
    half = half_tensors(model)
    written = {t.name: t.data_type for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in PRECISE:
            assert node.output[0] not in half, node.name
        if node.op_type == "Conv":
            precise = node.name.startswith(PRECISE_CONVOLUTIONS.get(name, "none"))
            kind = TensorProto.FLOAT if precise else TensorProto.FLOAT16
            assert written[node.input[1]] == kind, node.name
    assert half, "nothing is in float16"


@pytest.mark.parametrize("name", NAMES)
def test_half_of_the_bytes_of_the_convolutions_are_saved(name: str) -> None:
    single, half = len(graph(name).SerializeToString()), len(graph(name, half=True).SerializeToString())
    assert half < 0.75 * single


@pytest.mark.parametrize("name", ["mobile_facernet", "mobile_facernet_tiny"])
@pytest.mark.parametrize("runs_in", ["onnxruntime", "torch"])
def test_landmarks_hardly_move(name: str, runs_in: str, given: dict[str, list[FloatArray]]) -> None:
    """ONNX Runtime keeps float32 between nodes on a CPU; torch rounds after each layer, as a GPU does."""
    crops = np.concatenate(given["regressor"])
    side, at = crops.shape[-1], SHIPPED[name].outputs.index("points")
    if runs_in == "onnxruntime":
        found = run(graph(name, half=True), crops)[at]
    else:
        with torch.no_grad():
            found = form(name, half=True)(torch.from_numpy(crops))[at].numpy()
    error = side * np.linalg.norm(found - run(graph(name), crops)[at], axis=-1)
    assert 0 < error.mean() <= MAX_LANDMARK_ERROR_PX


@pytest.mark.parametrize("name", NAMES)
def test_activations_of_real_photos_are_far_from_overflow(
    name: str, given: dict[str, list[FloatArray]]
) -> None:
    found = scan_activations(graph(name), graph(name, half=True), given[SHIPPED[name].role])
    assert found.times > MIN_HEADROOM
    assert found.inputs >= 12


def test_a_network_that_overflows_is_found(given: dict[str, list[FloatArray]]) -> None:
    """The planted fault: one layer is scaled up and the next one down, which float32 does not notice."""
    single, half = copy.deepcopy(graph("eyes")), graph("eyes", half=True)
    stored = {t.name: t for t in single.graph.initializer}
    first, second = [node for node in single.graph.node if node.op_type == "Conv"][:2]
    for name, scale in ((first.input[1], 1e5), (first.input[2], 1e5), (second.input[1], 1e-5)):
        scaled = numpy_helper.to_array(stored[name]) * np.float32(scale)
        stored[name].CopyFrom(numpy_helper.from_array(scaled, name))
    values = inputs(SHIPPED["eyes"], 8, 0)
    np.testing.assert_allclose(run(single, values)[0], run(graph("eyes"), values)[0], rtol=1e-3, atol=1e-3)
    found = scan_activations(single, half, given["eyes"])
    assert found.times < MIN_HEADROOM
    assert found.tensor in half_tensors(half)


def test_graphs_of_two_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="shares no tensor"):
        scan_activations(graph("eyes"), onnx.ModelProto(), [inputs(SHIPPED["eyes"], 1, 0)])


def test_joining_keeps_rows_and_shapes_apart() -> None:
    sizes = [(3, 4), (2, 4), (1, 6), (9, 6), (9, 6)]
    batches = [np.full((rows, 2, side), k, np.float32) for k, (rows, side) in enumerate(sizes)]
    out = list(joined(batches, rows=8))
    assert [len(batch) for batch in out] == [5, 10, 9]
    assert [int(batch[0, 0, 0]) for batch in out] == [0, 2, 4]
