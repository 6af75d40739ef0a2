"""The loop of a training run: optimizer steps to the schedule's end, logs, evaluations and checkpoints."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor, nn

from training.loop import checkpoint
from training.loop.checkpoint import Average, Network
from training.loop.log import RunLog
from training.loop.schedule import Progress, learning_rate
from training.loop.settings import LoopSettings

LOG_SECONDS = 20


class Loop(Generic[Network]):
    """Network, its average, optimizer and progress of one run, whose files lie in the folder `out`."""

    def __init__(
        self, network: Network, settings: LoopSettings, out: Path, description: dict[str, Any] | None = None
    ) -> None:
        """`description`: what the checkpoints say beside the progress."""
        self.network, self.settings, self.out = network, settings, out
        self.average = Average(network, settings.average)
        self.optimizer: torch.optim.Optimizer = adamw(network, settings)
        self.progress = Progress()
        self._description = description or {}
        out.mkdir(parents=True, exist_ok=True)
        (out / "settings.json").write_text(json.dumps(dataclasses.asdict(settings), indent=1) + "\n")
        self.log = RunLog(out / "log.jsonl")

    @property
    def share(self) -> float:
        """How far the run is, 0..1."""
        return self.progress.share(self.settings)

    def optimize(self, total: Tensor, share: float) -> Tensor:
        """Take one optimizer step down the loss `total`, at `share` of the run; the gradient's norm."""
        p = self.progress
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, p.step, share) * group.get("factor", 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip, foreach=True)
        self.optimizer.step()
        p.step += 1
        p.images += self.settings.batch
        self.average.update(p.step)
        return norm

    def run(
        self, step: Callable[[float], dict[str, Tensor]], report: Callable[[], dict[str, float]]
    ) -> dict[str, float]:
        """Run to the settings' end.

        Args:
            step: makes one optimizer step at a share of the run; the terms of its loss.
            report: evaluates and logs.

        Returns:
            The last report.
        """
        s, p = self.settings, self.progress
        sums: dict[str, Tensor] = {}
        last = saved = logged = evaluated = time.perf_counter()
        counted, frozen = 0, False
        while (share := self.share) < 1.0:
            if share >= s.freeze_norm_at and not frozen:
                freeze_norms(self.network)
                frozen = True
            for name, value in step(share).items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value
            counted += 1
            now = time.perf_counter()
            p.seconds, last = p.seconds + now - last, now
            if now - logged > LOG_SECONDS or self.share >= 1.0:
                means = {k: float(v) / counted for k, v in sums.items()}
                speed = counted * s.batch / (now - logged)
                self.log(step=p.step, minutes=p.seconds / 60, images=p.images, per_s=speed, **means)
                sums, counted, logged = {}, 0, now
            if now - saved > 60 * s.save_minutes:
                self.save()
                saved = time.perf_counter()
            if now - evaluated > 60 * s.evaluate_minutes:
                report()
                evaluated = last = time.perf_counter()
        result = report()
        self.save()
        return result

    def save(self, name: str = "last", optimizer: bool = True) -> None:
        """Write OUT/name.safetensors."""
        checkpoint.write(
            self.out / f"{name}.safetensors",
            self.network,
            self.average.network,
            self.optimizer if optimizer else None,
            self._description | {"progress": dataclasses.asdict(self.progress)},
        )

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        tensors, meta = checkpoint.read(path)
        self.network.load_state_dict(checkpoint.part(tensors, "network"))
        self.average.network.load_state_dict(checkpoint.part(tensors, "average"))
        checkpoint.restore_optimizer(self.optimizer, tensors)
        self.progress = Progress(**meta.get("progress", meta))  # older ones of N_mask hold nothing else


def adamw(network: nn.Module, settings: LoopSettings) -> torch.optim.Optimizer:
    """AdamW; norms and biases do not decay."""
    plain = [p for p in network.parameters() if p.ndim <= 1]
    decayed = [p for p in network.parameters() if p.ndim > 1]
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}]
    groups.append({"params": plain, "weight_decay": 0.0})
    betas = (settings.beta1, 0.999)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)


def freeze_norms(network: nn.Module) -> None:
    """Let batch norms use their running statistics from now on, as they will at use."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.eval()


def freeze_parts(network: nn.Module, names: tuple[str, ...]) -> None:
    """Keep weights and statistics of the network's parts `names`.

    Raises:
        AttributeError: for a name the network has not.
    """
    for name in names:
        part = network.get_submodule(name)
        part.requires_grad_(False)
        part.eval()
