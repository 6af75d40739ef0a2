"""Train N_mask on packed shards with synthetic occluders, pixel maps and hidden landmarks.

    python -m training.occlusion.train --shards DIR --assets cache/occlusion.npz \
        --config training/occlusion/mask.toml --out runs/mask [--minutes 60]

`--out` receives last.safetensors, log.jsonl and, at the end, mask_net.safetensors (averaged weights); the
same command with --resume continues. The shards need `cutouts.npz` beside them (training.pack_cutouts).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from training.augment import Augment
from training.checkpoint import Average, part, restore_optimizer
from training.cutouts import Cutouts
from training.data import Shards, load_shards
from training.linear_face import load_linear_face
from training.memory import keep_freed_memory
from training.networks.mask_net import MaskNet, parameter_count
from training.occlusion.assets import OcclusionAssets
from training.occlusion.batches import MaskBatches
from training.occlusion.evaluate import evaluate_mask
from training.occlusion.layers import Occluders
from training.occlusion.loss import pixel_loss, point_loss
from training.occlusion.region import FaceRegion
from training.occlusion.settings import MaskSettings, load_mask_settings
from training.train import CUTOUTS, FACE_MODEL, Progress, freeze_norms

CLIP = 10.0  # largest norm of the gradient


class MaskTrainer:
    """One run: data, network, optimizer, loop."""

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
        self.settings, self.out = settings, out
        augment = Augment(shards, load_linear_face(face_model), settings.seed)
        self.batches = MaskBatches(
            shards, augment, FaceRegion(face_model), Occluders(cutouts, assets), settings
        )
        held = shards.split(settings.held_out)[1]
        self.real_held = held[self.batches.real[held] & (shards.weight[held] > 0)]
        self.network = MaskNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.network, settings.average)
        plain = [p for p in self.network.parameters() if p.ndim == 1]  # norms and biases do not decay
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}]
        groups.append({"params": plain, "weight_decay": 0.0})
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.progress = Progress()
        out.mkdir(parents=True, exist_ok=True)
        (out / "settings.json").write_text(json.dumps(asdict(settings), indent=1) + "\n")

    def share(self) -> float:
        """0 at the start of the run, 1 at its end."""
        s, p = self.settings, self.progress
        return min(p.seconds / (60 * s.minutes) if s.minutes > 0 else p.step / s.steps, 1.0)

    def step(self) -> dict[str, Tensor]:
        """One optimizer step; returns the terms of the loss."""
        s, p = self.settings, self.progress
        warm = min(1.0, (p.step + 1) / s.warmup_steps)
        rate = s.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * self.share()))
        for group in self.optimizer.param_groups:
            group["lr"] = max(rate, s.learning_rate * 1e-3)
        batch = self.batches.draw()
        logits = self.network(batch.crops.contiguous(memory_format=torch.channels_last))
        terms = {
            "pixels": pixel_loss(logits, batch.covered, batch.weight, s.dice),
            "points": point_loss(logits, batch.points, batch.hidden, batch.point_weight),
        }
        total = terms["pixels"] + s.points * terms["points"]
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        p.step += 1
        p.images += s.batch
        self.average.update(p.step)
        return {k: v.detach() for k, v in terms.items()} | {"total": total.detach()}

    def run(self) -> dict[str, float]:
        """Until the settings' end; logs, evaluates and saves on the way. Returns the last evaluation."""
        s, p = self.settings, self.progress
        self.network.train()
        sums: dict[str, Tensor] = {}
        last = logged = saved = evaluated = time.perf_counter()
        counted, frozen = 0, False
        while (share := self.share()) < 1.0:
            if share >= s.freeze_norm_at and not frozen:
                freeze_norms(self.network)
                frozen = True
            for name, value in self.step().items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value
            counted += 1
            now = time.perf_counter()
            p.seconds, last = p.seconds + now - last, now
            if now - logged > 20 or self.share() >= 1.0:
                means = {k: float(v) / counted for k, v in sums.items()}
                speed = counted * s.batch / (now - logged)
                self.log(step=p.step, minutes=p.seconds / 60, images=p.images, per_s=speed, **means)
                sums, counted, logged = {}, 0, now
            if now - saved > 60 * s.save_minutes:
                self.save()
                saved = time.perf_counter()
            if now - evaluated > 60 * s.evaluate_minutes:
                self.report()
                evaluated = last = time.perf_counter()  # evaluation is not counted as training time
        result = self.report()
        self.save()
        weights = {k: v.contiguous() for k, v in self.average.network.state_dict().items()}
        save_file(weights, str(self.out / "mask_net.safetensors"))
        return result

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out rows and log it."""
        result = evaluate_mask(self.average.network, self.batches, self.real_held)
        self.log(step=self.progress.step, minutes=self.progress.seconds / 60, held_out=result)
        return result

    def log(self, **values: Any) -> None:
        """One JSON line to the log and the console."""
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def save(self) -> None:
        """Write OUT/last.safetensors: network, average, optimizer and progress."""
        tensors: dict[str, Tensor] = {}
        for prefix, module in (("network", self.network), ("average", self.average.network)):
            tensors |= {f"{prefix}.{k}": v.contiguous() for k, v in module.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v).contiguous() for k, v in state.items()}
        temporary = self.out / "last.part"
        save_file(tensors, str(temporary), metadata={"training": json.dumps(asdict(self.progress))})
        temporary.replace(self.out / "last.safetensors")

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        with safe_open(str(path), "pt") as file:
            progress = json.loads(file.metadata()["training"])
            tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (the file is no dict)
        self.network.load_state_dict(part(tensors, "network"))
        self.average.network.load_state_dict(part(tensors, "average"))
        restore_optimizer(self.optimizer, tensors)
        self.progress = Progress(**progress)
        self.batches.augment.generator.manual_seed(self.settings.seed + self.progress.step)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shards", type=Path, required=True, help="folder of shard_*.npz and cutouts.npz")
    parser.add_argument("--assets", type=Path, required=True, help="what training.occlusion.assets wrote")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, help="overrides the config's")
    parser.add_argument("--steps", type=int, help="overrides the config's; use with --minutes 0")
    parser.add_argument("--face-model", type=Path, default=FACE_MODEL)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="continue from OUT/last.safetensors")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    settings = load_mask_settings(args.config, minutes=args.minutes, steps=args.steps)
    trainer = MaskTrainer(
        load_shards(args.shards, threads=max(args.threads, 2)),
        Cutouts.load(args.shards / CUTOUTS),
        OcclusionAssets.load(args.assets),
        settings,
        args.out,
        args.face_model,
    )
    rows = {"train": len(trainer.batches.train_rows), "real": len(trainer.batches.real_rows)}
    trainer.log(parameters=parameter_count(trainer.network), **rows)
    if args.resume and (args.out / "last.safetensors").exists():
        trainer.resume(args.out / "last.safetensors")
    trainer.run()


if __name__ == "__main__":
    main()
