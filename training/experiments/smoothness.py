"""What the smoothness loss does (paper 1, equation 16 and figure 7): FC_shape and FC_texture trained on, with
it and without it, from one network.

Only the rows of the last layer that give identity and albedo move; the label losses stay. Smoothness is
equation 16 of the mesh, in mm2, and of its albedo; the picture has photos and their three meshes.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor

from facesdk.morphable.face_model import FaceModel
from training.experiments.depth_error import Pose, draw
from training.face_model.render import ControlFace
from training.loop.cpu import prepare_cpu
from training.loop.loop import freeze_norms
from training.losses.paper import PaperWeights
from training.losses.surface import smoothness_loss
from training.networks.mobile_facernet import MobileFaceRNet
from training.options import FACE_MODEL, FaceModelFile, RunFolder, ShardsFolder
from training.reconstruction.evaluate import evaluate
from training.reconstruction.settings import Settings
from training.reconstruction.train import Trainer
from training.shards.load import Shards, load_shards

Picture = NDArray[np.uint8]
SIZE, SEEN, SHOWN, PX = 96, 128, 5, 200
WEIGHT = 50.0  # the paper's
RENDERED = 8
SETTINGS = Settings(batch=32, learning_rate=3e-4, warmup_steps=20, average=0.95, sizes=((0.0, SIZE),))


def tuned(
    shards: Shards, init: Path, steps: int, weight: float, face_model: Path, out: Path
) -> tuple[Trainer, MobileFaceRNet]:
    """The network with its identity and albedo trained on under `weight` times equation 16."""
    paper = PaperWeights(smooth=weight, photo_from_epoch=0.0, rendered=RENDERED if weight else 0)
    trainer = Trainer(shards, dataclasses.replace(SETTINGS, steps=steps, paper=paper), out, face_model, "cpu")
    trainer.start_from(init)
    parts = trainer.network.preset.layout.slices()
    for parameter in trainer.network.parameters():
        parameter.requires_grad_(False)
    output = list(trainer.network.head.output.parameters())
    for parameter in output:
        moves = torch.zeros(len(parameter))
        moves[parts["alpha"]] = moves[parts["beta"]] = 1.0
        parameter.requires_grad_(True)
        keep = moves.view(-1, *[1] * (parameter.ndim - 1))
        parameter.register_hook(functools.partial(torch.mul, keep))  # type: ignore[no-untyped-call]
    # AdamW would move the other rows too: they decay without a gradient.
    trainer.loop.optimizer = torch.optim.Adam(output, lr=SETTINGS.learning_rate)
    trainer.network.train()
    freeze_norms(trainer.network)
    for step in range(steps):
        trainer.step(step / steps)
    return trainer, trainer.loop.average.network


@torch.no_grad()
def coefficients(trainer: Trainer, network: MobileFaceRNet, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Plain crops (n, 3, S, S) of the rows, and what the network says of them (n, K)."""
    batch = trainer.augment.draw(rows, SIZE, None, None)
    x = network.eval()(batch.crops.contiguous(memory_format=torch.channels_last))[0]
    return batch.crops, x


def figures(
    trainer: Trainer, network: MobileFaceRNet, control: ControlFace, rows: Tensor
) -> dict[str, float]:
    """Equation 16 of shape and albedo, and NME, on held-out rows."""
    parts = network.preset.layout.slices()
    x = coefficients(trainer, network, rows)[1]
    verts = control.verts(x[:, parts["alpha"]], x[:, parts["delta"]].clamp(0, 1))
    albedo = control.albedo(x[:, parts["beta"]])
    return {
        "shape_mm2": float(smoothness_loss(verts, control.adj_ptr, control.adj_idx)),
        "albedo": float(smoothness_loss(albedo, control.adj_ptr, control.adj_idx)),
        "nme": evaluate(network, trainer.augment, trainer.held_rows, SIZE)["landmarks"],
    }


def meshes(model: FaceModel, x: Tensor, network: MobileFaceRNet) -> list[Picture]:
    """Each face as a gray mesh under one light, from the front, uint8 BGR."""
    parts = network.preset.layout.slices()
    frontal = Pose(np.diag([1, -1, -1]).astype(np.float32), np.zeros(3, np.float32))
    light = np.zeros((9, 3), np.float32)
    light[0], light[1], light[2] = 2.0, -1.0, -1.0
    gray = np.zeros(model.n_tex, np.float32)
    out = []
    for row in x.numpy():
        identity, expression = row[parts["alpha"]], row[parts["delta"]].clip(0, 1)
        drawn = draw(model, identity, expression, frontal, PX, (gray, light)).color
        out.append((drawn[..., ::-1] * 255).astype(np.uint8))
    return out


def smoothness(
    shards_folder: ShardsFolder,
    init: Annotated[Path, typer.Option(help="averaged weights to start from")],
    out: RunFolder,
    steps: Annotated[int, typer.Option(help="of each of the two runs")] = 200,
    face_model: FaceModelFile = FACE_MODEL,
    picture: Annotated[Path | None, typer.Option(help="PNG file for photos and meshes")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
) -> None:
    """Measure what equation 16 does to shape and albedo (figure 7)."""
    prepare_cpu(1)
    shards = load_shards(shards_folder, "cpu", 2)
    control, model = ControlFace.load(face_model), FaceModel.load(face_model)
    results: dict[str, dict[str, float]] = {}
    columns: list[list[Picture]] = []
    runs = (("before", 0, 0.0), ("without", steps, 0.0), ("with", steps, WEIGHT))
    for title, count, weight in runs:
        trainer, network = tuned(shards, init, count, weight, face_model, out / title)
        lit = (shards.light_weight.cpu()[trainer.held_rows] > 0).nonzero()[:, 0]
        rows = trainer.held_rows[lit[:SEEN]]
        results[title] = figures(trainer, network, control, rows)
        crops, x = coefficients(trainer, network, rows[:SHOWN])
        if not columns:
            photos = (crops.permute(0, 2, 3, 1).numpy()[..., ::-1] * 255).astype(np.uint8)
            columns.append([np.asarray(cv2.resize(photo, (PX, PX))) for photo in photos])
        columns.append(meshes(model, x, network))
    print("Figure 7: FC_shape and FC_texture trained on with and without equation 16")
    print(f"  {'':10s}{'shape mm2':>11s}{'albedo':>11s}{'NME':>8s}")
    for title, row in results.items():
        print(f"  {title:10s}{row['shape_mm2']:11.5f}{row['albedo']:11.6f}{row['nme']:8.3f}")
    if picture:
        cv2.imwrite(str(picture), np.hstack([np.vstack(column) for column in columns]))
    if json_file:
        json_file.write_text(json.dumps(results, indent=1) + "\n")
