"""Train the detector on one core; resumes from its last checkpoint.

python -m training.detector.train --pack PACK --occluders DIR/occluders --out runs/detector/first
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from training.detector.compose import Composer
from training.detector.evaluate import evaluate
from training.detector.export import to_onnx
from training.detector.geometry import FLIPPED
from training.detector.loss import Targets, detector_loss
from training.detector.network import DetectorNet, cells

Sample = tuple[Any, Any, Any, Any]


class Feed:
    """Batches from fresh canvases and a pool of earlier ones: composing costs as much as half a step."""

    def __init__(self, composer: Composer, batch: int, fresh: int, pool: int) -> None:
        self.composer, self.batch, self.fresh, self.largest = composer, batch, fresh, pool
        self.pool: list[Sample] = []

    def __call__(self) -> tuple[Tensor, Targets]:
        rng = self.composer.rng
        fresh = self.fresh if len(self.pool) >= self.batch else self.batch
        rows = [self.composer.sample() for _ in range(fresh)]
        again = [self.pool[rng.integers(len(self.pool))] for _ in range(self.batch - fresh)]
        for row in rows:
            if len(self.pool) < self.largest:
                self.pool.append(row)
            else:
                self.pool[rng.integers(self.largest)] = row
        rows += [mirror(row) if rng.random() < 0.5 else row for row in again]
        return collate(rows)


def mirror(sample: Sample) -> Sample:
    """The sample seen in a mirror."""
    pixels, boxes, points, kind = sample
    width = pixels.shape[1] - 1
    boxes = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
    points = (points * (-1, 1) + (width, 0))[:, FLIPPED].astype(np.float32)
    return pixels[:, ::-1], boxes, points, kind


def collate(rows: list[Sample]) -> tuple[Tensor, Targets]:
    """Samples -> pictures (B, 3, S, S) in 0..1 channels last, and padded targets."""
    most = max(1, max(len(r[1]) for r in rows))
    boxes = np.zeros((len(rows), most, 4), np.float32)
    points = np.full((len(rows), most, 5, 2), np.nan, np.float32)
    kind = np.full((len(rows), most), -1, np.int64)
    for n, (_, b, p, k) in enumerate(rows):
        boxes[n, : len(b)], points[n, : len(b)], kind[n, : len(b)] = b, p, k
    pixels = torch.from_numpy(np.stack([r[0] for r in rows]))
    pictures = pixels.permute(0, 3, 1, 2).float().div_(255)  # stays channels last in memory
    return pictures, Targets(torch.from_numpy(boxes), torch.from_numpy(points), torch.from_numpy(kind))


def rate(progress: float, step: int, config: dict[str, Any]) -> float:
    """Learning rate: warm-up by steps, then cosine to zero by the clock."""
    warm = min(1.0, (step + 1) / config["warm_up_steps"])
    return float(config["learning_rate"] * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def follow(ema: nn.Module, net: nn.Module, keep: float) -> None:
    """Move the averaged weights and norms a step towards the network's."""
    with torch.no_grad():
        for a, b in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1 - keep)
            else:
                a.copy_(b)


def train(
    config: dict[str, Any],
    pack: Path,
    occluders: Path,
    out: Path,
    init: Path | None = None,
    mistakes: Sequence[Path] = (),
) -> None:
    """Run the schedule of the config; checkpoint, model and log go to `out`.

    `init`: safetensors with the averaged weights of an earlier run to start from. `mistakes`: the windows
    that training.hard_negatives wrote with it.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config["seed"])
    net = DetectorNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if init is not None:
        net.load_state_dict(load_file(init))
    ema = copy.deepcopy(net).eval()
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config["weight_decay"]}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-3,
    )
    step, spent = 0, 0.0
    if (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", weights_only=True)
        net.load_state_dict(saved["net"])
        ema.load_state_dict(saved["ema"])
        optimizer.load_state_dict(saved["optimizer"])
        step, spent = saved["step"], saved["seconds"]
    windows = np.concatenate([np.load(path)["windows"] for path in mistakes]) if mistakes else None
    composer = Composer(
        pack,
        occluders,
        config["size"],
        config["seed"] + step,
        mistakes=windows,
        set_weights=config.get("set_weights"),
    )
    feed = Feed(composer, config["batch"], config["fresh"], config["pool"])
    centres, strides = cells(config["size"], config["size"])
    budget, mean, evaluated = config["minutes"] * 60, dict[str, float](), spent
    clock = time.monotonic()
    net.train()
    while spent < budget:
        progress = spent / budget
        if progress > config["frozen_norm"]:
            for module in net.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        for group in optimizer.param_groups:
            group["lr"] = rate(progress, step, config)
        pictures, targets = feed()
        terms = detector_loss(
            net(pictures), targets, centres, strides, config["size"], tuple(config["weights"])
        )
        optimizer.zero_grad(set_to_none=True)
        terms["all"].backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimizer.step()
        follow(ema, net, min(config["ema"], (step + 1) / (step + 10)))
        step += 1
        for name, value in terms.items():
            mean[name] = 0.98 * mean.get(name, value.item()) + 0.02 * value.item()
        now = time.monotonic()
        spent, clock = spent + now - clock, now
        if step % 50 == 0 or spent >= budget:
            row = {"step": step, "minutes": round(spent / 60, 1), "images": step * config["batch"]}
            row |= {k: round(v, 4) for k, v in mean.items()}
            print(row, flush=True)
        if step % 250 == 0 or spent >= budget:
            torch.save(
                {
                    "net": net.state_dict(),
                    "ema": ema.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "step": step,
                    "seconds": spent,
                },
                out / "last.new",
            )
            (out / "last.new").rename(out / "last.pt")
            due = spent - evaluated >= config["evaluate_minutes"] * 60 or spent >= budget
            if due:
                evaluated = spent
                to_onnx(ema.state_dict(), out / "detector.onnx")
                row |= {k: round(v, 4) for k, v in evaluate(out / "detector.onnx", pack).items()}
                print(row, flush=True)
                append(out / "log.csv", row)


def append(path: Path, row: dict[str, float]) -> None:
    """One more line of the log."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).parent / "config.toml")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--occluders", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", type=Path, help="averaged weights of an earlier run, safetensors")
    parser.add_argument(
        "--mistakes", type=Path, nargs="+", default=(), help="windows of training.hard_negatives"
    )
    args = parser.parse_args()
    import tomllib  # Python 3.11; the network and loss are used by the tests on 3.10 too

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    config = tomllib.loads(args.config.read_text())
    train(config, args.pack, args.occluders, args.out, args.init, args.mistakes)


if __name__ == "__main__":
    main()
