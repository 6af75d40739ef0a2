"""Train N_syn on bare faces behind synthetic occluders (paper 2, equations 4 to 6 and 8)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor

from training.loop.checkpoint import load_weights
from training.loop.cpu import prepare_cpu
from training.loop.loop import Loop
from training.loop.settings import load_settings
from training.losses.completion import adversarial_loss, completion_objective, pixel_loss, style_loss
from training.networks.completion_net import (
    SHAPES,
    CompletionDiscriminator,
    CompletionNet,
    completion_input,
)
from training.networks.contour_net import ContourNet, complete_contours
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
    held_out_batches,
    picture_figures,
    write_sheet,
)
from training.occlusion.completion_settings import CompletionSettings
from training.occlusion.contour_train import predict_contours
from training.occlusion.style_features import StyleFeatures
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

WEIGHTS = "completion_net.safetensors"


class CompletionTrainer:
    """One run: data, losses and the loop.

    Args:
        batches: on the training device.
        settings: of the run.
        out: its folder.
        contours: trained N_cont of the same preset; without it, true contours are used throughout.

    Raises:
        ValueError: the settings want predicted contours and there is no N_cont.
    """

    def __init__(
        self,
        batches: CompletionBatches,
        settings: CompletionSettings,
        out: Path,
        contours: ContourNet | None = None,
    ) -> None:
        if settings.predicted > 0 and contours is None:
            raise ValueError(
                f"predicted: got {settings.predicted} without an N_cont, expected 0; give --contours"
            )
        torch.manual_seed(settings.seed)
        self.batches, self.settings, device = batches, settings, batches.augment.device
        pair = Adversaries(CompletionNet(settings.preset), CompletionDiscriminator(settings.preset))
        pair = pair.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loop: Loop[Adversaries] = Loop(pair, settings, out)
        self.loop.optimizer = optimizer_of(pair, settings)
        self.features = StyleFeatures().to(device)
        self.contours = None if contours is None else contours.to(device).eval().requires_grad_(False)
        self.held = held_out_batches(batches)

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        self.loop.resume(path)
        self.batches.augment.generator.manual_seed(self.settings.seed + self.loop.progress.step)

    def completed_contours(self, batch: CompletionBatch, count: int) -> Tensor:
        """C_fina (N, 1, S, S): where covered, predicted for the first `count` crops, true for the others."""
        contours = complete_contours(batch.seen_contours, batch.contours, batch.mask)
        if self.contours is not None and count > 0:
            some = batch.rows(torch.arange(count))
            made = predict_contours(self.contours, some)
            contours[:count] = complete_contours(some.seen_contours, made, some.mask)
        return contours

    def step(self, share: float) -> dict[str, Tensor]:
        """Make one step of each network at `share` of the run; the terms of the losses."""
        batch, pair, s = self.batches.draw(), self.loop.network, self.settings
        predicted = round(s.predicted * s.batch) if share >= s.predicted_from else 0
        contours = self.completed_contours(batch, predicted)
        given = completion_input(batch.seen, contours, batch.mask)
        picture = pair.generator(given.contiguous(memory_format=torch.channels_last))
        if s.composite:
            picture = torch.where(batch.mask > 0, picture, batch.photo)
        if share < s.adversarial_from:
            pixel = pixel_loss(picture, batch.photo, batch.mask)
            self.loop.optimize(s.pixel * pixel, share)
            return {"pixel": pixel.detach()}
        made, true = (torch.cat([one, contours], 1) for one in (picture, batch.photo))
        loss = step_discriminator(self.loop, true, made, share)

        def objective() -> dict[str, Tensor]:
            adversarial = adversarial_loss(pair.discriminator(made)[0])
            pixel = pixel_loss(picture, batch.photo, batch.mask)
            style = self.style(picture, batch)
            total = completion_objective(adversarial, pixel, style, (s.adversarial, s.pixel, s.style))
            return {"adversarial": adversarial, "pixel": pixel, "style": style, "total": total}

        return step_generator(self.loop, objective, share) | {"discriminator": loss}

    def style(self, picture: Tensor, batch: CompletionBatch) -> Tensor:
        """Equation 6 for the pictures that the settings name."""
        seen = 1 - batch.mask if self.settings.style_of == "seen" else torch.ones_like(batch.mask)
        with torch.no_grad():
            true = self.features(batch.photo * seen)
        return style_loss(self.features(picture * seen), true)

    def run(self) -> dict[str, float]:
        """Run to the settings' end and write the averaged weights; the last evaluation."""
        self.loop.network.train()
        result = self.loop.run(self.step, self.report)
        weights = self.loop.average.network.generator.state_dict()
        save_file({k: v.contiguous() for k, v in weights.items()}, str(self.loop.out / WEIGHTS))
        return result

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out faces, with N_cont's contours where there is one, log it
        and draw OUT/sheet.png."""
        progress = self.loop.progress
        result = picture_figures(self.complete, self.held)
        self.loop.log(step=progress.step, minutes=progress.seconds / 60, held_out=result)
        if SHEET_SHARE in self.held:
            batch = self.held[SHEET_SHARE]
            contours = self.completed_contours(batch, len(batch.mask))
            write_sheet(str(self.loop.out / "sheet.png"), batch, contours, self.complete(batch))
        return result

    @torch.no_grad()
    def complete(self, batch: CompletionBatch) -> Tensor:
        """The averaged network's pictures (N, 3, S, S) of a batch."""
        contours = self.completed_contours(batch, len(batch.mask))
        given = completion_input(batch.seen, contours, batch.mask)
        network = self.loop.average.network.generator
        return torch.cat([network(part) for part in torch.split(given, CHUNK)])


def load_contour_net(path: Path, preset: str) -> ContourNet:
    """Read the averaged N_cont of a checkpoint, or contour_net.safetensors."""
    network = ContourNet(preset)
    network.load_state_dict(load_weights(path))
    return network.eval()


def train_completion(
    shards: ShardsFolder,
    assets: OcclusionAssetsFile,
    config: Annotated[Path, typer.Option(help="of training/configs/occlusion")],
    out: RunFolder,
    contours: Annotated[
        Path | None, typer.Option(help="contour_net.safetensors or a checkpoint of `train-contour`")
    ] = None,
    minutes: Minutes = None,
    steps: Steps = None,
    resume: Resume = False,
    face_model: FaceModelFile = FACE_MODEL,
    threads: Threads = 1,
    device: Device = "cpu",
) -> None:
    """Train N_syn (paper 2, section 3.2), which paints what is covered along its contours.

    The config says from when on which share of the crops has contours of N_cont (--contours) in place of true
    ones. OUT receives last.safetensors, log.jsonl, sheet.png and, at the end, completion_net.safetensors
    (averaged weights); the same command with --resume continues. The shards need cutouts.npz beside them.
    """
    prepare_cpu(threads)
    settings = load_settings(CompletionSettings, config, minutes=minutes, steps=steps)
    side = SHAPES[settings.preset].side
    network = None if contours is None else load_contour_net(contours, settings.preset)
    batches = open_batches(shards, assets, settings, side, face_model, choose_device(device))
    trainer = CompletionTrainer(batches, settings, out, network)
    if resume and (out / "last.safetensors").exists():
        trainer.resume(out / "last.safetensors")
    trainer.run()
