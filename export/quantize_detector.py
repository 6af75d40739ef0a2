"""The detector in eight bits, as a plan for the kernels of csrc/nn.

    python -m export.quantize_detector --network detector.onnx --pack runs/detector/pack --out detector.plan

Ranges come from training scenes that are not held out; training.detector.evaluate says what it loses.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from export.compile_plan import PlanFile, compile_plan, write_plan
from export.eight_bits import eight_bits

FloatArray = NDArray[np.float32]
SIDES = (640, 320, 224)  # long sides that pictures are looked at with


def training_scenes(pack: Path, count: int) -> Iterator[FloatArray]:
    """Scenes for training, and pictures of single faces, as the detector sees them."""
    from facesdk.detect import fit, letterbox
    from training.detector.compose import is_held_out, is_held_out_photo
    from training.detector.pack import Pack

    for part in ("scenes", "faces"):
        pictures = Pack(pack / part)
        chosen = [i for i in range(len(pictures)) if not (is_held_out(i) or is_held_out_photo(i))]
        for k, i in enumerate(chosen[:: max(1, len(chosen) // count)][:count]):
            image = np.ascontiguousarray(pictures.level(i, 0)[..., ::-1])
            seen = fit(image, letterbox(image.shape[0], image.shape[1], SIDES[k % len(SIDES)]))
            yield np.ascontiguousarray(seen.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def quantize_detector(network: Path, pictures: Iterator[FloatArray]) -> PlanFile:
    """The plan of a detector with one picture as input and its cells as output."""
    return compile_plan(*eight_bits(onnx.load(str(network)), pictures, _layout_nodes))


def _layout_nodes(model: onnx.ModelProto) -> list[str]:
    """Nodes that only move numbers: eight bits have nothing to save there."""
    return [node.name for node in model.graph.node if node.op_type in ("Transpose", "Reshape")]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=48)
    args = parser.parse_args()
    write_plan(quantize_detector(args.network, training_scenes(args.pack, args.scenes)), args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
