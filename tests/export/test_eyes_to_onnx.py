"""The eye-closure network in ONNX is its dense layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from safetensors.numpy import load_file, save_file

from export.onnx.eyes_to_onnx import TOLERANCE, eyes_to_onnx
from facesdk import manifest


def test_bundled_file_is_that_of_the_dense_layers(tmp_path: Path) -> None:
    layers = manifest.asset_path(manifest.EYES)
    assert eyes_to_onnx(layers, tmp_path / "eyes.onnx", "0.5.0") <= TOLERANCE
    bundled = onnx.load(str(manifest.asset_path(manifest.EYES_ONNX)))
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in bundled.graph.initializer}
    for name, tensor in load_file(layers).items():
        np.testing.assert_array_equal(stored[name], tensor.astype(np.float32))


def test_a_network_that_differs_is_noticed(tmp_path: Path) -> None:
    """Weights so large that float32 sums of another order differ by more than the bound."""
    rng = np.random.default_rng(1)
    tensors = {
        "0.weight": (1e6 * rng.normal(size=(9, 336))).astype(np.float32),
        "0.bias": np.zeros(9, np.float32),
        "1.weight": rng.normal(size=(1, 9)).astype(np.float32),
        "1.bias": np.zeros(1, np.float32),
    }
    save_file(tensors, tmp_path / "wild.safetensors")
    assert eyes_to_onnx(tmp_path / "wild.safetensors", tmp_path / "wild.onnx", "0") > TOLERANCE
