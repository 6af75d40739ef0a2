"""A training checkpoint's averaged network as ONNX, compared with torch before it is kept.

python -m export.to_onnx --checkpoint runs/first/final.safetensors --version 0.1.0
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from training.camera import FOCAL_RATIO, Z0_MM
from training.checkpoint import load_average
from training.networks.mobile_facernet import ExportForm, MobileFaceRNet

ASSET = Path(__file__).parent.parent / "facesdk" / "assets" / "mobile_facernet.onnx"
OPSET = 17


def export_network(network: MobileFaceRNet, path: Path, version: str) -> None:
    """Write `path`: input crop (N, 3, S, S), outputs x (N, K), points (N, 68, 2), spread (N, 68) and
    presence (N, 1).

    The metadata entry "facesdk" says what each of the K numbers is and which camera they live in.
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


def parity(network: MobileFaceRNet, path: Path, seed: int = 0) -> float:
    """Largest difference between torch and ONNX Runtime over a few crops, x in standard deviations of the
    labels."""
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
    """Crops of smooth random colour, nearer to photos than white noise."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 7, 7, generator=generator)
    out: NDArray[np.float32] = (
        torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1).numpy()
    )
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ASSET)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    network = load_average(args.checkpoint)
    candidate = args.out.with_suffix(".new")
    export_network(network, candidate, args.version)
    difference = parity(network, candidate)
    print(f"largest difference from torch: {difference:.2e} (bound {args.tolerance:.0e})")
    if difference > args.tolerance:
        candidate.unlink()
        raise SystemExit("not exported: ONNX Runtime and torch disagree")
    candidate.replace(args.out)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e6:.2f} MB; now run python -m export.manifest")


if __name__ == "__main__":
    main()
