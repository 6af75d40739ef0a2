"""A training batch from packed pictures: one resampling, and the labels moved exactly as the picture was."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from facesdk.core.landmarks import MIRROR_68
from training.augmentation import close_eyes
from training.augmentation.occluder_cutouts import Cutouts
from training.augmentation.photometry import Photometry
from training.datasets.crop_frame import CROP_IN_PACK, PACK_SIZE
from training.face_model.camera import move_pose, rotation_from_vector, six_from_rotation, turn_light
from training.face_model.linear_face import ODD_IN_X, LinearFace
from training.shards.load import Shards


@dataclass(frozen=True)
class Jitter:
    """How far a training crop strays from the exact one; rotation, scale and shift are drawn bell-shaped.

    shut is the share of crops whose eyes are drawn shut (close_eyes.py), turned that of crops turned
    by 90, 180 or 270 degrees, which show no upright face: presence 0, and no other label counts.
    """

    rotation_deg: float = 30.0
    scale: float = 0.15
    shift: float = 0.10
    mirror: float = 0.5
    shut: float = 0.0
    turned: float = 0.0


@dataclass
class Batch:
    """One augmented batch; all in the camera of its own crops."""

    crops: Tensor  # (N, 3, S, S) 0..1
    rotation: Tensor  # (N, 3, 3)
    m: Tensor  # (N, 3)
    alpha: Tensor
    beta: Tensor
    delta: Tensor
    gamma: Tensor  # (N, 27)
    points: Tensor  # (N, 68, 2) crop units
    points_weight: Tensor  # (N, 68)
    weight: Tensor  # (N,)
    light_weight: Tensor  # (N,)
    presence: Tensor  # (N,)
    identity: Tensor  # (N, 128)
    mirrored: Tensor  # (N,) bool

    def target(self) -> Tensor:
        """Labels in the order of the network's output, rotation as six numbers."""
        six = six_from_rotation(self.rotation)
        return torch.cat([self.alpha, self.beta, self.delta, six, self.m, self.gamma], 1)


class Augment:
    """Draws batches from shards on the shards' device; `jitter=None` gives plain crops for evaluation."""

    def __init__(
        self, shards: Shards, face: LinearFace, seed: int = 0, cutouts: Cutouts | None = None
    ) -> None:
        check_sizes(shards, face)
        self.shards, self.face, self.cutouts = shards, face, cutouts
        self.device = shards.pictures.device
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.mirror_68 = torch.from_numpy(MIRROR_68).to(self.device)
        self.light_sign = torch.ones(9, 1, device=self.device)
        self.light_sign[list(ODD_IN_X)] = -1

    def draw(
        self, rows: Tensor, size: int, jitter: Jitter | None, photometry: Photometry | None, clean: int = 0
    ) -> Batch:
        """Rows of the shards -> crops of `size` with moved labels; the last `clean` keep their looks."""
        rows = rows.to(self.device)
        n = len(rows)
        centre, angle, scale, mirrored = self.motion(n, jitter)
        batch = self.labels(rows, centre, angle, scale, mirrored)
        # float before the resampling: grid_sample has no uint8 form
        pictures = self.shards.pictures[rows].permute(0, 3, 1, 2).float().mul_(1 / 255)
        seen = places(n, size, self.device)
        if jitter is not None and jitter.shut and len(self.face.blink) == 2:
            self._shut_eyes(batch, seen, jitter.shut)
        batch.crops = resample(pictures, seen, centre, angle, scale, mirrored)
        if photometry is not None:
            points = batch.points[: n - clean]
            gain = photometry.apply(batch.crops[: n - clean], points, self.generator, self.cutouts)
            batch.gamma[: n - clean] *= gain[:, None].expand(-1, 9, 3).flatten(1)
        if jitter is not None and jitter.turned:
            self._turn(batch, n - clean, jitter.turned)
        return batch

    def motion(self, n: int, jitter: Jitter | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Centre (n, 2), angle, scale and mirror of n crops."""
        if jitter is None:
            zero = torch.zeros(n, device=self.device)
            return zero[:, None].expand(n, 2), zero, zero + 1, zero > 1
        bell = torch.randn(n, 4, generator=self.generator, device=self.device).mul_(0.5).clamp_(-1, 1)
        centre = bell[:, :2] * jitter.shift
        angle = bell[:, 2] * math.radians(jitter.rotation_deg)
        scale = (1 + jitter.scale) ** bell[:, 3]
        mirrored = torch.rand(n, generator=self.generator, device=self.device) < jitter.mirror
        return centre, angle, scale, mirrored

    def _shut_eyes(self, batch: Batch, seen: Tensor, share: float) -> None:
        """Shut open eyes of some faces: their labels, and what is seen where (N, S, S, 2), in place."""
        blink = batch.delta[:, self.face.blink]
        drawn = torch.rand(len(seen), generator=self.generator, device=self.device) < share
        drawn &= close_eyes.can_be_shut(batch.points, batch.rotation, blink.amax(1)) & (batch.weight > 0)
        rows = drawn.nonzero()[:, 0]
        shares = close_eyes.draw_shares(len(rows), self.generator, self.device)
        for eye in range(2):
            points, how = batch.points[rows], shares[:, eye]
            seen[rows] = close_eyes.lids(points, eye).sources(seen[rows], how)
            batch.points[rows] = close_eyes.shut(points, eye, how)
            column = self.face.blink[1 - eye]  # the left eye's comes first among the weights
            batch.delta[rows, column] = torch.lerp(blink[rows, 1 - eye], torch.ones_like(how), how)

    def _turn(self, batch: Batch, among: int, share: float) -> None:
        """Turn some of the first `among` crops by quarters, in place; half of them upside down."""
        rows = torch.randperm(among, generator=self.generator, device=self.device)[: round(share * among)]
        for quarters, some in zip((2, 1, 2, 3), rows.chunk(4), strict=False):
            batch.crops[some] = torch.rot90(batch.crops[some], quarters, (2, 3))
        for weight in (batch.presence, batch.weight, batch.light_weight, batch.points_weight, batch.identity):
            weight[rows] = 0

    def labels(self, rows: Tensor, centre: Tensor, angle: Tensor, scale: Tensor, mirrored: Tensor) -> Batch:
        """The labels of rows, moved; the crops are still to be filled in."""
        take = {name: value[rows] for name, value in self.shards.labels.items()}
        rotation, m = rotation_from_vector(take["rotvec"]), take["m"]
        points, points_weight = self.shards.points[rows], self.shards.points_weight[rows]
        face, flip = self.face, torch.tensor([-1.0, 1.0, 1.0], device=self.device)
        either = mirrored[:, None]
        gamma = take["gamma"].view(-1, 9, 3)
        rotation = torch.where(either[..., None], rotation * flip[:, None] * flip, rotation)
        m = torch.where(either, m * flip, m)
        swapped = points[:, self.mirror_68] * flip[:2]
        points = torch.where(either[..., None], swapped, points)
        points_weight = torch.where(either, points_weight[:, self.mirror_68], points_weight)
        gamma = torch.where(either[..., None], gamma * self.light_sign, gamma)
        rotation, m = move_pose(rotation, m, centre, angle, scale)
        c, s = torch.cos(angle), torch.sin(angle)
        turn = torch.stack([c, -s, s, c], 1).view(-1, 2, 2)
        points = (points - centre[:, None]) @ turn.transpose(1, 2) / scale[:, None, None]
        return Batch(
            crops=torch.empty(0),
            rotation=rotation,
            m=m,
            alpha=torch.where(either, take["alpha"] @ face.mirror_alpha, take["alpha"]),
            beta=torch.where(either, take["beta"] @ face.mirror_beta, take["beta"]),
            delta=torch.where(either, take["delta"][:, face.mirror_delta], take["delta"]),
            gamma=turn_light(gamma, angle).flatten(1),
            points=points,
            points_weight=points_weight,
            weight=self.shards.weight[rows],
            light_weight=self.shards.light_weight[rows],
            presence=self.shards.presence[rows],
            identity=self.shards.identity[rows],
            mirrored=mirrored,
        )


def check_sizes(shards: Shards, face: LinearFace) -> None:
    """Labels must be of the face model at hand; where no row has albedo, its columns only need the right
    count."""
    expected = {"alpha": face.n_id, "beta": face.n_tex, "delta": face.n_exp}
    if not shards.light_weight.any():
        shards.labels["beta"] = shards.points.new_zeros(len(shards), face.n_tex)
    for name, count in expected.items():
        found = shards.labels[name].shape[1]
        if found != count:
            raise ValueError(
                f"shards: {name} has {found} columns, the face model has {count}; make them again"
            )


def places(n: int, size: int, device: torch.device | str) -> Tensor:
    """Where the pixels of n crops are (n, size, size, 2), crop sides from the centre."""
    t = (torch.arange(size, device=device) + 0.5) / size - 0.5
    return torch.stack([t.expand(size, size), t[:, None].expand(size, size)], 2).repeat(n, 1, 1, 1)


def resample(
    pictures: Tensor, seen: Tensor, centre: Tensor, angle: Tensor, scale: Tensor, mirrored: Tensor
) -> Tensor:
    """Crops (N, 3, S, S) of pack pictures (N, 3, 144, 144) at the places `seen` (N, S, S, 2):
    u = Rz(angle) (p - centre) / scale.

    One bilinear pass; black outside. A mirrored picture is read through a negated x.
    """
    wide = 2 * CROP_IN_PACK / PACK_SIZE  # crop units -> grid_sample's -1..1 over the pack
    c, s = torch.cos(angle) * scale * wide, torch.sin(angle) * scale * wide
    sign = torch.where(mirrored, -1.0, 1.0)
    turn = torch.stack([c * sign, -s, s * sign, c], 1).view(-1, 2, 2)  # from the right
    shift = torch.stack([centre[:, 0] * sign, centre[:, 1]], 1) * wide
    grid = (seen.flatten(1, 2) @ turn + shift[:, None]).view_as(seen)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
