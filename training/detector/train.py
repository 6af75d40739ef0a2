"""Train the detector on one core."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from training.detector.compose import Composer
from training.detector.evaluate import evaluate
from training.detector.export import to_onnx
from training.detector.feed import Feed
from training.detector.loss import detector_loss
from training.detector.network import DetectorNet, cells
from training.detector.settings import DetectorSettings
from training.loop.checkpoint import Average, part
from training.loop.cpu import prepare_cpu
from training.loop.loop import Loop
from training.loop.settings import load_settings
from training.options import Minutes, OccludersFolder, PackFolder, Resume, RunFolder

CONFIG = Path(__file__).parents[1] / "configs" / "detector" / "from_scratch.toml"
NETWORK = "detector.onnx"  # in the folder of the run, written before each evaluation


class DetectorTrainer:
    """One run: data, loss and the loop.

    Args:
        settings: of the run.
        pack: what `pack-detector` wrote.
        occluders: DATA/occluders.
        out: folder of the run.
        windows: (n, 5) round what an earlier state took for faces, as `hard-negatives` wrote them.
        init: averaged weights to start from.
        resume: continue from OUT/last.safetensors.
    """

    def __init__(
        self,
        settings: DetectorSettings,
        pack: Path,
        occluders: Path,
        out: Path,
        windows: NDArray[np.float64] | None = None,
        init: Path | None = None,
        resume: bool = False,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.pack = settings, pack
        network = DetectorNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loop: Loop[DetectorNet] = Loop(network, settings, out)
        if init is not None:
            tensors = load_file(init)
            network.load_state_dict(part(tensors, "average") or tensors)
            self.loop.average = Average(network, settings.average)
        if resume:
            self.loop.resume(out / "last.safetensors")
        seed = settings.seed + self.loop.progress.step
        composer = Composer(
            pack, occluders, settings.size, seed, windows=windows, set_weights=settings.set_weights
        )
        self.feed = Feed(composer, settings.batch, settings.fresh, settings.pool)
        self.centres, self.strides = cells(settings.size, settings.size)

    def step(self, share: float) -> dict[str, Tensor]:
        """Make one optimizer step at `share` of the run; the terms of the loss."""
        s = self.settings
        pictures, targets = self.feed()
        found = self.loop.network(pictures)
        terms = detector_loss(found, targets, self.centres, self.strides, s.size, s.weights)
        self.loop.optimize(terms["all"], share)
        return {name: value.detach() for name, value in terms.items()}

    def run(self) -> dict[str, float]:
        """Run to the settings' end; the last evaluation."""
        self.loop.network.train()
        return self.loop.run(self.step, self.report)

    def report(self) -> dict[str, float]:
        """Export the averaged network, evaluate it on held-out pictures and log it."""
        progress, path = self.loop.progress, self.loop.out / NETWORK
        to_onnx(self.loop.average.network.state_dict(), path)
        result = {k: round(v, 4) for k, v in evaluate(path, self.pack).items()}
        self.loop.log(step=progress.step, minutes=progress.seconds / 60, held_out=result)
        return result


def train_detector(
    pack: PackFolder,
    occluders: OccludersFolder,
    out: RunFolder,
    config: Annotated[Path, typer.Option(help="of training/configs/detector")] = CONFIG,
    init: Annotated[Path | None, typer.Option(help="averaged weights of an earlier run")] = None,
    windows: Annotated[list[Path] | None, typer.Option(help="what `hard-negatives` wrote")] = None,
    minutes: Minutes = None,
    resume: Resume = False,
) -> None:
    """Train the detector on composed pictures.

    The shipped weights went through from_scratch.toml, lower_rate.toml and finish.toml (then the mean of the
    last two), hard_negatives.toml, signs.toml and masked_people.toml; training/logs/detector has their logs.
    The score at which the SDK cuts, 0.5, gives 0.1 false alarms per held-out scene: a third of what is
    allowed, because those scenes hold less clutter than crowds in streets do.
    """
    prepare_cpu(1)
    cv2.setNumThreads(1)
    settings = load_settings(DetectorSettings, config, minutes=minutes)
    found = np.concatenate([np.load(path)["windows"] for path in windows]) if windows else None
    DetectorTrainer(settings, pack, occluders, out, found, init, resume).run()
