"""Checkpoints of the reconstruction network: training/loop/checkpoint.py with the network's form."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.loop.checkpoint import load_fitting, part, read
from training.networks.layout import Layout
from training.networks.mobile_facernet import MobileFaceRNet, build


def describe(network: MobileFaceRNet, name: str) -> dict[str, Any]:
    """What a checkpoint says of the network, so that `load_average` can build it."""
    return {"name": name, "layout": network.preset.layout.sizes(), "preset": asdict(network.preset)}


def load_average(path: Path) -> MobileFaceRNet:
    """The averaged network of a checkpoint, ready for evaluation or export."""
    tensors, meta = read(path)
    network = build(meta["name"], Layout.from_sizes(meta["layout"]))
    network.load_state_dict(part(tensors, "average"))
    return network.eval()


def load_weights(network: MobileFaceRNet, path: Path, statistics: bool = False) -> list[str]:
    """Start from the averaged weights of another run where names and shapes agree; what was left out.

    `statistics` takes over the outputs' mean and scale too, so that the first outputs are those of the other
    network; without, they stay those of the labels at hand.
    """
    return load_fitting(network, path, () if statistics else ("mean", "std"))
