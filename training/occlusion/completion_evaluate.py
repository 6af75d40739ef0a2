"""How well contours and pictures are completed on held-out faces, by the covered share of the crop."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks.metrics.image_similarity import compare
from training.occlusion.completion_batches import CompletionBatch, CompletionBatches, dilate

SHARES = {"10_15": (0.10, 0.15), "20_30": (0.20, 0.30)}  # of the crop's pixels
SHEET_SHARE = "20_30"  # that sheets show
CHUNK = 16
ROUNDS = 12  # how often each held-out row is drawn at most
NEAR = 1  # px between a predicted contour and a true one
DRAWN = 0.5  # probability from which a contour counts
ROWS = 12  # of a sheet

Complete = Callable[[CompletionBatch], Tensor]


def held_out_batches(batches: CompletionBatches) -> dict[str, CompletionBatch]:
    """The same crops with the same cover at every call, by SHARES; a share that no cover has is left out."""
    generator = batches.augment.generator
    state = generator.get_state()
    generator.manual_seed(0)
    wanted = batches.settings.evaluate_rows
    found: dict[str, list[CompletionBatch]] = {name: [] for name in SHARES}
    order = torch.randperm(len(batches.held_rows), generator=torch.Generator().manual_seed(0))
    rows = batches.held_rows[order].repeat(ROUNDS)
    for chunk in torch.split(rows, CHUNK):
        batch = batches.covered(chunk, None)
        share = batch.mask.mean((1, 2, 3))
        for name, (low, high) in SHARES.items():
            found[name].append(batch.rows((share >= low) & (share <= high)))
        if all(sum(len(b.mask) for b in some) >= wanted for some in found.values()):
            break
    generator.set_state(state)
    joined = {name: CompletionBatch.join(some) for name, some in found.items()}
    return {
        name: batch.rows(torch.arange(min(wanted, len(batch.mask))))
        for name, batch in joined.items()
        if len(batch.mask)
    }


@torch.no_grad()
def contour_figures(contours: Complete, held: dict[str, CompletionBatch]) -> dict[str, float]:
    """Precision and recall of predicted contours inside the masks, to a pixel.

    Args:
        contours: probabilities (N, 1, S, S) of a batch.
        held: of `held_out_batches`.
    """
    out = {}
    for name, batch in held.items():
        made = (contours(batch) > DRAWN) & (batch.mask > 0)
        true = (batch.contours > 0) & (batch.mask > 0)
        near_true, near_made = (dilate(some.float(), NEAR) > 0 for some in (batch.contours > 0, made))
        out[f"precision_{name}"] = float((made & near_true).sum() / made.sum().clamp_min(1))
        out[f"recall_{name}"] = float((true & near_made).sum() / true.sum().clamp_min(1))
    return {key: round(value, 4) for key, value in out.items()}


@torch.no_grad()
def picture_figures(pictures: Complete, held: dict[str, CompletionBatch]) -> dict[str, float]:
    """PSNR in dB and windowed SSIM inside the masks and of the whole picture, means over the crops.

    Args:
        pictures: the network's picture (N, 3, S, S) of a batch.
        held: of `held_out_batches`.
    """
    out = {}
    for name, batch in held.items():
        whole = completed(batch, pictures(batch))
        rows = []
        for true, made, mask in zip(batch.photo, whole, batch.mask, strict=True):
            a, b = (picture.permute(1, 2, 0).cpu().numpy().astype(np.float64) for picture in (true, made))
            inside = mask[0].cpu().numpy() > 0
            parts = compare(a, b, inside), compare(a, b, np.ones_like(inside))
            rows.append([part[key] for part in parts for key in ("PSNR", "windowed SSIM")])
        means = np.array(rows).mean(0)
        for key, value in zip(("psnr", "ssim", "whole_psnr", "whole_ssim"), means, strict=True):
            out[f"{key}_{name}"] = round(float(value), 4)
    return out


def completed(batch: CompletionBatch, made: Tensor) -> Tensor:
    """The photo where it is seen, the network's picture (N, 3, S, S) where it is covered."""
    return torch.where(batch.mask > 0, made.clamp(0, 1), batch.photo)


def write_sheet(path: str, batch: CompletionBatch, contours: Tensor, pictures: Tensor | None) -> None:
    """Write a picture: covered, mask, true and predicted contours, and, where given, completed and true.

    Args:
        path: of a PNG file.
        batch: ROWS of it are drawn.
        contours: completed contours (N, 1, S, S).
        pictures: of the network (N, 3, S, S).
    """
    columns = [batch.seen * (1 - batch.mask) + 0.5 * batch.mask, batch.mask, batch.contours, contours]
    if pictures is not None:
        columns += [completed(batch, pictures), batch.photo]
    wide = torch.cat([column[:ROWS].expand(-1, 3, -1, -1) for column in columns], 3)
    tall = torch.cat(list(wide), 1).permute(1, 2, 0)
    cv2.imwrite(path, np.ascontiguousarray((tall.cpu().numpy()[..., ::-1] * 255).round().astype(np.uint8)))
