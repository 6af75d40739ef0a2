"""Averaged weights of one or two checkpoints as a small float16 file that training can start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor

from training.loop import checkpoint
from training.options import CheckpointFile, Out


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


def keep_weights(
    checkpoint_file: CheckpointFile,
    out: Out,
    other: Annotated[Path | None, typer.Option(help="a second checkpoint")] = None,
    share: Annotated[float, typer.Option(help="of --checkpoint, where --other is given")] = 0.5,
) -> None:
    """Write the averaged weights of a checkpoint in float16, or the mean with those of another.

    With --other the weights are interpolated linearly, SHARE of the first: between a network and what a
    short run made of it (Wortsman et al., Robust fine-tuning of zero-shot models), the mean often keeps the
    old sets' error and most of the gain on the new ones.
    """
    keep(checkpoint_file, out, other, share)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")
