"""Checkpoints as one safetensors file: network, its average, optimizer, and how far the run is."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from training.networks.layout import Layout
from training.networks.mobile_facernet import MobileFaceRNet, build

Network = TypeVar("Network", bound=nn.Module)


class Average(Generic[Network]):
    """Exponential moving average of a network's weights and statistics, used for evaluation and export."""

    def __init__(self, network: Network, decay: float) -> None:
        self.decay = decay
        self.network = copy.deepcopy(network)
        self.network.eval().requires_grad_(False)
        self.pairs: tuple[list[Tensor], list[Tensor]] = ([], [])
        mine = self.network.state_dict()
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.pairs[0].append(mine[name])
                self.pairs[1].append(value)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after optimizer step `step`; early on the average is short."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.pairs[0], self.pairs[1], 1 - decay)


def save(
    path: Path,
    network: MobileFaceRNet,
    average: Average[MobileFaceRNet],
    optimizer: torch.optim.Optimizer | None,
    progress: dict[str, Any],
) -> None:
    """Write to a temporary name, then rename: an interrupted write never harms the last checkpoint."""
    tensors: dict[str, Tensor] = {}
    for prefix, module in (("network", network), ("average", average.network)):
        tensors |= {f"{prefix}.{k}": v.contiguous() for k, v in module.state_dict().items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v).contiguous() for k, v in state.items()}
    meta = progress | {"layout": network.preset.layout.sizes(), "preset": asdict(network.preset)}
    temporary = path.with_suffix(".part")
    save_file(tensors, str(temporary), metadata={"training": json.dumps(meta)})
    temporary.replace(path)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a checkpoint and its description."""
    with safe_open(str(path), "pt") as file:
        meta = json.loads(file.metadata()["training"])
        return {k: file.get_tensor(k) for k in file.keys()}, meta  # noqa: SIM118 (the file is no dict)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below one prefix, without it."""
    return {k[len(prefix) + 1 :]: v for k, v in tensors.items() if k.startswith(prefix + ".")}


def load_average(path: Path) -> MobileFaceRNet:
    """The averaged network of a checkpoint, ready for evaluation or export."""
    tensors, meta = read(path)
    network = build(meta["name"], Layout.from_sizes(meta["layout"]))
    network.load_state_dict(part(tensors, "average"))
    return network.eval()


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back the moments of a checkpoint; a checkpoint without them leaves the optimizer fresh."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in part(tensors, "optimizer").items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    if state:
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def load_weights(network: MobileFaceRNet, path: Path, statistics: bool = False) -> list[str]:
    """Start from the averaged weights of another run where names and shapes agree; returns what was left
    out.

    `statistics` takes over the outputs' mean and scale too, so that the first outputs are those of the other
    network; without, they stay those of the labels at hand.
    """
    own = network.state_dict()
    given = part(read(path)[0], "average")
    if not statistics:
        given = {k: v for k, v in given.items() if k not in ("mean", "std")}
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    network.load_state_dict(own | fitting)
    return sorted(set(own) - set(fitting) - {"mean", "std"})
