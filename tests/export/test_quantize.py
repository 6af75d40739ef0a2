# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""Lean graphs and plans do what the network does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from export.int8_engine.compile_plan import compile_plan
from export.int8_engine.plan_file import read_plan, write_plan
from export.onnx.simplify import simplify
from export.onnx.to_onnx import export_network, smooth_crops
from export.quantization.bias_correction import correct_biases
from export.quantization.static_quantization import quantize_regressor
from facesdk.errors import AssetError
from facesdk.inference import open_session
from training.networks.layout import Layout
from training.networks.mobile_facernet import build

torch.set_num_threads(1)
Forms = tuple[Path, Path, Path]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    """A tiny network with random weights as ONNX, QDQ ONNX and plan."""
    folder = tmp_path_factory.mktemp("forms")
    torch.manual_seed(0)
    network = build("tiny", Layout(alpha=5, beta=4, delta=3))
    torch.nn.init.normal_(network.head.output.weight, std=0.2)
    network(torch.from_numpy(smooth_crops(16, 96, 1)))  # norms take in statistics
    network.eval()
    exact, eight, plan = folder / "net.onnx", folder / "net.int8.onnx", folder / "net.plan"
    export_network(network, exact, "1")
    prepared, quantised = quantize_regressor(onnx.load(str(exact)), smooth_crops(32, 96, 2))
    onnx.save(quantised, str(eight))
    write_plan(compile_plan(prepared, quantised), plan)
    return exact, eight, plan


def test_no_node_of_a_simplified_graph_computes_shapes(forms: Forms) -> None:
    model = onnx.load(str(forms[0]))
    simple = simplify(model)  # checks that the answers are the same
    kinds = {node.op_type for node in simple.graph.node}
    assert kinds.isdisjoint({"Shape", "Gather", "Unsqueeze", "ConstantOfShape", "Transpose"})
    assert len(simple.graph.node) < len(model.graph.node) - 50


@pytest.mark.parametrize("which", [1, 2])
def test_eight_bits_stay_near_the_network(forms: Forms, which: int) -> None:
    crops = smooth_crops(24, 96, 3)
    exact = open_session(forms[0], "onnxruntime").run(crops)
    backend = "native" if which == 2 else "onnxruntime"
    rounded = open_session(forms[which], backend).run(crops)
    assert set(rounded) == set(exact)
    for name, values in exact.items():
        assert rounded[name].shape == values.shape
        # Random weights hardly tell two crops apart: the error is measured against the numbers themselves.
        error = np.abs(rounded[name] - values).mean()
        assert error < 0.004 + 0.03 * np.abs(values).mean(), name


def test_a_plan_gives_the_same_bits_for_any_number_of_threads(forms: Forms) -> None:
    crops = smooth_crops(7, 96, 4)
    one, many = (open_session(forms[2], "native", threads).run(crops) for threads in (1, 4))
    for name, values in one.items():
        np.testing.assert_array_equal(many[name], values)


def test_the_plan_carries_the_networks_metadata(forms: Forms) -> None:
    exact, plan = open_session(forms[0]), open_session(forms[2], "native")
    assert plan.metadata["facesdk"] == exact.metadata["facesdk"]


def test_a_damaged_plan_is_refused_by_name(forms: Forms, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.plan"
    damaged.write_bytes(forms[2].read_bytes()[:1000])
    with pytest.raises(AssetError, match=r"damaged\.plan"):
        open_session(damaged, "native")


def test_bias_correction_takes_the_mean_shift_back(forms: Forms, tmp_path: Path) -> None:
    exact_path, _, plan_path = forms
    plan = read_plan(plan_path)
    vector = plan.description["outputs"]["x"]["vector"]
    steps = enumerate(plan.description["steps"])
    step = next(n for n, one in steps if one["op"] == "dense" and one["out"] == vector)
    plan.arrays[f"{step}.bias"][:5] += 0.5
    shifted, mended = tmp_path / "shifted.plan", tmp_path / "mended.plan"
    write_plan(plan, shifted)
    crops = smooth_crops(24, 96, 3)
    correct_biases(plan, shifted, exact_path, crops)
    write_plan(plan, mended)
    exact = open_session(exact_path, "onnxruntime").run(crops)["x"]

    def shift(path: Path) -> float:
        given = open_session(path, "native").run(crops)["x"]
        return float(np.abs((given - exact).mean(0))[:5].max())

    assert shift(shifted) > 0.4
    assert shift(mended) < 0.02
