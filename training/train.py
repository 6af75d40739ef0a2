"""Train Mobile-FaceRNet on packed shards.

python -m training.train --shards DIR --config training/configs/default.toml --out runs/first [--minutes 120]

Runs unchanged on CPU and CUDA. `--out` receives last.safetensors (every `save_minutes`), log.jsonl and the
settings; the same command with --resume continues. Evaluation is on held-out people, plain crops, averaged
weights.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training import checkpoint
from training.augment import Augment
from training.cutouts import Cutouts
from training.data import Shards, load_shards
from training.evaluate import evaluate
from training.linear_face import load_linear_face
from training.losses.fit import FitLoss
from training.losses.identity import IdentityLoss
from training.losses.paper import PaperLoss
from training.memory import keep_freed_memory
from training.networks.layout import Layout
from training.networks.mobile_facernet import MobileFaceRNet, build
from training.render import ControlFace
from training.sampling import label_statistics, row_weights
from training.settings import Settings, load_settings

CUTOUTS = "cutouts.npz"  # beside the shards, from training.pack_cutouts; training goes on without
FACE_MODEL = Path(__file__).parent.parent / "facesdk" / "assets" / "face_model.safetensors"


@dataclass
class Progress:
    """How far a run is; survives in the checkpoint."""

    step: int = 0
    seconds: float = 0.0
    images: int = 0

    def share(self, settings: Settings) -> float:
        """0 at the start, 1 at the end."""
        if settings.minutes > 0:
            return min(self.seconds / (60 * settings.minutes), 1.0)
        return min(self.step / settings.steps, 1.0)


class Trainer:
    """One run: data, network, optimizer, loop."""

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
        self.settings, self.out, self.device = settings, out, device
        face = load_linear_face(face_model).to(device)
        layout = Layout(alpha=face.n_id, beta=face.n_tex, delta=face.n_exp)
        self.augment = Augment(shards, face, settings.seed, cutouts)
        self.train_rows, self.held_rows = shards.split(settings.held_out)
        labelled = (shards.weight + shards.points_weight.sum(1) > 0).cpu()[self.held_rows]
        self.held_rows = torch.cat(
            [
                rows[:: max(1, len(rows) // settings.evaluate_rows)]
                for rows in (self.held_rows[labelled], self.held_rows[~labelled])
            ]
        )
        closed = face.closed_eyes(shards.labels["delta"])
        self.draw_weights = row_weights(
            shards,
            self.train_rows,
            settings.set_weights,
            settings.yaw_boost,
            closed * settings.closed_eyes_boost,
        )
        network = build(settings.preset, layout)
        network.mean[:], network.std[:] = label_statistics(self.augment, self.train_rows)
        self.network: MobileFaceRNet = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = checkpoint.Average(self.network, settings.average)
        self.loss = FitLoss(face, layout, settings.weights, self.network.std, self._identity(shards))
        rendering = settings.paper.photo + settings.paper.ssim + settings.paper.smooth > 0
        control = ControlFace.load(face_model, device) if rendering else None
        self.paper = PaperLoss(face, control, layout, settings.paper)
        self.optimizer = self._optimizer()
        self.progress = Progress()
        out.mkdir(parents=True, exist_ok=True)
        (out / "settings.json").write_text(json.dumps(asdict(settings), indent=1) + "\n")

    def _identity(self, shards: Shards) -> IdentityLoss | None:
        """The tie to the identity teacher, where the shards have its embeddings."""
        rows = self.train_rows.to(shards.identity.device)
        rows = rows[(shards.identity[rows].square().sum(1) > 0.5) & (shards.weight[rows] > 0)]
        if not self.settings.weights.identity or len(rows) < 2 * shards.identity.shape[1]:
            return None
        mirror = self.augment.face.mirror_alpha
        return IdentityLoss(shards.labels["alpha"][rows], shards.identity[rows], mirror)

    def _optimizer(self) -> torch.optim.Optimizer:
        plain = [p for p in self.network.parameters() if p.ndim == 1]  # norms and biases do not decay
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        groups = [{"params": decayed, "weight_decay": self.settings.weight_decay}]
        groups.append({"params": plain, "weight_decay": 0.0})
        return torch.optim.AdamW(groups, lr=self.settings.learning_rate, fused=True)

    def resume(self, path: Path) -> None:
        """Continue a run from its checkpoint."""
        tensors, meta = checkpoint.read(path)
        self.network.load_state_dict(checkpoint.part(tensors, "network"))
        self.average.network.load_state_dict(checkpoint.part(tensors, "average"))
        checkpoint.restore_optimizer(self.optimizer, tensors)
        self.progress = Progress(**meta["progress"])
        self.augment.generator.manual_seed(self.settings.seed + self.progress.step)

    def save(self, name: str = "last", optimizer: bool = True) -> None:
        """Write OUT/name.safetensors."""
        meta: dict[str, Any] = {"name": self.settings.preset, "progress": asdict(self.progress)}
        path = self.out / f"{name}.safetensors"
        checkpoint.save(path, self.network, self.average, self.optimizer if optimizer else None, meta)

    def log(self, **values: Any) -> None:
        """One JSON line to the log and the console."""
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def step(self, share: float) -> dict[str, Tensor]:
        """One optimizer step at `share` of the run."""
        s, p = self.settings, self.progress
        rate = (
            s.learning_rate * min(1.0, (p.step + 1) / s.warmup_steps) * 0.5 * (1 + math.cos(math.pi * share))
        )
        for group in self.optimizer.param_groups:
            group["lr"] = max(rate, s.learning_rate * 1e-3)
        size = [side for start, side in s.sizes if share >= start][-1]
        picks = torch.multinomial(self.draw_weights, s.batch, replacement=True)
        epoch = p.images / len(self.train_rows)
        clean = s.paper.rendered if self.paper.renders(epoch) else 0
        batch = self.augment.draw(self.train_rows[picks], size, s.jitter, s.photometry, clean)
        crops = batch.crops.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=s.autocast):
            x, points, spread, presence = self.network(crops)
        total, terms = self.loss(x.float(), points.float(), spread.float(), presence.float(), batch)
        extra = self.paper(x.float(), batch, epoch)
        total = total + sum(extra.values())
        terms |= extra
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), s.clip, foreach=True)
        self.optimizer.step()
        p.step += 1
        p.images += s.batch
        self.average.update(p.step)
        return {k: v.detach() for k, v in terms.items()} | {"total": total.detach(), "norm": norm}

    def run(self) -> None:
        """Until the settings' end; logs, evaluates and saves on the way."""
        s, p = self.settings, self.progress
        self.network.train()
        freeze_parts(self.network, s.freeze)
        sums: dict[str, Tensor] = {}
        last = saved = logged = evaluated = time.perf_counter()
        counted = frozen = 0
        while (share := p.share(s)) < 1.0:
            if share >= s.freeze_norm_at and not frozen:
                freeze_norms(self.network)
                frozen = 1
            for name, value in self.step(share).items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value
            counted += 1
            now = time.perf_counter()
            p.seconds, last = p.seconds + now - last, now
            if now - logged > 20 or p.share(s) >= 1.0:
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
        self.report()
        self.save()
        self.save("final", optimizer=False)

    def report(self) -> dict[str, float]:
        """Evaluate the averaged network on held-out rows, at the size it is trained at now, and log it."""
        share = self.progress.share(self.settings)
        size = [side for start, side in self.settings.sizes if share >= start][-1]
        result = evaluate(self.average.network, self.augment, self.held_rows, size)
        self.log(step=self.progress.step, minutes=self.progress.seconds / 60, size=size, held_out=result)
        return result


def freeze_parts(network: nn.Module, names: tuple[str, ...]) -> None:
    """Keep weights and statistics of the network's parts `names`.

    Raises:
        AttributeError: for a name the network has not.
    """
    for name in names:
        part = network.get_submodule(name)
        part.requires_grad_(False)
        part.eval()


def freeze_norms(network: nn.Module) -> None:
    """Batch norms use their running statistics from now on, as they will at use."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shards", type=Path, required=True, help="folder of shard_*.npz")
    parser.add_argument("--config", type=Path, required=True, help="TOML file, see training/settings.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, help="overrides the config's")
    parser.add_argument("--steps", type=int, help="overrides the config's; use with --minutes 0")
    parser.add_argument("--batch", type=int, help="overrides the config's")
    parser.add_argument("--face-model", type=Path, default=FACE_MODEL)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument(
        "--resume", nargs="?", const="", help="continue from OUT/last.safetensors or a given file"
    )
    parser.add_argument("--init", type=Path, help="start from another run's averaged weights")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)  # dead channels would slow a CPU step down many times
    keep_freed_memory()
    settings = load_settings(args.config, minutes=args.minutes, steps=args.steps, batch=args.batch)
    shards = load_shards(args.shards, args.device, max(args.threads, 2))
    cutouts = Cutouts.load(args.shards / CUTOUTS, args.device) if (args.shards / CUTOUTS).exists() else None
    trainer = Trainer(shards, settings, args.out, args.face_model, args.device, cutouts)
    trainer.log(rows=len(shards), train=len(trainer.train_rows), held_out_rows=len(trainer.held_rows))
    if args.init is not None:
        left_out = checkpoint.load_weights(trainer.network, args.init, settings.keep_statistics)
        trainer.log(init=str(args.init), left_out=left_out)
        trainer.average = checkpoint.Average(trainer.network, settings.average)
    if args.resume is not None:
        path = Path(args.resume) if args.resume else args.out / "last.safetensors"
        if path.exists() or args.resume:
            trainer.resume(path)
    trainer.run()


if __name__ == "__main__":
    main()
