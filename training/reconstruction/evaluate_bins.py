"""Landmark error of checkpoints on held-out rows by set and by yaw: plain crops, averaged weights.

Per cent of the square root of the area of the landmarks' box (equation 18 of paper 1): `inner` over points
17 to 67 that an annotator saw, `all` over every labelled point, of the projected mesh and (`maps`) of the
soft-argmax output; rotation in degrees.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor

from training.augmentation.augment import Augment
from training.face_model.camera import project, rotation_from_six
from training.face_model.linear_face import load_linear_face
from training.loop.cpu import prepare_cpu
from training.losses.fit import distance
from training.networks.mobile_facernet import MobileFaceRNet
from training.options import FACE_MODEL, ShardsFolder
from training.reconstruction.checkpoints import load_average
from training.shards.load import Shards, load_shards

YAW_BINS_DEG = ((0, 15), (15, 30), (30, 45), (45, 60), (60, 90.1))
SEEN = 0.9  # landmarks of at least this weight were seen by an annotator, or belong to fitted photos


@dataclass
class Errors:
    """Per face: errors in per cent of the box, rotation in degrees, |yaw| of the label in degrees."""

    inner: NDArray[np.float32]
    every: NDArray[np.float32]
    maps: NDArray[np.float32]
    degrees: NDArray[np.float32]
    yaw: NDArray[np.float32]

    def row(self, which: NDArray[np.bool_]) -> dict[str, float]:
        """Means over some faces, the median of `inner` and the share of gross failures beside them."""
        inner = self.inner[which]
        return {
            "faces": int(which.sum()),
            "inner": round(float(inner.mean()), 3),
            "median": round(float(np.median(inner)), 3),
            "over_10": round(float((inner > 10).mean()), 4),
            "all": round(float(self.every[which].mean()), 3),
            "maps": round(float(self.maps[which].mean()), 3),
            "degrees": round(float(self.degrees[which].mean()), 2),
        }


def yaw_deg(rotation: Tensor) -> Tensor:
    """|yaw| (N,) in degrees, 0 to 90, of rotations (N, 3, 3): how far the face's forward axis turns aside."""
    forward = rotation[:, :, 2]
    return torch.rad2deg(torch.atan2(forward[:, 0].abs(), forward[:, 2].abs()))


@torch.no_grad()
def errors_of(network: MobileFaceRNet, augment: Augment, rows: Tensor, size: int) -> Errors:
    """Errors of every face of `rows`; rows without labels must not be among them."""
    face, parts = augment.face, network.preset.layout.slices()
    found: list[list[Tensor]] = []
    for chunk in torch.split(rows, 64):
        batch = augment.draw(chunk, size, None, None)
        x, points, _, _ = network(batch.crops.contiguous(memory_format=torch.channels_last))
        rotation = rotation_from_six(x[:, parts["R"]])
        mesh = face.landmarks(x[:, parts["alpha"]], x[:, parts["delta"]].clamp(0, 1))
        seen = project(mesh, rotation, x[:, parts["m"]])
        box = (batch.points.amax(1) - batch.points.amin(1)).prod(1).sqrt()[:, None]
        inner = (batch.points_weight > SEEN).float()
        inner[:, :17] = 0
        known = (batch.points_weight > 0).float()
        cosine = ((rotation * batch.rotation).sum((1, 2)) - 1) / 2
        off_by = 100 * distance(seen, batch.points) / box

        def mean(values: Tensor, weight: Tensor) -> Tensor:
            return (values * weight).sum(1) / weight.sum(1).clamp_min(1)

        maps = 100 * distance(points, batch.points) / box if points.shape[1] else off_by
        found.append([
            mean(off_by, inner), mean(off_by, known), mean(maps, inner),
            torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))), yaw_deg(batch.rotation),
        ])  # fmt: skip
    return Errors(*(torch.cat(column).numpy() for column in zip(*found, strict=True)))


def labelled_rows(shards: Shards, held_out: float, all_rows: bool) -> Tensor:
    """Rows to judge by: the held-out ones that have a fit and at least eight visible inner points."""
    rows = torch.arange(len(shards)) if all_rows else shards.split(held_out)[1]
    seen = (shards.points_weight[rows, 17:] > SEEN).sum(1) >= 8
    return rows[(shards.weight[rows] > 0) & seen]


def table(errors: Errors, sets: NDArray[np.int64], names: list[str]) -> dict[str, dict[str, float]]:
    """Rows for everything, each set, and each span of yaw within each set."""
    out = {"all": errors.row(np.ones(len(sets), bool))}
    for low, high in YAW_BINS_DEG:
        which = (errors.yaw >= low) & (errors.yaw < high)
        if which.any():
            out[f"all {low}-{int(high)}"] = errors.row(which)
    for index, name in enumerate(names):
        mine = sets == index
        if mine.any():
            out[name] = errors.row(mine)
        for low, high in YAW_BINS_DEG:
            which = mine & (errors.yaw >= low) & (errors.yaw < high)
            if which.sum() >= 10 and len(names) < 4:
                out[f"{name} {low}-{int(high)}"] = errors.row(which)
    return out


def evaluate_checkpoints(
    shards_folder: ShardsFolder,
    checkpoints: Annotated[list[Path], typer.Argument(help="of the reconstruction network")],
    all_rows: Annotated[
        bool, typer.Option("--all-rows", help="the folder holds held-out faces only")
    ] = False,
    held_out: Annotated[float, typer.Option(help="share, as the run's settings say")] = 0.03,
    size: Annotated[int, typer.Option(help="side of the crops, px")] = 96,
    out: Annotated[Path | None, typer.Option(help="JSON file for the tables")] = None,
) -> None:
    """Tabulate the landmark error of checkpoints by set and by yaw."""
    prepare_cpu(1)
    shards = load_shards(shards_folder)
    augment = Augment(shards, load_linear_face(FACE_MODEL))
    rows = labelled_rows(shards, held_out, all_rows)
    results = {}
    for path in checkpoints:
        network = load_average(path).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        errors = errors_of(network, augment, rows, size)
        results[path.name] = table(errors, shards.set_index[rows.numpy()], shards.sets)
        print(path.name)
        for name, row in results[path.name].items():
            print(f"  {name:22s} " + "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    if out is not None:
        out.write_text(json.dumps(results, indent=1) + "\n")
