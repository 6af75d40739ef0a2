"""The weights kept beside the code are the shipped networks': training can go on from them."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from training.detector.network import DetectorNet
from training.reconstruction.checkpoints import load_average

ROOT = Path(__file__).parents[2]
KEPT, ASSETS = ROOT / "training/checkpoints", ROOT / "facesdk/assets"


@pytest.mark.parametrize("name", ["mobile_facernet", "mobile_facernet_tiny"])
def test_the_kept_networks_say_what_the_shipped_ones_say(name: str) -> None:
    session = onnxruntime.InferenceSession(str(ASSETS / f"{name}.onnx"))
    side = session.get_inputs()[0].shape[2]
    crops = np.random.default_rng(0).random((2, 3, side, side), dtype=np.float32)
    shipped = session.run(["points"], {"crop": crops})[0]
    with torch.no_grad():
        points = load_average(KEPT / f"{name}.safetensors")(torch.from_numpy(crops))[1]
    # Kept in 16-bit floats: a tenth of a pixel of the crop.
    np.testing.assert_allclose(points.numpy(), shipped, atol=1e-3)


def test_the_kept_detector_fits_its_network() -> None:
    network = DetectorNet()
    network.load_state_dict(load_file(KEPT / "detector.safetensors"))
    assert sum(p.numel() for p in network.parameters()) < 150_000
