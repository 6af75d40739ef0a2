"""The mean of several runs' averaged weights: runs from one start, with other data and seeds, that end near.

    python -m training.merge RUN.safetensors RUN.safetensors ... --out MERGED.safetensors [--shards DIR]

With --shards the held-out error of every run and of the mean is printed; what the mean gains is what one run
would have gained by being longer.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from training import checkpoint
from training.augment import Augment
from training.data import load_shards
from training.evaluate import evaluate
from training.linear_face import load_linear_face
from training.train import FACE_MODEL

ROWS = 512
SIZE = 96


def mean_weights(paths: list[Path]) -> dict[str, Tensor]:
    """Mean of the averaged weights and statistics of several checkpoints of one form; raises ValueError."""
    parts = [checkpoint.part(checkpoint.read(path)[0], "average") for path in paths]
    shapes = [{name: value.shape for name, value in part.items()} for part in parts]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"{', '.join(path.name for path in paths)}: not networks of one form")
    return {
        name: torch.stack([part[name].float() for part in parts]).mean(0).to(value.dtype)
        for name, value in parts[0].items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=Path, help="folder of shard_*.npz")
    args = parser.parse_args()
    merged = checkpoint.load_average(args.runs[0])
    merged.load_state_dict(mean_weights(args.runs))
    _, meta = checkpoint.read(args.runs[0])
    kept = {key: meta[key] for key in ("name", "progress")}
    checkpoint.save(args.out, merged, checkpoint.Average(merged, 0.0), None, kept)
    if args.shards is None:
        return
    shards = load_shards(args.shards, "cpu", 2)
    augment = Augment(shards, load_linear_face(FACE_MODEL), 1)
    held = shards.split(0.03)[1]
    labelled = shards.weight[held] + shards.points_weight[held].sum(1) > 0
    rows = torch.cat([part[:: max(1, len(part) // ROWS)] for part in (held[labelled], held[~labelled])])
    for path in (*args.runs, args.out):
        network = checkpoint.load_average(path)
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        print(path, {k: round(v, 4) for k, v in evaluate(network, augment, rows, SIZE).items()}, flush=True)


if __name__ == "__main__":
    main()
