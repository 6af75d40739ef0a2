# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The exported file does what the network does and says what its numbers mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

import numpy as np
import onnxruntime

from export.onnx.to_onnx import export_network, largest_difference, smooth_crops
from training.networks.layout import Layout
from training.networks.mobile_facernet import build

torch.set_num_threads(1)


@pytest.mark.parametrize("name", ["tiny", "paper"])
def test_export_agrees_and_describes_itself(name: str, tmp_path: Path) -> None:
    layout = Layout(alpha=5, beta=4, delta=3)
    torch.manual_seed(1)
    network = build(name, layout)
    torch.nn.init.normal_(network.head.output.weight, std=0.2)
    network(
        torch.rand(8, 3, network.preset.input_size, network.preset.input_size)
    )  # norms take in statistics
    network.eval()
    path = tmp_path / "net.onnx"
    export_network(network, path, "1.2")
    assert largest_difference(network, path) < 1e-3
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    meta = json.loads(session.get_modelmeta().custom_metadata_map["facesdk"])
    assert meta["layout"] == {"alpha": 5, "beta": 4, "delta": 3, "R": layout.rotation, "m": 3, "gamma": 27}
    assert (meta["input_size"], meta["version"]) == (network.preset.input_size, "1.2")
    assert (meta["focal_ratio"], meta["z0_mm"]) == (4.5, 1300.0)
    x = session.run(["x"], {"crop": smooth_crops(2, meta["input_size"], 0)})[0]
    assert x.shape == (2, layout.total)
    assert x.dtype == np.float32
    assert x[:, 9:12].min() >= 0
    assert x[:, 9:12].max() <= 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_difference_is_seen(tmp_path: Path) -> None:
    network = build("tiny", Layout(alpha=5, beta=4, delta=3)).eval()
    path = tmp_path / "net.onnx"
    export_network(network, path, "1")
    network.mean += 0.01
    assert largest_difference(network, path) > 5e-3
