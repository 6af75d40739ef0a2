"""Batches for N_cont and N_syn: bare faces, what covers them, and their true contours."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from training.augmentation.augment import Augment, Jitter
from training.occlusion.batches import hidden_points
from training.occlusion.completion_settings import PictureSettings
from training.occlusion.compose import cover
from training.occlusion.contours import contours_of, gray_of
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion

RIM = 3  # px: the occluder itself is left in the picture up to this far outside the mask
REACH = 5  # px: masks that keep to the face reach this far beyond its outline
DECIDED = 3  # hidden inner points from which a photo is no example of a bare face


@dataclass
class CompletionBatch:
    """Crops with what covers them."""

    photo: Tensor  # (N, 3, S, S) 0..1, the true picture
    seen: Tensor  # (N, 3, S, S) 0..1, the same with the occluder, where N_mask may leave a rim of it
    mask: Tensor  # (N, 1, S, S) 0 or 1
    gray: Tensor  # (N, 1, S, S) of `photo`
    contours: Tensor  # (N, 1, S, S) 0 or 1, of `photo`
    seen_contours: Tensor  # the same of `seen`: where covered, and beside it, those of the occluder

    def rows(self, chosen: Tensor) -> CompletionBatch:
        """Some crops of the batch."""
        return CompletionBatch(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def join(batches: list[CompletionBatch]) -> CompletionBatch:
        """Batches after one another."""
        return CompletionBatch(
            *(torch.cat([getattr(b, field.name) for b in batches]) for field in fields(CompletionBatch))
        )


class CompletionBatches:
    """Draws batches from faces without real cover."""

    def __init__(
        self, augment: Augment, region: FaceRegion, occluders: Occluders, settings: PictureSettings, side: int
    ) -> None:
        self.augment, self.region, self.occluders = augment, region, occluders
        self.settings, self.side = settings, side
        shards = augment.shards
        hidden, _ = hidden_points(shards.points_weight)
        bare = ((shards.weight > 0) & (hidden.sum(1) < DECIDED)).cpu()
        train, held = shards.split(settings.held_out)
        self.train_rows, self.held_rows = train[bare[train]], held[bare[held]]

    def draw(self) -> CompletionBatch:
        """One training batch."""
        s, generator = self.settings, self.augment.generator
        picks = torch.randint(len(self.train_rows), (s.batch,), generator=generator, device=generator.device)
        return self.covered(self.train_rows[picks.cpu()], s.jitter)

    def covered(self, rows: Tensor, jitter: Jitter | None) -> CompletionBatch:
        """Rows of the shards behind occluders; without `jitter` plain crops."""
        s, generator = self.settings, self.augment.generator
        batch = self.augment.draw(rows, self.side, jitter, s.photometry if jitter is not None else None)
        photo = batch.crops
        region = self.region.mask(batch, self.side)
        before = photo.clone()
        exact = cover(before, batch.points, region, self.occluders, s.mixture, generator)
        mask = widen(exact, s.widen, generator)
        face = dilate(region.float(), REACH) > 0
        within = torch.rand(len(rows), 1, 1, 1, generator=generator, device=mask.device) < s.within_face
        mask = mask & (face | ~within)
        rim = dilate(mask.float(), RIM) > 0
        gray = gray_of(photo)
        seen = torch.where(rim, before, photo)
        return CompletionBatch(
            photo=photo,
            seen=seen,
            mask=mask.float(),
            gray=gray,
            contours=contours_of(gray),
            seen_contours=contours_of(gray_of(seen)),
        )


def dilate(mask: Tensor, reach: int) -> Tensor:
    """Largest value of a mask (N, 1, S, S) within `reach` px in each direction."""
    out: Tensor = F.max_pool2d(mask, 2 * reach + 1, 1, reach)
    return out


def widen(mask: Tensor, most: int, generator: Generator) -> Tensor:
    """Masks (N, 1, S, S) bool widened by 1 to `most` px each: what N_mask gives is not exact either."""
    reach = torch.randint(1, most + 1, (len(mask),), generator=generator, device=mask.device)
    out = mask.clone()
    for px in range(1, most + 1):
        rows = reach == px
        if rows.any():
            out[rows] = dilate(mask[rows].float(), px) > 0
    return out
