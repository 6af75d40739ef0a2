"""Train N_cont on bare faces behind synthetic occluders (paper 2, equations 1 to 3 and 7)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from training.loop.cpu import prepare_cpu
from training.loop.loop import Loop
from training.loop.settings import load_settings
from training.losses.completion import adversarial_loss, contour_objective, feature_matching_loss
from training.networks.contour_net import (
    SHAPES,
    ContourDiscriminator,
    ContourNet,
    complete_contours,
    contour_input,
)
from training.occlusion.adversaries import (
    Adversaries,
    optimizer_of,
    step_discriminator,
    step_generator,
)
from training.occlusion.completion_batches import CompletionBatch, CompletionBatches
from training.occlusion.completion_data import open_batches
from training.occlusion.completion_evaluate import (
    CHUNK,
    SHEET_SHARE,
    contour_figures,
    held_out_batches,
    write_sheet,
)
from training.occlusion.completion_settings import ContourSettings
from training.occlusion.contours import gray_of
from training.options import (
    FACE_MODEL,
    Device,
    FaceModelFile,
    Minutes,
    OcclusionAssetsFile,
    Resume,
    RunFolder,
    ShardsFolder,
    Steps,
    Threads,
    choose_device,
)

WEIGHTS = "contour_net.safetensors"


class ContourTrainer:
    """One run: data, losses and the loop."""

    def __init__(self, batches: CompletionBatches, settings: ContourSettings, out: Path) -> None:
        torch.manual_seed(settings.seed)
        self.batches, self.settings = batches, settings
        pair = Adversaries(ContourNet(settings.preset), ContourDiscriminator(settings.preset))
        pair = pair.to(batches.augment.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loop: Loop[Adversaries] = Loop(pair, settings, out)
        self.loop.optimizer = optimizer_of(pair, settings)
        self.held = held_out_batches(batches)

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        self.loop.resume(path)
        self.batches.augment.generator.manual_seed(self.settings.seed + self.loop.progress.step)

    def step(self, share: float) -> dict[str, Tensor]:
        """Make one step of each network at `share` of the run; the terms of the losses."""
        batch, pair, s = self.batches.draw(), self.loop.network, self.settings
        given = contour_input(gray_seen(batch), batch.mask, batch.seen_contours)
        logits = pair.generator(given.contiguous(memory_format=torch.channels_last))
        drawn = torch.sigmoid(logits)
        if s.composite:
            drawn = complete_contours(batch.contours, drawn, batch.mask)
        if share < s.adversarial_from:
            entropy = covered_entropy(logits, batch)
            self.loop.optimize(s.entropy * entropy, share)
            return {"entropy": entropy.detach()}
        made, true = (torch.cat([contours, batch.gray], 1) for contours in (drawn, batch.contours))
        loss = step_discriminator(self.loop, true, made, share)

        def objective() -> dict[str, Tensor]:
            false_logits, activations = pair.discriminator(made)
            with torch.no_grad():
                _, wanted = pair.discriminator(true)
            adversarial = adversarial_loss(false_logits)
            matching = feature_matching_loss(wanted, activations)
            entropy = covered_entropy(logits, batch)
            total = contour_objective(adversarial, matching, (s.adversarial, s.matching))
            return {
                "adversarial": adversarial,
                "matching": matching,
                "entropy": entropy,
                "total": total + s.entropy * entropy,
            }

        return step_generator(self.loop, objective, share) | {"discriminator": loss}

    def run(self) -> dict[str, float]:
        """Run to the settings' end and write the averaged weights; the last evaluation."""
        self.loop.network.train()
        result = self.loop.run(self.step, self.report)
        weights = self.loop.average.network.generator.state_dict()
        save_file({k: v.contiguous() for k, v in weights.items()}, str(self.loop.out / WEIGHTS))
        return result

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out faces, log it and draw OUT/sheet.png."""
        progress, network = self.loop.progress, self.loop.average.network.generator
        result = contour_figures(lambda batch: predict_contours(network, batch), self.held)
        self.loop.log(step=progress.step, minutes=progress.seconds / 60, held_out=result)
        if SHEET_SHARE in self.held:
            batch = self.held[SHEET_SHARE]
            made = predict_contours(network, batch)
            write_sheet(
                str(self.loop.out / "sheet.png"),
                batch,
                complete_contours(batch.seen_contours, made, batch.mask),
                None,
            )
        return result


def gray_seen(batch: CompletionBatch) -> Tensor:
    """Gray (N, 1, S, S) of what is seen, with the rim of the occluder that the mask leaves."""
    return gray_of(batch.seen)


def covered_entropy(logits: Tensor, batch: CompletionBatch) -> Tensor:
    """Cross-entropy of contours over covered pixels; those on contours weigh as much as all the others."""
    each = F.binary_cross_entropy_with_logits(logits, batch.contours, reduction="none") * batch.mask
    total = logits.new_zeros(())
    for side in (batch.contours, 1 - batch.contours):
        total = total + 0.5 * (each * side).sum() / (batch.mask * side).sum().clamp_min(1.0)
    return total


@torch.no_grad()
def predict_contours(network: torch.nn.Module, batch: CompletionBatch) -> Tensor:
    """Probabilities (N, 1, S, S) of contours by an evaluated N_cont."""
    given = contour_input(gray_seen(batch), batch.mask, batch.seen_contours)
    return torch.cat([torch.sigmoid(network(part)) for part in torch.split(given, CHUNK)])


def train_contour(
    shards: ShardsFolder,
    assets: OcclusionAssetsFile,
    config: Annotated[Path, typer.Option(help="of training/configs/occlusion")],
    out: RunFolder,
    minutes: Minutes = None,
    steps: Steps = None,
    resume: Resume = False,
    face_model: FaceModelFile = FACE_MODEL,
    threads: Threads = 1,
    device: Device = "cpu",
) -> None:
    """Train N_cont (paper 2, section 3.2), which draws the contours of what is covered.

    OUT receives last.safetensors, log.jsonl, sheet.png and, at the end, contour_net.safetensors (averaged
    weights); the same command with --resume continues. The shards need cutouts.npz beside them.
    """
    prepare_cpu(threads)
    settings = load_settings(ContourSettings, config, minutes=minutes, steps=steps)
    side = SHAPES[settings.preset].side
    batches = open_batches(shards, assets, settings, side, face_model, choose_device(device))
    trainer = ContourTrainer(batches, settings, out)
    if resume and (out / "last.safetensors").exists():
        trainer.resume(out / "last.safetensors")
    trainer.run()
