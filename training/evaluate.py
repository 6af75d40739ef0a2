"""How well a network does on held-out rows: plain crops, no augmentation."""

from __future__ import annotations

import torch
from torch import Tensor

from training.augment import Augment
from training.camera import project, rotation_from_six
from training.losses.fit import distance, mean_over
from training.networks.mobile_facernet import MobileFaceRNet


@torch.no_grad()
def evaluate(network: MobileFaceRNet, augment: Augment, rows: Tensor, size: int) -> dict[str, float]:
    """NME in per cent (equation 18) of the projected landmarks and of the soft-argmax points; pose; surface
    in mm."""
    if not len(rows):
        return {}
    face, parts = augment.face, network.preset.layout.slices()
    columns: dict[str, list[Tensor]] = {}
    for chunk in torch.split(rows, 64):
        batch = augment.draw(chunk, size, None, None)
        x, points = network(batch.crops.contiguous(memory_format=torch.channels_last))
        rotation = rotation_from_six(x[:, parts["R"]])
        delta = x[:, parts["delta"]].clamp(0, 1)
        seen = project(face.landmarks(x[:, parts["alpha"]], delta), rotation, x[:, parts["m"]])
        box = (batch.points.amax(1) - batch.points.amin(1)).prod(1).sqrt()[:, None]
        known = (batch.points_weight > 0).float()
        offsets = face.sample_offsets(x[:, parts["alpha"]] - batch.alpha, delta - batch.delta)
        cosine = ((rotation * batch.rotation).sum((1, 2)) - 1) / 2
        values = {
            "landmarks": 100 * distance(seen, batch.points) / box,
            "known": known,
            "degrees": torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))),
            "surface_mm": distance(offsets, torch.zeros_like(offsets)).mean(1),
            "fitted": batch.weight,
        }
        if points.shape[1]:
            values["points"] = 100 * distance(points, batch.points) / box
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    joined = {name: torch.cat(value) for name, value in columns.items()}
    known, fitted = joined.pop("known"), joined.pop("fitted")
    return {k: round(float(mean_over(v, known if v.ndim == 2 else fitted)), 3) for k, v in joined.items()}
