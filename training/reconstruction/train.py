"""Train Mobile-FaceRNet on packed shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from training.augmentation.augment import Augment
from training.augmentation.occluder_cutouts import CUTOUTS, Cutouts
from training.face_model.linear_face import load_linear_face
from training.face_model.render import ControlFace
from training.loop.checkpoint import Average
from training.loop.cpu import prepare_cpu
from training.loop.loop import Loop, freeze_parts
from training.loop.settings import load_settings
from training.losses.fit import FitLoss
from training.losses.identity import IdentityLoss
from training.losses.paper import PaperLoss
from training.networks.layout import Layout
from training.networks.mobile_facernet import MobileFaceRNet, build
from training.options import (
    FACE_MODEL,
    Device,
    FaceModelFile,
    Minutes,
    Resume,
    RunFolder,
    ShardsFolder,
    Steps,
    Threads,
    choose_device,
)
from training.reconstruction.checkpoints import describe, load_weights
from training.reconstruction.evaluate import evaluate
from training.reconstruction.sampling import label_statistics, row_weights
from training.reconstruction.settings import Settings
from training.shards.load import Shards, load_shards


class Trainer:
    """One run: data, losses and the loop."""

    def __init__(
        self,
        shards: Shards,
        settings: Settings,
        out: Path,
        face_model: Path,
        device: str,
        cutouts: Cutouts | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.device = settings, device
        face = load_linear_face(face_model).to(device)
        layout = Layout(alpha=face.n_id, beta=face.n_tex, delta=face.n_exp)
        self.augment = Augment(shards, face, settings.seed, cutouts)
        self.train_rows, held = shards.split(settings.held_out)
        labelled = (shards.weight + shards.points_weight.sum(1) > 0).cpu()[held]
        parts = (held[labelled], held[~labelled])
        self.held_rows = torch.cat([rows[:: max(1, len(rows) // settings.evaluate_rows)] for rows in parts])
        closed = face.closed_eyes(shards.labels["delta"]) * settings.closed_eyes_boost
        self.draw_weights = row_weights(
            shards, self.train_rows, settings.set_weights, settings.yaw_boost, closed
        )
        network = build(settings.preset, layout)
        network.mean[:], network.std[:] = label_statistics(self.augment, self.train_rows)
        network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loop: Loop[MobileFaceRNet] = Loop(network, settings, out, describe(network, settings.preset))
        self.loss = FitLoss(face, layout, settings.weights, network.std, self._identity(shards))
        rendering = settings.paper.photo + settings.paper.ssim + settings.paper.smooth > 0
        control = ControlFace.load(face_model, device) if rendering else None
        self.paper = PaperLoss(face, control, layout, settings.paper)

    @property
    def network(self) -> MobileFaceRNet:
        """The network that is trained."""
        return self.loop.network

    def _identity(self, shards: Shards) -> IdentityLoss | None:
        """The tie to the identity teacher, where the shards have its embeddings."""
        rows = self.train_rows.to(shards.identity.device)
        rows = rows[(shards.identity[rows].square().sum(1) > 0.5) & (shards.weight[rows] > 0)]
        if not self.settings.weights.identity or len(rows) < 2 * shards.identity.shape[1]:
            return None
        mirror = self.augment.face.mirror_alpha
        return IdentityLoss(shards.labels["alpha"][rows], shards.identity[rows], mirror)

    def start_from(self, path: Path) -> list[str]:
        """Take the averaged weights of another run; the names of those that it does not have."""
        left_out = load_weights(self.network, path, self.settings.keep_statistics)
        self.loop.average = Average(self.network, self.settings.average)
        return left_out

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        self.loop.resume(path)
        self.augment.generator.manual_seed(self.settings.seed + self.loop.progress.step)

    def size(self, share: float) -> int:
        """Side of the crops at `share` of the run, px."""
        return [side for start, side in self.settings.sizes if share >= start][-1]

    def step(self, share: float) -> dict[str, Tensor]:
        """Make one optimizer step at `share` of the run; the terms of the loss."""
        s, progress = self.settings, self.loop.progress
        picks = torch.multinomial(self.draw_weights, s.batch, replacement=True)
        epoch = progress.images / len(self.train_rows)
        clean = s.paper.rendered if self.paper.renders(epoch) else 0
        batch = self.augment.draw(self.train_rows[picks], self.size(share), s.jitter, s.photometry, clean)
        crops = batch.crops.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=s.autocast):
            x, points, spread, presence = self.network(crops)
        total, terms = self.loss(x.float(), points.float(), spread.float(), presence.float(), batch)
        extra = self.paper(x.float(), batch, epoch)
        total = total + sum(extra.values())
        norm = self.loop.optimize(total, share)
        return {k: v.detach() for k, v in (terms | extra).items()} | {"total": total.detach(), "norm": norm}

    def run(self) -> None:
        """Run to the settings' end; OUT/final.safetensors holds the weights without the optimizer."""
        self.network.train()
        freeze_parts(self.network, self.settings.freeze)
        self.loop.run(self.step, self.report)
        self.loop.save("final", optimizer=False)

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out rows, at the size it is trained at now, and log it."""
        progress, size = self.loop.progress, self.size(self.loop.share)
        result = evaluate(self.loop.average.network, self.augment, self.held_rows, size)
        self.loop.log(step=progress.step, minutes=progress.seconds / 60, size=size, held_out=result)
        return result


def train(
    shards: ShardsFolder,
    config: Annotated[Path, typer.Option(help="of training/configs/reconstruction")],
    out: RunFolder,
    minutes: Minutes = None,
    steps: Steps = None,
    batch: Annotated[int | None, typer.Option(help="overrides the config's")] = None,
    init: Annotated[Path | None, typer.Option(help="start from another run's averaged weights")] = None,
    resume: Resume = False,
    face_model: FaceModelFile = FACE_MODEL,
    device: Device = "",
    threads: Threads = 1,
) -> None:
    """Train the reconstruction network.

    Runs unchanged on CPU and CUDA. OUT receives last.safetensors (every `save_minutes`), log.jsonl and
    the settings; the same command with --resume continues. Evaluation is on held-out people, plain crops,
    averaged weights. Where cutouts.npz lies beside the shards, faces are covered with what it holds.
    """
    device = choose_device(device)
    prepare_cpu(threads)
    settings = load_settings(Settings, config, minutes=minutes, steps=steps, batch=batch)
    rows = load_shards(shards, device, max(threads, 2))
    cutouts = Cutouts.load(shards / CUTOUTS, device) if (shards / CUTOUTS).exists() else None
    trainer = Trainer(rows, settings, out, face_model, device, cutouts)
    log = trainer.loop.log
    log(rows=len(rows), train=len(trainer.train_rows), held_out_rows=len(trainer.held_rows))
    if init is not None:
        log(init=str(init), left_out=trainer.start_from(init))
    if resume and (out / "last.safetensors").exists():
        trainer.resume(out / "last.safetensors")
    trainer.run()
