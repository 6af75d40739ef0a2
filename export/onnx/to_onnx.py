"""Export the averaged network of a training checkpoint to ONNX, compared with torch before it is kept."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from training.face_model.camera import FOCAL_RATIO, Z0_MM
from training.networks.mobile_facernet import ExportForm, MobileFaceRNet

OPSET = 17


def export_network(network: MobileFaceRNet, path: Path, version: str) -> None:
    """Write an ONNX file: input crop (N, 3, S, S), outputs x (N, K), points (N, 68, 2), spread (N, 68) and
    presence (N, 1).

    The metadata entry "facesdk" describes what each of the K numbers is and which camera they live in.
    """
    size = network.preset.input_size
    form = ExportForm(network).eval()
    names = ["x", "points", "spread", "presence"] if network.preset.points else ["x"]
    temporary = path.with_suffix(".part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes read as Python numbers are fixed on purpose
        torch.onnx.export(
            form,
            (torch.zeros(2, 3, size, size),),
            str(temporary),
            input_names=["crop"],
            output_names=names,
            dynamic_axes={name: {0: "N"} for name in ("crop", *names)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(str(temporary))
    temporary.unlink()
    entry = model.metadata_props.add()
    entry.key = "facesdk"
    entry.value = json.dumps(
        {
            "layout": network.preset.layout.sizes(),
            "input_size": size,
            "focal_ratio": FOCAL_RATIO,
            "z0_mm": Z0_MM,
            "version": version,
        }
    )
    model.producer_name, model.producer_version = "facesdk", version
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(temporary))
    temporary.replace(path)


def largest_difference(network: MobileFaceRNet, path: Path, seed: int = 0) -> float:
    """Largest difference between torch and ONNX Runtime over a few crops; x in the labels' deviations."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    form, worst = ExportForm(network).eval(), 0.0
    for count in (1, 3):
        crops = smooth_crops(count, network.preset.input_size, seed + count)
        given = dict(zip(names, session.run(names, {"crop": crops}), strict=True))
        with torch.no_grad():
            x, *others = form(torch.from_numpy(crops))
        off = np.abs(given["x"] - x.numpy()) / network.std.numpy()
        worst = max(worst, float(off.max()))
        for name, tensor in zip(("points", "spread", "presence"), others, strict=True):
            if name in given:
                worst = max(worst, float(np.abs(given[name] - tensor.numpy()).max()))
    return worst


def smooth_crops(count: int, size: int, seed: int) -> NDArray[np.float32]:
    """Crops of smooth random colour, nearer to photos than white noise; (count, 3, size, size) in 0..1."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 7, 7, generator=generator)
    out: NDArray[np.float32] = (
        torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1).numpy()
    )
    return out
