"""Which pixels of a training crop show the face: the fitted mesh's outline, by splatting its vertices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from facesdk.reference.occlusion import CELLS, CLOSING, above_jaw
from training.augmentation.augment import Batch
from training.face_model.camera import project
from training.face_model.linear_face import load_linear_face, read_shapes

WINDOW = 2 * CLOSING + 1  # cells
SEED = 11


class FaceRegion:
    """Rows of the linear face model for a random sample of its control vertices above the jaw."""

    def __init__(self, face_model: Path, count: int = 4000, device: torch.device | str = "cpu") -> None:
        shapes = read_shapes(face_model)
        jaw = load_linear_face(face_model).landmark_mean[:17].numpy()
        usable = np.flatnonzero(above_jaw(shapes.mean, jaw))
        chosen = np.random.default_rng(SEED).permutation(usable)[:count]
        basis = np.concatenate([shapes.identity[:, chosen], shapes.expression[:, chosen]])
        self.mean = torch.from_numpy(shapes.mean[chosen]).to(device)  # (M, 3)
        self.basis = torch.from_numpy(basis.reshape(len(basis), -1)).to(device)  # (n_id + n_exp, 3 M)

    def mask(self, batch: Batch, side: int) -> Tensor:
        """Region of the face (N, 1, side, side) bool in the batch's crops."""
        coefficients = torch.cat([batch.alpha, batch.delta], 1)
        verts = self.mean + (coefficients @ self.basis).view(len(coefficients), -1, 3)
        return closed_splats(project(verts, batch.rotation, batch.m), side)


def closed_splats(points: Tensor, side: int) -> Tensor:
    """Points (N, M, 2) in crop sides from the centre -> the filled area (N, 1, side, side) bool."""
    cell = ((points + 0.5) * CELLS).floor().long()
    inside = ((cell >= 0) & (cell < CELLS)).all(2)
    index = torch.where(inside, cell[..., 1] * CELLS + cell[..., 0], 0)
    hits = torch.zeros(len(points), CELLS * CELLS, device=points.device)
    hits.scatter_add_(1, index, inside.float())
    filled = (hits > 0).float().view(-1, 1, CELLS, CELLS)
    # Closing: dilate, then erode; replicated edges keep faces that the crop cuts.
    pad = CLOSING
    filled = F.max_pool2d(F.pad(filled, (pad,) * 4, mode="replicate"), WINDOW, 1)
    filled = -F.max_pool2d(F.pad(-filled, (pad,) * 4, mode="replicate"), WINDOW, 1)
    out: Tensor = F.interpolate(filled, size=side, mode="bilinear") > 0.5
    return out


def forehead(points: Tensor, side: int) -> Tensor:
    """Pixels above the brows (N, 1, side, side) bool: hair there is unlabelled in most sets.

    Args:
        points: landmarks (N, 68, 2) in crop sides from the centre.
        side: px of the crop.
    """
    up = points[:, 36:48].mean(1) - points[:, 48:68].mean(1)
    up = up / up.norm(dim=1, keepdim=True).clamp_min(1e-6)
    brows = (points[:, 17:27] * up[:, None]).sum(2).amax(1)
    t = (torch.arange(side, device=points.device) + 0.5) / side - 0.5
    height = up[:, 0, None, None] * t[None, None, :] + up[:, 1, None, None] * t[None, :, None]
    above: Tensor = (height > brows[:, None, None])[:, None]
    return above
