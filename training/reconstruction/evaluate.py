"""How well a network does on held-out rows: plain crops, no augmentation."""

from __future__ import annotations

import torch
from torch import Tensor

from training.augmentation.augment import Augment
from training.face_model.camera import project, rotation_from_six
from training.losses.fit import distance, mean_over
from training.networks.mobile_facernet import MobileFaceRNet


@torch.no_grad()
def evaluate(network: MobileFaceRNet, augment: Augment, rows: Tensor, size: int) -> dict[str, float]:
    """NME in per cent (equation 18) of the projected landmarks and of the soft-argmax points; pose; surface
    in mm; the area under the ROC curve of presence, where there are crops without a face."""
    if not len(rows):
        return {}
    face, parts = augment.face, network.preset.layout.slices()
    columns: dict[str, list[Tensor]] = {}
    errors: list[Tensor] = []
    expected: list[Tensor] = []
    told: list[Tensor] = []
    present: list[Tensor] = []
    for chunk in torch.split(rows, 64):
        batch = augment.draw(chunk, size, None, None)
        x, points, spread, presence = network(batch.crops.contiguous(memory_format=torch.channels_last))
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
            # Above 0: the face called unsure is the one with the larger error.
            labelled = known.sum(1) > 0
            errors.append((distance(seen, batch.points) * known).mean(1)[labelled])
            expected.append(spread.exp().mean(1)[labelled])
            told.append(presence[:, 0])
            present.append(batch.presence > 0)
        for name, value in values.items():
            columns.setdefault(name, []).append(value)
    joined = {name: torch.cat(value) for name, value in columns.items()}
    known, fitted = joined.pop("known"), joined.pop("fitted")
    result = {k: float(mean_over(v, known if v.ndim == 2 else fitted)) for k, v in joined.items()}
    if errors:
        result["sureness"] = rank_correlation(torch.cat(errors), torch.cat(expected))
        faces = torch.cat(present)
        if not faces.all():
            result["presence"] = area_under_curve(torch.cat(told), faces)
    return {k: round(v, 3) for k, v in result.items()}


def area_under_curve(values: Tensor, positive: Tensor) -> float:
    """Share of the pairs of a positive and a negative that the values put in the right order."""
    ranks = values.argsort().argsort()[positive].double() + 1
    ours, others = int(positive.sum()), int((~positive).sum())
    return float((ranks.sum() - ours * (ours + 1) / 2) / max(ours * others, 1))


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's correlation of two rows of numbers, ties in their order."""
    ranks = torch.stack([a.argsort().argsort(), b.argsort().argsort()]).float()
    return float(torch.corrcoef(ranks)[0, 1])
