"""Batches for N_mask: synthetic cover on fitted photos, hand-made pixel maps, hidden landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.augmentation.augment import Augment, Jitter, places, resample
from training.datasets.face_sets import HAND_POINT_SETS
from training.networks.mask_net import MASK_SIDE
from training.occlusion.assets import COVERED, IGNORE, OcclusionAssets
from training.occlusion.compose import Mixture, cover
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion, forehead
from training.occlusion.settings import MaskSettings
from training.shards.load import Shards

SEEN, HIDDEN = 0.9, (0.4, 0.6)  # weights that `label-hand-points` gives to seen and hidden points

MANY_HIDDEN = 3  # hidden inner points from which a face has real cover


@dataclass
class MaskBatch:
    """Crops with what is known of their cover."""

    crops: Tensor  # (N, 3, S, S) 0..1
    covered: Tensor  # (N, 1, S, S) 0 or 1
    weight: Tensor  # (N, 1, S, S) 0 where unknown
    points: Tensor  # (N, 68, 2) crop sides from the centre
    hidden: Tensor  # (N, 68) 0 or 1
    point_weight: Tensor  # (N, 68) 1 where an annotator said which

    def join(self, other: MaskBatch) -> MaskBatch:
        """Both batches after one another."""
        return MaskBatch(
            *(torch.cat(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True))
        )


def hidden_points(points_weight: Tensor) -> tuple[Tensor, Tensor]:
    """Landmarks (N, 68) hidden by something, and those an annotator decided on; the jaw is undecided."""
    hidden = (points_weight > HIDDEN[0]) & (points_weight < HIDDEN[1])
    seen = points_weight > SEEN
    hidden[:, :17], seen[:, :17] = False, False
    return hidden.float(), (hidden | seen).float()


class MaskBatches:
    """Draws batches from shards and from the packed photos with pixel maps."""

    def __init__(
        self,
        shards: Shards,
        augment: Augment,
        region: FaceRegion,
        occluders: Occluders,
        settings: MaskSettings,
    ) -> None:
        self.shards, self.augment, self.region = shards, augment, region
        self.occluders, self.settings = occluders, settings
        self.assets: OcclusionAssets = occluders.assets
        hidden, _ = hidden_points(shards.points_weight)
        by_set = np.array([name in HAND_POINT_SETS for name in shards.sets])
        annotated = torch.from_numpy(by_set[shards.set_index])
        self.real = (hidden.sum(1) >= MANY_HIDDEN) & annotated
        fitted = shards.weight > 0
        train, held = shards.split(settings.held_out)
        self.train_rows = train[fitted[train] & ~self.real[train]]
        self.real_rows = train[fitted[train] & self.real[train]]
        self.held_rows = held[fitted[held] & ~self.real[held]][: settings.evaluate_rows]
        self.photo_rows = (~self.assets.held_out).nonzero()[:, 0]

    def draw(self) -> MaskBatch:
        """One training batch."""
        s, generator = self.settings, self.augment.generator
        mapped, real = round(s.mapped * s.batch), round(s.hidden * s.batch)
        if not len(self.real_rows):
            real = 0
        batch = self.covered(_pick(self.train_rows, s.batch - mapped - real, generator), s.jitter, s.mixture)
        if real:
            batch = batch.join(self.really_covered(_pick(self.real_rows, real, generator), s.jitter))
        if mapped:
            batch = batch.join(self.mapped(_pick(self.photo_rows, mapped, generator), s.jitter))
        s.photometry.apply(batch.crops, batch.points, generator)
        return batch

    def covered(self, rows: Tensor, jitter: Jitter | None, mixture: Mixture) -> MaskBatch:
        """Faces without much real cover behind synthetic occluders, with exact masks."""
        batch = self.augment.draw(rows, MASK_SIDE, jitter, None)
        region = self.region.mask(batch, MASK_SIDE)
        mask = cover(batch.crops, batch.points, region, self.occluders, mixture, self.augment.generator)
        bare = torch.where(forehead(batch.points, MASK_SIDE), self.settings.forehead, 1.0)
        weight = torch.where(mask, torch.ones_like(bare), bare) * region
        none = torch.zeros_like(batch.points_weight)
        return MaskBatch(batch.crops, mask.float(), weight, batch.points, none, none)

    def really_covered(self, rows: Tensor, jitter: Jitter | None) -> MaskBatch:
        """Faces behind real cover, of which only landmarks are known to be hidden or seen."""
        batch = self.augment.draw(rows, MASK_SIDE, jitter, None)
        hidden, known = hidden_points(batch.points_weight)
        unknown = torch.zeros(len(rows), 1, MASK_SIDE, MASK_SIDE)
        return MaskBatch(batch.crops, unknown, unknown.clone(), batch.points, hidden, known)

    def mapped(self, rows: Tensor, jitter: Jitter | None) -> MaskBatch:
        """Photos with hand-made pixel maps."""
        n = len(rows)
        centre, angle, scale, mirrored = self.augment.motion(n, jitter)
        seen = places(n, MASK_SIDE, rows.device)
        pictures = self.assets.photos[rows].permute(0, 3, 1, 2).float().mul_(1 / 255)
        classes = self.assets.classes[rows][:, None]
        layers = torch.cat([(classes == COVERED).float(), (classes != IGNORE).float()], 1)
        moved = resample(torch.cat([pictures, layers], 1), seen, centre, angle, scale, mirrored)
        known = moved[:, 4:5] > 0.99  # a pixel beside unknown ones is unknown
        c, s = torch.cos(angle), torch.sin(angle)
        turn = torch.stack([c, -s, s, c], 1).view(-1, 2, 2)
        points = self.assets.points[rows]
        flipped = points[:, self.augment.mirror_68] * torch.tensor([-1.0, 1.0])
        points = torch.where(mirrored[:, None, None], flipped, points)
        points = (points - centre[:, None]) @ turn.transpose(1, 2) / scale[:, None, None]
        none = torch.zeros(n, 68)
        return MaskBatch(
            moved[:, :3].contiguous(), (moved[:, 3:4] > 0.5).float(), known.float(), points, none, none
        )


def _pick(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return rows[torch.randint(len(rows), (count,), generator=generator)]


BARE = Mixture(bare=1.0)
