"""Which pixels of a training crop show the face: the fitted mesh's outline, by splatting its vertices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training.augmentation.augment import Batch
from training.face_model.camera import project
from training.face_model.linear_face import load_linear_face, read_shapes

GRID = 44  # cells per crop side that vertices are splatted into
CLOSING = 5  # cells; gaps between splatted vertices are smaller
JAW_MARGIN = 1.03  # the neutral jaw's outline, widened by this, parts the face from the neck
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


def above_jaw(verts: NDArray[np.floating[Any]], jaw: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Vertices (C, 3) mm of the neutral face that, seen from the front, lie above its jaw line (17, 3)."""
    middle = jaw[[0, 16]].mean(0)
    line = middle + JAW_MARGIN * (jaw - middle)
    order = np.argsort(line[:, 0])
    lowest = np.interp(verts[:, 0], line[order, 0], line[order, 1], left=middle[1], right=middle[1])
    return np.asarray(verts[:, 1] >= lowest)


def closed_splats(points: Tensor, side: int) -> Tensor:
    """Points (N, M, 2) in crop sides from the centre -> the filled area (N, 1, side, side) bool."""
    cell = ((points + 0.5) * GRID).floor().long()
    inside = ((cell >= 0) & (cell < GRID)).all(2)
    index = torch.where(inside, cell[..., 1] * GRID + cell[..., 0], 0)
    hits = torch.zeros(len(points), GRID * GRID, device=points.device)
    hits.scatter_add_(1, index, inside.float())
    filled = (hits > 0).float().view(-1, 1, GRID, GRID)
    # Closing: dilate, then erode; replicated edges keep faces that the crop cuts.
    pad = CLOSING // 2
    filled = F.max_pool2d(F.pad(filled, (pad,) * 4, mode="replicate"), CLOSING, 1)
    filled = -F.max_pool2d(F.pad(-filled, (pad,) * 4, mode="replicate"), CLOSING, 1)
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
