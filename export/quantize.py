"""An exported network in eight bits: weights s8 per channel, activations u8, ranges from training crops.

    python -m export.quantize --network mobile_facernet.onnx --shards SHARDS --out mobile_facernet.int8.onnx

Writes two files: QDQ ONNX, for ONNX Runtime and OpenVINO, and beside it, with the ending .plan, the same
network for the kernels of csrc/nn (see export/compile_plan.py). What each loses is measured on training
crops that are held out; no evaluation set is touched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from export.eight_bits import eight_bits
from export.lean import make_lean

FloatArray = NDArray[np.float32]
LARGE = 100_000  # weights from which a matrix is quantised too
TRUNK = ("Conv", "Add", "Mul", "Sigmoid", "Concat", "Resize")


def quantize(network: Path, crops: FloatArray, out: Path) -> onnx.ModelProto:
    """Write the QDQ form of `network` to `out`; returns the lean float32 network that it was made from."""
    lean = make_lean(onnx.load(str(network)))
    batches = (crops[i : i + 16] for i in range(0, len(crops), 16))
    prepared, model = eight_bits(lean, batches, _float_nodes)
    del model.metadata_props[:]
    model.metadata_props.extend(lean.metadata_props)
    model.producer_name, model.producer_version = lean.producer_name, lean.producer_version
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(out))
    return prepared


def _float_nodes(model: onnx.ModelProto) -> list[str]:
    """Nodes that stay in float32: all but the trunk's maps and large matrices.

    Landmarks, coefficients and mean colours would show a step of 1/255; there is nothing to save on them.
    """
    inferred = onnx.shape_inference.infer_shapes(model)
    rank = {v.name: len(v.type.tensor_type.shape.dim) for v in inferred.graph.value_info}
    weights = {t.name: int(np.prod(t.dims)) for t in model.graph.initializer}
    out = []
    for node in model.graph.node:
        large = node.op_type == "Gemm" and weights.get(node.input[1], 0) >= LARGE
        trunk = node.op_type in TRUNK and rank.get(node.output[0], 0) == 4
        if not (large or trunk or node.op_type == "Relu"):
            out.append(node.name)
    return out


def training_crops(shards: Path, size: int, count: int, seed: int = 0) -> FloatArray:
    """`count` augmented training crops, those of the held-out people left out."""
    import torch

    from export.measure import HELD_OUT, load_augment
    from training.augment import Jitter

    augment = load_augment(shards)
    rows = augment.shards.split(HELD_OUT)[0]
    picks = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:count]]
    crops: FloatArray = augment.draw(picks, size, Jitter(), None).crops.numpy()
    return crops


def main() -> None:
    """Command line."""
    from export.bias import correct_biases
    from export.compile_plan import compile_plan, write_plan
    from export.measure import HeldOut, print_table

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--shards", type=Path, required=True, help="folder of shard_*.npz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=384, help="training crops to take the ranges from")
    parser.add_argument("--tolerance", type=float, default=0.05, help="largest loss of NME, in points")
    args = parser.parse_args()
    size = onnx.load(str(args.network)).graph.input[0].type.tensor_type.shape.dim[2].dim_value
    crops = training_crops(args.shards, size, args.crops)
    lean = quantize(args.network, crops, args.out)
    plan_path = args.out.with_suffix(".plan")
    plan = compile_plan(lean, onnx.load(str(args.out)))
    write_plan(plan, plan_path)
    correct_biases(plan, plan_path, args.network, crops)
    write_plan(plan, plan_path)
    lost = print_table(HeldOut(args.shards, size), args.network, [args.out, plan_path])
    for path, points in lost.items():
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {points:+.3f} points of NME")
    if max(lost.values()) > args.tolerance:
        raise SystemExit("eight bits lose too much; the files are written but should not be shipped")


if __name__ == "__main__":
    main()
