"""Averaged weights of one or two checkpoints as a small float16 file that training can start from.

    python -m training.keep_weights --checkpoint runs/a/last.safetensors --out kept.safetensors
    python -m training.keep_weights --checkpoint new.safetensors --other old.safetensors --share 0.7 \
        --out mean.safetensors

With `--other` the weights are interpolated linearly, `share` of the first: between a network and what a short
run made of it (Wortsman et al., Robust fine-tuning of zero-shot models), the mean often keeps the old sets'
error and most of the gain on the new ones.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from training import checkpoint


def interpolate(one: dict[str, Tensor], other: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`share` * one + (1 - share) * other for the floating-point tensors; whole numbers are those of `one`.

    Raises:
        ValueError: if the tensors differ in names or shapes.
    """
    unlike = sorted(
        set(one) ^ set(other) | {k for k in set(one) & set(other) if one[k].shape != other[k].shape}
    )
    if unlike:
        raise ValueError(f"checkpoints: {', '.join(unlike[:3])} differ; expected one form of the network")
    return {
        k: torch.lerp(other[k].float(), v.float(), share) if v.is_floating_point() else v
        for k, v in one.items()
    }


def keep(path: Path, out: Path, other: Path | None = None, share: float = 1.0) -> None:
    """Write the averaged weights of `path`, or `share` of them and the rest of `other`, to `out`."""
    tensors, meta = checkpoint.read(path)
    weights = {k: v for k, v in tensors.items() if k.startswith("average.")}
    if other is not None:
        second = {k: v for k, v in checkpoint.read(other)[0].items() if k.startswith("average.")}
        weights = interpolate(weights, second, share)
        meta = meta | {"share": share}
    small = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    save_file(small, str(out), metadata={"training": json.dumps(meta)})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of --checkpoint, where --other is given")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    keep(args.checkpoint, args.out, args.other, args.share)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
