"""The face's region, the forehead, and pixel maps of photos."""

# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.occlusion.fakes import plain_points
from training.augmentation.augment import Augment
from training.face_model.linear_face import load_linear_face
from training.occlusion.assets import COVERED, FACE, IGNORE, classes_of, drawn_words
from training.occlusion.batches import hidden_points
from training.occlusion.loss import at_points
from training.occlusion.region import FaceRegion, closed_splats, forehead

FACE_MODEL = Path(__file__).parents[3] / "facesdk" / "assets" / "face_model.safetensors"


def test_splats_close_gaps_and_keep_holes_that_are_larger() -> None:
    ring = torch.linspace(0, 2 * torch.pi, 400)
    points = torch.stack([torch.cos(ring), torch.sin(ring)], 1)
    region = closed_splats(torch.cat([0.2 * points, 0.23 * points])[None], 128)[0, 0]
    assert region[64, 64 + 27]  # on the ring
    assert not region[64, 64]  # its middle is farther from the ring than the closing reaches
    assert not region[64, 64 + 50]


def test_points_beyond_the_crop_do_not_wrap_around() -> None:
    points = torch.tensor([[[0.7, 0.0], [0.0, -0.9], [-3.0, 3.0]]])
    assert not closed_splats(points, 64).any()


def test_the_region_of_the_shipped_model_ends_at_chin_and_neck() -> None:
    from training.augmentation.augment import Batch

    face = load_linear_face(FACE_MODEL)
    zeros = {n: torch.zeros(1, k) for n, k in (("alpha", face.n_id), ("delta", face.n_exp), ("m", 3))}
    rotation = torch.diag(torch.tensor([1.0, -1.0, -1.0]))[None]
    rest = {n: torch.zeros(1) for n in Batch.__dataclass_fields__ if n not in (*zeros, "rotation")}
    batch = Batch(rotation=rotation, **zeros, **rest)
    region = FaceRegion(FACE_MODEL).mask(batch, 128)
    from training.face_model.camera import project

    points = project(face.landmarks(batch.alpha, batch.delta), rotation, batch.m)
    inside = at_points(region.float(), points)
    assert inside[0, 17:].mean() > 0.99
    chin = points[0, 8]
    below = at_points(region.float(), (chin + torch.tensor([0.0, 0.06]))[None, None])
    assert float(below) < 0.5
    above = at_points(region.float(), (points[0, 27] - torch.tensor([0.0, 0.15]))[None, None])
    assert float(above) > 0.5  # the forehead belongs to the face


def test_the_forehead_follows_the_head_s_roll() -> None:
    points = plain_points()
    upright = forehead(points, 64)[0, 0]
    assert upright[5, 32]
    assert not upright[32, 32]
    turned = torch.stack([-points[..., 1], points[..., 0]], -1)  # up is now to the right
    rolled = forehead(turned, 64)[0, 0]
    assert rolled[32, 60]
    assert not rolled[5, 32]


def test_pixel_maps_say_what_lies_before_the_face() -> None:
    points = plain_points()[0].numpy().astype(float) * 100 + 100
    seg = np.zeros((200, 200), np.uint8)
    seg[60:150, 60:140] = 1  # skin
    seg[60:90, 90:140] = 13  # a fringe
    seg[0:30] = 13  # hair above the head
    seg[86:94, 70:92] = 3  # glasses
    classes = classes_of(seg, points)
    assert classes[120, 100] == FACE
    assert classes[80, 110] == COVERED
    assert classes[10, 100] == IGNORE
    assert classes[90, 80] == IGNORE
    seg[110:125, 90:110] = 0  # an unlabelled hand over the nose
    assert classes_of(seg, points)[115, 100] == COVERED
    assert classes[10, 5] == classes[195, 5] == IGNORE


def test_words_are_drawn() -> None:
    words = drawn_words(np.random.default_rng(0))
    assert (words.reshape(len(words), -1).max(1) > 200).all()
    assert (words > 127).mean() < 0.5


def test_hidden_seen_and_undecided_points() -> None:
    weight = torch.full((1, 68), 0.25)
    weight[:, 30], weight[:, 40], weight[:, 5] = 1.0, 0.5, 0.5
    hidden, known = hidden_points(weight)
    assert hidden[0, 40] == 1
    assert hidden.sum() == 1  # the jaw counts half everywhere: it says nothing
    assert known[0].nonzero()[:, 0].tolist() == [30, 40]


def test_regions_move_with_the_crop(tmp_path: Path) -> None:
    from tests.training.fakes import write_face_asset, write_shards
    from training.augmentation.augment import Jitter
    from training.shards.load import load_shards

    asset = write_face_asset(tmp_path / "face.safetensors")
    write_shards(tmp_path / "shards", rows=4, shards=1)
    shards = load_shards(tmp_path / "shards")
    region = FaceRegion(asset)
    augment = Augment(shards, load_linear_face(asset), 1)
    rows = torch.arange(4)
    plain = region.mask(augment.draw(rows, 64, None, None), 64)
    shifted = region.mask(augment.draw(rows, 64, Jitter(0, 0, 0.4, 0), None), 64)
    assert plain.any()
    assert not torch.equal(plain, shifted)
