"""Which cells answer for which face, and the loss on them.

Assignment: for each face the few cells near its centre whose prediction costs least (score and overlap),
as many as their overlaps add up to (SimOTA, Ge et al. 2021). Score: quality focal loss, the target being
the overlap itself (Li et al. 2020), so that of two boxes on a face the better one wins. Box: DIoU.
Points: L1 over the face's size. Unsure faces and points that nobody labelled carry no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training.detector.network import decode

Array = NDArray[Any]
REACH = {8: (0.0, 88.0), 16: (28.0, 190.0), 32: (64.0, 1e9)}  # face sizes (px) each stride may answer for
CANDIDATES = 8


@dataclass
class Targets:
    """Faces of a batch, padded: boxes (B, G, 4) x0 y0 x1 y1; points (B, G, 5, 2) NaN where unknown;
    kind (B, G): 1 face, 0 no loss here, -1 padding."""

    boxes: Tensor
    points: Tensor
    kind: Tensor


def _near(middle: Array, reach: Array, side: int, stride: int) -> NDArray[np.bool_]:
    """Cells (B, G, cells of one stride) within `reach` (B, G, 2) of `middle` (B, G, 2), both axes."""
    at = np.arange(side // stride, dtype=np.float32) * stride + (stride - 1) / 2
    near = np.abs(at - middle[..., None]) < reach[..., None]
    both: NDArray[np.bool_] = near[:, :, 1, :, None] & near[:, :, 0, None, :]
    return both.reshape(*middle.shape[:2], -1)


def _rank(group: NDArray[np.int64], value: Array) -> NDArray[np.int64]:
    """Place of each element among those of its group, the smallest value first."""
    order = np.lexsort((value, group))
    ordered = group[order]
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return rank


def assign(
    logits: Tensor, boxes: Tensor, targets: Targets, side: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The face each cell answers for (B, A), -1 for none, and the cells without any loss (B, A).

    In NumPy over the few pairs of face and near cell: the dense form costs as much as the network.
    """
    true, kind = targets.boxes.numpy(), targets.kind.numpy()
    middle = (true[..., :2] + true[..., 2:]) / 2
    extent = true[..., 2:] - true[..., :2]
    size = np.sqrt(np.maximum(extent.prod(-1), 1e-6))
    allowed, silent = [], []
    for stride, (low, high) in REACH.items():
        reach = np.maximum(1.25 * stride, np.minimum(0.3 * size, 2.5 * stride))
        reach = np.where((kind == 1) & (size >= low) & (size < high), reach, -1)
        allowed.append(_near(middle, np.stack([reach, reach], -1), side, stride))
        silent.append(_near(middle, np.where((kind == 0)[..., None], extent / 2, -1), side, stride).any(1))
    batch, face, cell = np.nonzero(np.concatenate(allowed, 2))
    box, score = boxes.detach().numpy()[batch, cell], logits.detach().numpy()[batch, cell]
    target = true[batch, face]
    inter = np.minimum(box[:, 2:], target[:, 2:]) - np.maximum(box[:, :2], target[:, :2])
    common = np.maximum(inter, 0).prod(1)
    union = (box[:, 2:] - box[:, :2]).prod(1) + (target[:, 2:] - target[:, :2]).prod(1) - common
    iou = common / np.maximum(union, 1e-6)
    cost = np.logaddexp(0, -score) - 3 * np.log(iou + 1e-4)
    group = batch * true.shape[1] + face
    top = np.where(_rank(group, -iou) < CANDIDATES, iou, 0)
    count = np.maximum(1, np.bincount(group, top, minlength=kind.size).astype(np.int64))
    taken = np.flatnonzero(_rank(group, cost) < count[group])
    taken = taken[np.argsort(-cost[taken], kind="stable")]  # the cheapest is written last and stays
    owner = np.full(logits.shape, -1, np.int64)
    owner[batch[taken], cell[taken]] = face[taken]
    return owner, np.concatenate(silent, 1) & (owner < 0)


def diou_loss(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """1 - DIoU of paired boxes (n, 4), and their IoU."""
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    union = (a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - inter
    iou = inter / union.clamp(min=1e-6)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    apart = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    return 1 - iou + apart.square().sum(-1) / hull.square().sum(-1).clamp(min=1e-6), iou


def detector_loss(
    raw: Tensor,
    targets: Targets,
    centres: Tensor,
    strides: Tensor,
    side: int,
    weights: tuple[float, float, float] = (1.0, 2.0, 4.0),
) -> dict[str, Tensor]:
    """Score, box and points terms, each per matched cell, and their weighted sum as "all"."""
    logits, boxes, points = decode(raw, centres, strides)
    owner, silent = assign(logits, boxes, targets, side)
    where = np.nonzero(owner >= 0)
    batch, cell, face = (torch.from_numpy(a) for a in (*where, owner[where]))
    count = max(1, len(batch))
    true_box, true_points = targets.boxes[batch, face], targets.points[batch, face]
    box_loss, iou = diou_loss(boxes[batch, cell], true_box)
    quality = torch.zeros_like(logits)
    quality[batch, cell] = iou.detach().clamp(0, 1)
    focus = (quality - logits.sigmoid()).abs().square().detach()
    score = F.binary_cross_entropy_with_logits(logits, quality, reduction="none") * focus
    score = (score * ~torch.from_numpy(silent)).sum()
    size = (true_box[:, 2:] - true_box[:, :2]).prod(-1).clamp(min=1).sqrt()
    known = torch.isfinite(true_points)
    miss = (points[batch, cell] - torch.nan_to_num(true_points)).abs() / size[:, None, None]
    point_loss = (F.smooth_l1_loss(miss, torch.zeros_like(miss), beta=0.05, reduction="none") * known).sum()
    terms = {
        "score": score / count,
        "box": box_loss.sum() / count,
        "points": point_loss / known.sum().clamp(min=1),
    }
    terms["all"] = sum((w * t for w, t in zip(weights, terms.values(), strict=True)), raw.new_zeros(()))
    terms["iou"] = iou.detach().sum() / count
    return terms
