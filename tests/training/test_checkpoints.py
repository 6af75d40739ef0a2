"""The weights kept beside the code are the shipped networks': training can go on from them."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file

from training.checkpoint import load_average
from training.detector.network import DetectorNet

ROOT = Path(__file__).parents[2]
KEPT, ASSETS = ROOT / "training/checkpoints", ROOT / "facesdk/assets"


def test_the_kept_network_says_what_the_shipped_one_says() -> None:
    crops = np.random.default_rng(0).random((2, 3, 96, 96), dtype=np.float32)
    shipped = onnxruntime.InferenceSession(str(ASSETS / "mobile_facernet.onnx")).run(
        ["points"], {"crop": crops}
    )[0]
    with torch.no_grad():
        points = load_average(KEPT / "mobile_facernet.safetensors")(torch.from_numpy(crops))[1]
    # Kept in 16-bit floats: a tenth of a pixel of the crop.
    np.testing.assert_allclose(points.numpy(), shipped, atol=1e-3)


def test_the_kept_detector_fits_its_network() -> None:
    network = DetectorNet()
    network.load_state_dict(load_file(KEPT / "detector.safetensors"))
    assert sum(p.numel() for p in network.parameters()) < 150_000
