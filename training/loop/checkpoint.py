"""Checkpoints as one safetensors file: network, its average, optimizer, and how far the run is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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


def write(
    path: Path,
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    description: dict[str, Any],
) -> None:
    """Write a checkpoint to a temporary name, then rename: an interrupted write never harms the last one."""
    tensors: dict[str, Tensor] = {}
    for prefix, module in (("network", network), ("average", average)):
        tensors |= {f"{prefix}.{k}": v.contiguous() for k, v in module.state_dict().items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v).contiguous() for k, v in state.items()}
    temporary = path.with_suffix(".part")
    save_file(tensors, str(temporary), metadata={"training": json.dumps(description)})
    temporary.replace(path)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors of a checkpoint and its description."""
    with safe_open(str(path), "pt") as file:
        meta = json.loads(file.metadata()["training"])
        return {k: file.get_tensor(k) for k in file.keys()}, meta  # noqa: SIM118 (the file is no dict)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below one prefix, without it."""
    return {k[len(prefix) + 1 :]: v for k, v in tensors.items() if k.startswith(prefix + ".")}


def load_weights(path: Path) -> dict[str, Tensor]:
    """Weights of a network: the averaged ones of a checkpoint, all of any other safetensors file; without
    its adversary where it was trained with one."""
    tensors = load_file(str(path))
    averaged = part(tensors, "average") or tensors
    return part(averaged, "generator") or averaged


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back the moments of a checkpoint; a checkpoint without them leaves the optimizer fresh."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in part(tensors, "optimizer").items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    if state:
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def load_fitting(network: nn.Module, path: Path, leave_out: tuple[str, ...] = ()) -> list[str]:
    """Start from the averaged weights of another run where names and shapes agree.

    Args:
        network: takes the weights.
        path: checkpoint of the other run.
        leave_out: names that keep the network's own values.

    Returns:
        The names of those that the other run does not have, or has in another shape.
    """
    own = network.state_dict()
    given = {k: v for k, v in part(read(path)[0], "average").items() if k not in leave_out}
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    network.load_state_dict(own | fitting)
    return sorted(set(own) - set(fitting) - set(leave_out))
