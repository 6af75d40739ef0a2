"""Eyes drawn shut: the picture and its labels move together."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.augmentation.augment import places  # noqa: E402
from training.augmentation.close_eyes import EYES, can_be_shut, draw_shares, lids, shut  # noqa: E402


def _points() -> torch.Tensor:
    """A face (1, 68, 2) looking at the camera, with both eyes open; crop sides."""
    points = torch.zeros(1, 68, 2)
    for (first, last, upper, lower, brow), x in zip(EYES, (-0.15, 0.15), strict=True):
        points[0, first], points[0, last] = torch.tensor([x - 0.08, -0.1]), torch.tensor([x + 0.08, -0.1])
        for k, (above, below) in enumerate(zip(upper, lower, strict=True)):
            at = x - 0.04 + 0.08 * k
            points[0, above], points[0, below] = torch.tensor([at, -0.13]), torch.tensor([at, -0.08])
        points[0, list(brow)] = torch.tensor([x, -0.22])
    return points


def test_what_lies_on_the_new_lid_came_from_the_old_one() -> None:
    points = _points()
    for share in (0.75, 1.0):
        how = torch.tensor([share])
        moved = shut(points, 0, how)
        for k in EYES[0][2]:
            just_above = moved[:, k].view(1, 1, 1, 2) - torch.tensor([0.0, 1e-5])
            source = lids(points, 0).sources(just_above, how)
            assert torch.allclose(source.view(1, 2), points[:, k], atol=2e-3)


def test_only_what_lies_between_brow_and_lower_lid_moves_and_stays_in_order() -> None:
    points, size = _points(), 96
    seen = places(1, size, "cpu")
    there = lids(points, 1).sources(seen, torch.ones(1))
    moved = (there - seen).norm(dim=3)[0] > 1e-6
    y, x = torch.nonzero(moved, as_tuple=True)
    assert moved.any()
    assert x.min() >= (0.5 + 0.07) * size - 1  # the eye's own columns
    assert x.max() <= (0.5 + 0.23) * size
    assert y.min() >= (0.5 - 0.22) * size - 1
    assert y.max() <= (0.5 - 0.07) * size
    # Skin is stretched, never folded: further down in the crop is nowhere further up in the photo.
    assert (there[0, 1:, :, 1] - there[0, :-1, :, 1]).min() >= 0


def test_the_opening_shrinks_by_the_share() -> None:
    points = _points()
    moved = shut(points, 0, torch.tensor([0.75]))
    before, after = points[0, 41, 1] - points[0, 37, 1], moved[0, 41, 1] - moved[0, 37, 1]
    assert float(after / before) == pytest.approx(0.25, abs=1e-5)
    assert torch.equal(moved[:, 42:48], points[:, 42:48])


@pytest.mark.parametrize(
    ("facing", "blink", "expected"), [(1.0, 0.1, True), (0.3, 0.1, False), (1.0, 0.8, False)]
)
def test_turned_heads_and_shut_eyes_are_left_alone(facing: float, blink: float, expected: bool) -> None:
    rotation = torch.eye(3)[None].clone()
    rotation[0, 2, 2] = -facing
    assert bool(can_be_shut(_points(), rotation, torch.tensor([blink]))) is expected


def test_a_few_winks() -> None:
    shares = draw_shares(4000, torch.Generator().manual_seed(1), "cpu")
    open_eyes = (shares == 0).sum(1)
    assert 0.12 < (open_eyes == 1).float().mean() < 0.18
    assert (open_eyes < 2).all()
    assert shares.max() == 1
