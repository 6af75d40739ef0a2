"""Occluders: what counts as cover, and that the mask says exactly which pixels changed."""

# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.occlusion.fakes import make_assets, make_cutouts, plain_points
from training.occlusion.compose import Mixture, cover, skin_colour
from training.occlusion.layers import KINDS, Occluders, lobed, recoloured

SIDE, N = 64, 12


def occluders() -> Occluders:
    return Occluders(make_cutouts(), make_assets())


def only(kind: str, bare: float = 0.0) -> Mixture:
    shares = dict.fromkeys(KINDS, 0.0) | {kind: 1.0}
    return Mixture(bare=bare, second=0.0, **shares)


@pytest.mark.parametrize("kind", KINDS)
def test_covered_pixels_are_those_that_changed(kind: str) -> None:
    generator = torch.Generator().manual_seed(2)
    crops = 0.3 + 0.2 * torch.rand(N, 3, SIDE, SIDE, generator=generator)
    before = crops.clone()
    region = torch.ones(N, 1, SIDE, SIDE, dtype=torch.bool)
    covered = cover(crops, plain_points(N), region, occluders(), only(kind), generator)
    changed = (crops - before).abs().amax(1, keepdim=True) > 1e-6
    assert covered.any(), "nothing was covered in twelve crops"
    assert not (covered & ~changed).any()
    if kind != "glasses":  # clear ones change pixels and count for nothing
        # Soft edges and shapes that let the face through change more than they cover.
        clearly = (crops - before).abs().amax(1, keepdim=True) > 0.1
        assert covered.sum() > 0.5 * clearly.sum()
    assert crops.min() >= 0
    assert crops.max() <= 1 + 1e-5


def test_dark_glasses_count_and_clear_ones_do_not() -> None:
    generator = torch.Generator().manual_seed(0)
    crops = torch.full((64, 3, SIDE, SIDE), 0.6)
    layer = occluders().draw("glasses", crops, plain_points(64), torch.full((64, 3), 0.6), generator)
    counted = layer.cover.flatten(1).amax(1) > 0.5
    lens = layer.alpha[:, 0, round((0.5 - 0.12) * SIDE), round((0.5 - 0.15) * SIDE)]  # the left eye
    assert counted.any()
    assert (~counted).any()
    assert (lens[counted] > 0.5).all()
    assert (lens[~counted] < 0.3).all()


def test_a_mask_covers_the_mouth_and_not_the_eyes() -> None:
    generator = torch.Generator().manual_seed(1)
    crops = torch.full((16, 3, SIDE, SIDE), 0.5)
    layer = occluders().draw("mask", crops, plain_points(16), torch.full((16, 3), 0.5), generator)
    mouth = layer.cover[:, 0, round(0.72 * SIDE), SIDE // 2]
    eyes = layer.cover[:, 0, round(0.3 * SIDE), [round(0.35 * SIDE), round(0.65 * SIDE)]]
    assert (mouth > 0.5).all()
    assert (eyes < 0.5).all()


def test_hands_take_the_skin_s_colour() -> None:
    generator = torch.Generator().manual_seed(1)
    crops, skin = torch.full((32, 3, SIDE, SIDE), 0.5), torch.tensor([0.30, 0.18, 0.12]).expand(32, 3)
    layer = occluders().draw("hand", crops, plain_points(32), skin, generator)
    seen = layer.alpha.flatten(1).sum(1) > 20
    own = layer.colour.sum((2, 3))[seen] / layer.alpha.sum((2, 3))[seen]
    # The cut-outs are gray: red over blue of the pasted hands must lean to that of the skin.
    assert (own[:, 0] / own[:, 2]).mean() > 1.5


def test_lobed_things_are_of_many_sizes_and_not_all_convex() -> None:
    generator = torch.Generator().manual_seed(5)
    masks = lobed(64, 48, generator, torch.device("cpu"))
    assert masks.shape == (64, 1, 48, 48)
    assert 0 <= float(masks.min()) <= float(masks.max()) <= 1
    share = (masks > 0.5).float().mean((1, 2, 3))
    assert float(share.min()) < 0.03 < 0.15 < float(share.max())
    filled = []
    for mask in masks:
        points = np.argwhere(mask[0].numpy() > 0.5)[:, ::-1].astype(np.int32)
        if len(points) > 20:
            hull = cv2.fillConvexPoly(np.zeros((48, 48), np.uint8), cv2.convexHull(points), 1)
            filled.append(hull.sum() / len(points))
    assert np.mean(np.array(filled) > 1.25) > 0.4  # notches, or several things


def test_recolouring_keeps_to_the_range_and_moves_colours() -> None:
    generator = torch.Generator().manual_seed(6)
    pictures = torch.rand(8, 3, 16, 16, generator=generator)
    dyed = recoloured(pictures, generator)
    assert 0 <= float(dyed.min()) <= float(dyed.max()) <= 1
    means = dyed.mean((2, 3))
    assert float((means.amax(1) - means.amin(1)).max()) > 0.3
    assert float(dyed.std()) > 0.1


def test_bare_crops_stay_as_they_are() -> None:
    generator = torch.Generator().manual_seed(1)
    crops = torch.rand(8, 3, SIDE, SIDE, generator=generator)
    before, region = crops.clone(), torch.ones(8, 1, SIDE, SIDE, dtype=torch.bool)
    covered = cover(crops, plain_points(8), region, occluders(), Mixture(bare=1.0), generator)
    assert not covered.any()
    assert torch.equal(crops, before)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind: got 'ghost'"):
        occluders().draw(
            "ghost", torch.zeros(1, 3, 8, 8), plain_points(), torch.zeros(1, 3), torch.Generator()
        )


def test_skin_colour_is_that_of_the_region() -> None:
    crops = torch.zeros(1, 3, 4, 4)
    crops[:, 0, :2] = 0.8
    region = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    region[:, :, :2] = True
    assert torch.allclose(skin_colour(crops, region), torch.tensor([[0.8, 0.0, 0.0]]))
