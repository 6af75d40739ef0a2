"""A generator and its discriminator trained in turns by one loop, one optimizer and one checkpoint."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.loop.loop import Loop, adamw
from training.loop.schedule import learning_rate
from training.losses.completion import discriminator_loss
from training.networks.discriminator import PatchDiscriminator
from training.networks.generator import Generator
from training.occlusion.completion_settings import PictureSettings


class Adversaries(nn.Module):
    """Both networks; whichever takes no part in a loss has no gradient, and the optimizer passes it over."""

    def __init__(self, generator: Generator, discriminator: PatchDiscriminator) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator


def optimizer_of(pair: Adversaries, settings: PictureSettings) -> torch.optim.Optimizer:
    """Adam for both, the discriminator's learning rate by its factor."""
    optimizer = adamw(pair.generator, settings)
    optimizer.add_param_group(
        {
            "params": list(pair.discriminator.parameters()),
            "factor": settings.discriminator_rate,
            "weight_decay": 0.0,
        }
    )
    return optimizer


def step_discriminator(loop: Loop[Adversaries], true: Tensor, made: Tensor, share: float) -> Tensor:
    """Take one step of the discriminator on true and made pictures (N, C, S, S); its loss."""
    logits, _ = loop.network.discriminator(torch.cat([true, made.detach()]))
    loss = discriminator_loss(*logits.chunk(2))
    rate = learning_rate(loop.settings, loop.progress.step, share)
    for group in loop.optimizer.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)
    loop.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    loop.optimizer.step()
    return loss.detach()


def step_generator(
    loop: Loop[Adversaries], objective: Callable[[], dict[str, Tensor]], share: float
) -> dict[str, Tensor]:
    """Take one step of the generator down `objective()["total"]`; the terms, detached."""
    loop.network.discriminator.requires_grad_(False)
    terms = objective()
    loop.optimize(terms["total"], share)
    loop.network.discriminator.requires_grad_(True)
    return {name: value.detach() for name, value in terms.items()}
