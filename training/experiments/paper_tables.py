"""Tables 4 to 7 of paper 1 with short runs: which trunk, and what the units and the attention bring."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Annotated

import typer

from facesdk.morphable.face_model import FaceModel
from training.experiments.depth_error import measure
from training.loop.cpu import prepare_cpu
from training.networks.count import multiply_adds, parameters
from training.options import FACE_MODEL, Device, FaceModelFile, ShardsFolder, Threads, choose_device
from training.reconstruction.checkpoints import load_average
from training.reconstruction.evaluate import evaluate
from training.reconstruction.settings import Settings
from training.reconstruction.train import Trainer
from training.shards.load import Shards, load_shards

SIZE = 64
TRUNKS = ("resnet50", "densenet121", "mobilenet_v2", "paper_without_attention", "paper")
PARTS = {
    "neither": "mobilenet_v2",
    "attention": "paper_without_units",
    "units": "paper_without_attention",
    "both": "paper",
}
SETTINGS = Settings(
    preset="paper", batch=64, learning_rate=2e-3, warmup_steps=100, average=0.99, sizes=((0.0, SIZE),),
    evaluate_minutes=1e9, set_weights={"nothing": 0.0, "crowd": 0.0},
)  # fmt: skip
FORMS = tuple(dict.fromkeys([*TRUNKS, *PARTS.values()]))
RENDERED = 128
"""Held-out faces that are rendered for SIDE and MAD."""


def steps_in(shards: Shards, minutes: float, face_model: Path, out: Path, device: str) -> int:
    """How many steps the slowest form makes in `minutes`."""
    slowest = 0.0
    for name in TRUNKS[:2]:
        settings = dataclasses.replace(SETTINGS, preset=name, steps=10)
        trainer = Trainer(shards, settings, out / "speed", face_model, device)
        trainer.network.train()
        trainer.step(0.0)
        start = time.perf_counter()
        for _ in range(3):
            trainer.step(0.0)
        slowest = max(slowest, (time.perf_counter() - start) / 3)
    return max(1, int(60 * minutes / slowest))


def run(shards: Shards, name: str, steps: int, face_model: Path, out: Path, device: str) -> dict[str, float]:
    """Train one form and measure it on held-out people."""
    settings = dataclasses.replace(SETTINGS, preset=name, steps=steps)
    trainer = Trainer(shards, settings, out / name, face_model, device)
    last = out / name / "last.safetensors"
    if last.exists():
        trainer.resume(last)
    trainer.run()
    network = load_average(out / name / "final.safetensors").to(device)
    rows = trainer.held_rows
    lit = (shards.light_weight.cpu()[rows] > 0).nonzero()[:, 0]
    figures = {
        "parameters": parameters(network) / 1e6,
        "gmac": multiply_adds(network, network.preset.input_size) / 1e9,
    }
    figures["nme"] = evaluate(network, trainer.augment, rows, SIZE)["landmarks"]
    figures |= measure(network, trainer.augment, rows[lit[:RENDERED]], FaceModel.load(face_model))
    figures["crops"] = trainer.loop.progress.images
    return figures


def show(results: dict[str, dict[str, float]]) -> None:
    """Print the tables."""
    print("Table 4: trunks of the same recipe and budget, NME in per cent on held-out people")
    print(f"  {'':26s}{'M parameters':>13s}{'GMAC':>8s}{'NME':>8s}{'crops':>10s}")
    for name in [name for name in TRUNKS if name in results]:
        r = results[name]
        print(f"  {name:26s}{r['parameters']:13.2f}{r['gmac']:8.3f}{r['nme']:8.3f}{r['crops']:10.0f}")
    print("Tables 5 to 7: what the units (multi-scale) and the attention bring, rendered faces")
    print(f"  {'':12s}{'E shape':>9s}{'E tex':>8s}{'E exp':>8s}{'SIDE x100':>11s}{'MAD deg':>9s}{'NME':>8s}")
    for title, name in [(title, name) for title, name in PARTS.items() if name in results]:
        r = results[name]
        print(
            f"  {title:12s}{r['shape']:9.3f}{r['texture']:8.3f}{r['expression']:8.3f}"
            f"{r['side']:11.3f}{r['mad']:9.2f}{r['nme']:8.3f}"
        )


def paper_tables(
    shards_folder: ShardsFolder,
    out: Annotated[Path, typer.Option(help="folder of the runs")],
    minutes: Annotated[float, typer.Option(help="of training for the slowest form")] = 5.0,
    steps: Annotated[int | None, typer.Option(help="overrides --minutes: the same on any machine")] = None,
    forms: Annotated[list[str] | None, typer.Option(help=f"only these of {', '.join(FORMS)}")] = None,
    face_model: FaceModelFile = FACE_MODEL,
    device: Device = "",
    threads: Threads = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
) -> None:
    """Train the forms of the paper's Tables 4 to 7 by one short recipe and print the tables.

    Every form is trained from scratch by the same recipe for the same number of crops, at the paper's 64 x 64
    and with its pool; MINUTES is what the slowest one takes, and what it sees the others see, too. A stopped
    run goes on where it was. Short runs rank forms that learn fast before those that end better: the tables
    say how many crops were seen.
    """
    prepare_cpu(threads)
    device = choose_device(device)
    unknown = sorted(set(forms or ()) - set(FORMS))
    if unknown:
        raise typer.BadParameter(f"forms: got {', '.join(unknown)}, expected some of {', '.join(FORMS)}")
    shards = load_shards(shards_folder, device, max(threads, 2))
    count = steps or steps_in(shards, minutes, face_model, out, device)
    results = {n: run(shards, n, count, face_model, out, device) for n in forms or FORMS}
    show(results)
    if json_file:
        json_file.write_text(json.dumps(results, indent=1) + "\n")
