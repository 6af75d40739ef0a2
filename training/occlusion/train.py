"""Train N_mask on packed shards with synthetic occluders, pixel maps and hidden landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor

from training.augmentation.augment import Augment
from training.augmentation.occluder_cutouts import CUTOUTS, Cutouts
from training.face_model.linear_face import load_linear_face
from training.loop.cpu import prepare_cpu
from training.loop.loop import Loop
from training.loop.settings import load_settings
from training.networks.mask_net import MaskNet, parameter_count
from training.occlusion.assets import OcclusionAssets
from training.occlusion.batches import MaskBatches
from training.occlusion.evaluate import evaluate_mask
from training.occlusion.layers import Occluders
from training.occlusion.loss import pixel_loss, point_loss
from training.occlusion.region import FaceRegion
from training.occlusion.settings import MaskSettings
from training.options import (
    FACE_MODEL,
    FaceModelFile,
    Minutes,
    Resume,
    RunFolder,
    ShardsFolder,
    Steps,
    Threads,
)
from training.shards.load import Shards, load_shards

WEIGHTS = "mask_net.safetensors"


class MaskTrainer:
    """One run: data, losses and the loop."""

    def __init__(
        self,
        shards: Shards,
        cutouts: Cutouts,
        assets: OcclusionAssets,
        settings: MaskSettings,
        out: Path,
        face_model: Path = FACE_MODEL,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        augment = Augment(shards, load_linear_face(face_model), settings.seed)
        self.batches = MaskBatches(
            shards, augment, FaceRegion(face_model), Occluders(cutouts, assets), settings
        )
        held = shards.split(settings.held_out)[1]
        self.real_held = held[self.batches.real[held] & (shards.weight[held] > 0)]
        network = MaskNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loop: Loop[MaskNet] = Loop(network, settings, out)

    @property
    def network(self) -> MaskNet:
        """The network that is trained."""
        return self.loop.network

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        self.loop.resume(path)
        self.batches.augment.generator.manual_seed(self.settings.seed + self.loop.progress.step)

    def step(self, share: float) -> dict[str, Tensor]:
        """Make one optimizer step at `share` of the run; the terms of the loss."""
        batch = self.batches.draw()
        logits = self.network(batch.crops.contiguous(memory_format=torch.channels_last))
        terms = {
            "pixels": pixel_loss(logits, batch.covered, batch.weight, self.settings.dice),
            "points": point_loss(logits, batch.points, batch.hidden, batch.point_weight),
        }
        total = terms["pixels"] + self.settings.points * terms["points"]
        self.loop.optimize(total, share)
        return {k: v.detach() for k, v in terms.items()} | {"total": total.detach()}

    def run(self) -> dict[str, float]:
        """Run to the settings' end and write the averaged weights; the last evaluation."""
        self.network.train()
        result = self.loop.run(self.step, self.report)
        weights = {k: v.contiguous() for k, v in self.loop.average.network.state_dict().items()}
        save_file(weights, str(self.loop.out / WEIGHTS))
        return result

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out rows and log it."""
        progress = self.loop.progress
        result = evaluate_mask(self.loop.average.network, self.batches, self.real_held)
        self.loop.log(step=progress.step, minutes=progress.seconds / 60, held_out=result)
        return result


def train_mask(
    shards: ShardsFolder,
    assets: Annotated[Path, typer.Option(help="what `pack-occluders` wrote")],
    config: Annotated[Path, typer.Option(help="of training/configs/occlusion")],
    out: RunFolder,
    minutes: Minutes = None,
    steps: Steps = None,
    resume: Resume = False,
    face_model: FaceModelFile = FACE_MODEL,
    threads: Threads = 1,
) -> None:
    """Train N_mask (paper 2, section 3.1), which tells where a face is covered.

    OUT receives last.safetensors, log.jsonl and, at the end, mask_net.safetensors (averaged weights); the
    same command with --resume continues. The shards need cutouts.npz beside them (`pack-cutouts`).
    """
    prepare_cpu(threads)
    settings = load_settings(MaskSettings, config, minutes=minutes, steps=steps)
    trainer = MaskTrainer(
        load_shards(shards, threads=max(threads, 2)),
        Cutouts.load(shards / CUTOUTS),
        OcclusionAssets.load(assets),
        settings,
        out,
        face_model,
    )
    rows = {"train": len(trainer.batches.train_rows), "real": len(trainer.batches.real_rows)}
    trainer.loop.log(parameters=parameter_count(trainer.network), **rows)
    if resume and (out / "last.safetensors").exists():
        trainer.resume(out / "last.safetensors")
    trainer.run()
