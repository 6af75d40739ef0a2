"""Int8 graphs for TensorRT: symmetric, per channel, fusable, and near float32 on photos."""

from __future__ import annotations

import copy
import functools

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from onnx import TensorProto, helper, numpy_helper

from export.chain import network_inputs
from export.photos import sample_variants
from export.quantization.symmetric_qdq import check_symmetric, is_depthwise, quantize_variants
from export.tensorrt.operators import check_operators
from facesdk.core.arrays import FloatArray
from tests.export.device_graphs import SHIPPED, graph, inputs, run

NAMES = sorted(SHIPPED)
MAX_LANDMARK_ERROR_PX = 0.3  # mean, at the network's input
FACE_LOGIT = 3.0  # of presence; candidates of the background are below
VARIANTS = ("int8", "int8_depthwise_fp16")


@functools.cache
def given(seed: int) -> dict[str, list[FloatArray]]:
    return network_inputs(sample_variants(10, seed))


@functools.cache
def quantised(name: str) -> dict[str, onnx.ModelProto]:
    network = SHIPPED[name]
    return dict(
        zip(VARIANTS, quantize_variants(graph(name), given(0)[network.role], network.precise), strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_graphs_are_what_tensorrt_takes(name: str, variant: str) -> None:
    model = quantised(name)[variant]
    check_symmetric(model)
    check_operators(model)
    assert [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")] == [17]
    assert list(model.metadata_props) == list(graph(name).metadata_props)
    assert [o.name for o in model.graph.output] == list(SHIPPED[name].outputs)


@pytest.mark.parametrize("name", NAMES)
def test_all_convolutions_but_the_precise_ones_are_quantised(name: str) -> None:
    dequantised = {
        variant: {n.output[0] for n in model.graph.node if n.op_type == "DequantizeLinear"}
        for variant, model in quantised(name).items()
    }
    for variant, model in quantised(name).items():
        kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
        for node in model.graph.node:
            if node.op_type != "Conv":
                continue
            both = [value in dequantised[variant] for value in node.input[:2]]
            left_half = variant != "int8" and is_depthwise(node)
            precise = node.name.startswith(SHIPPED[name].precise)
            assert both == [not (left_half or precise)] * 2, node.name
            expected = TensorProto.FLOAT16 if left_half else TensorProto.FLOAT
            assert all(kinds[bias] == expected for bias in node.input[2:]), node.name
            if left_half:
                assert kinds[node.input[1]] == TensorProto.FLOAT16


@pytest.mark.parametrize("variant", VARIANTS)
def test_landmarks_of_other_photos_stay_near(variant: str) -> None:
    crops = np.concatenate(given(1)["regressor"])
    _, expected, _, presence = run(graph("mobile_facernet_tiny"), crops)
    _, found, *_ = run(quantised("mobile_facernet_tiny")[variant], crops)
    error = crops.shape[-1] * np.linalg.norm(found - expected, axis=-1)[presence[:, 0] > FACE_LOGIT]
    assert len(error) >= 8, "too few of the candidates are faces"
    assert 0 < error.mean() <= MAX_LANDMARK_ERROR_PX


@pytest.mark.parametrize(("name", "share"), [("detector", 0.2), ("eyes", 0.05), ("mask_net", 0.06)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_other_outputs_stay_near(name: str, share: float, variant: str) -> None:
    for batch in given(1)[SHIPPED[name].role][:3]:
        (found,), (expected,) = run(quantised(name)[variant], batch), run(graph(name), batch)
        assert 0 < np.abs(found - expected).mean() < share * np.abs(expected).mean()


def zero_points(model: onnx.ModelProto) -> None:
    node = next(n for n in model.graph.node if n.op_type == "QuantizeLinear")
    tensor = next(t for t in model.graph.initializer if t.name == node.input[2])
    tensor.CopyFrom(numpy_helper.from_array(np.array(3, np.int8), tensor.name))


def no_scale(model: onnx.ModelProto) -> None:
    """As for a channel whose weights are all 0."""
    node = next(n for n in model.graph.node if n.op_type == "QuantizeLinear")
    tensor = next(t for t in model.graph.initializer if t.name == node.input[1])
    tensor.CopyFrom(numpy_helper.from_array(np.array(0, np.float32), tensor.name))


def one_scale(model: onnx.ModelProto) -> None:
    stored = {t.name: t for t in model.graph.initializer}
    node = next(n for n in model.graph.node if n.op_type == "QuantizeLinear" and n.input[0] in stored)
    stored[node.input[2]].CopyFrom(numpy_helper.from_array(np.array(0, np.int8), node.input[2]))


def relu_behind(model: onnx.ModelProto) -> None:
    """Move the first Relu behind the pair that quantises what it wrote."""
    relu = next(n for n in model.graph.node if n.op_type == "Relu")
    pair = next(n for n in model.graph.node if n.op_type == "DequantizeLinear")
    model.graph.node.append(helper.make_node("Relu", [pair.output[0]], ["behind"], name=relu.name))


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (zero_points, "zero point of int8 3, expected int8 0"),
        (no_scale, "expected positive scales"),
        (one_scale, "expected one for each output channel"),
        (relu_behind, "Relu stands behind a Q/DQ pair"),
    ],
)
def test_graphs_that_tensorrt_refuses_or_cannot_fuse_are_refused(plant: object, message: str) -> None:
    model = copy.deepcopy(quantised("eyes")["int8"])
    check_symmetric(model)
    plant(model)  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        check_symmetric(model)


def test_depthwise_convolutions_in_float16_change_little() -> None:
    """What the second variant leaves out of int8 comes nearer to float32, not farther."""
    batch = inputs(SHIPPED["detector"], 1, 3)
    expected = run(graph("detector"), batch)[0]
    errors = [np.abs(run(quantised("detector")[v], batch)[0] - expected).mean() for v in VARIANTS]
    assert errors[1] < 1.2 * errors[0]
