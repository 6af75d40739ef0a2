"""Which rows are drawn how often, and the statistics that normalise the labels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training.augmentation.augment import Augment, Jitter
from training.face_model.camera import rotation_from_vector
from training.shards.load import Shards


def row_weights(
    shards: Shards, rows: Tensor, set_weights: dict[str, float], yaw_boost: float, boost: Tensor
) -> Tensor:
    """Draw weight of each of `rows`: its set's, more for faces turned away and by `boost` (n,), all rows'."""
    by_set = np.array([set_weights.get(name, 1.0) for name in shards.sets])
    weight = torch.from_numpy(by_set[shards.set_index[rows.numpy()]]).float()
    rotvec = shards.labels["rotvec"][rows.to(shards.pictures.device)]
    forward = rotation_from_vector(rotvec)[:, :, 2]  # where the face frame's z, out of the face, points
    sideways = (forward[:, 0].abs() / torch.hypot(forward[:, 0], forward[:, 2]).clamp_min(1e-6)).cpu()
    out: Tensor = weight * (1 + yaw_boost * sideways + boost.cpu()[rows])
    return out


def label_statistics(augment: Augment, rows: Tensor, most: int = 8192) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the labels as training draws them; floors keep idle columns harmless."""
    generator = torch.Generator().manual_seed(0)
    device = augment.shards.pictures.device
    labelled = rows[(augment.shards.weight > 0).cpu()[rows]]
    picks = labelled[torch.randperm(len(labelled), generator=generator)[:most]]
    parts = []
    for chunk in torch.split(picks, 512):
        motion = augment.motion(len(chunk), Jitter())
        parts.append(augment.labels(chunk.to(device), *motion).target())
    target = torch.cat(parts)
    return target.mean(0), target.std(0).clamp_min(0.02)
