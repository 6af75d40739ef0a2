"""Pictures put in front of training faces."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.augmentation.occluder_cutouts import ANCHORS, Cutouts, spline_grid  # noqa: E402
from training.augmentation.occluders import occlude  # noqa: E402

SIDE = 96


def _points(turn: float = 0.0) -> torch.Tensor:
    """68 points (1, 68, 2) of a plain face: only a mask's anchors and the nose's tip are in place."""
    points = torch.zeros(1, 68, 2)
    anchors = [[-0.25, -0.05], [0.0, -0.05], [0.25, -0.05], [-0.15, 0.25], [0.0, 0.3], [0.15, 0.25]]
    points[0, list(ANCHORS)] = torch.tensor(anchors)
    points[0, 30] = torch.tensor([turn, 0.05])
    return points


def _cutouts() -> Cutouts:
    """A green mask, a red one for heads turned to the left, a white hand, a blue texture."""
    masks = torch.zeros(2, 4, 32, 32)
    masks[0, 1] = masks[1, 0] = 1
    masks[:, 3] = 1
    anchors = torch.tensor([[-0.9, -0.9], [0.0, -0.9], [0.9, -0.9], [-0.6, 0.7], [0.0, 0.9], [0.6, 0.7]])
    return Cutouts(
        masks=masks,
        anchors=anchors.expand(2, 6, 2).contiguous(),
        side=torch.tensor([0, -1]),
        hands=torch.ones(1, 4, 8, 8),
        textures=torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, 8, 8).contiguous(),
    )


def test_the_spline_passes_through_its_anchors() -> None:
    target = _points()[:, list(ANCHORS)]
    source = _cutouts().anchors[:1]
    grid = spline_grid(target, source, 512)  # fine, so that the pixel nearest to an anchor is at it
    pixel = ((target + 0.5) * 512 - 0.5).round().long()[0]
    found = grid[0, pixel[:, 1], pixel[:, 0]]
    assert torch.allclose(found, source[0], atol=0.02)  # half a pixel of 512 and the enlarged knots


@pytest.mark.parametrize(("turn", "channel"), [(0.0, 1), (-0.15, 0)])
def test_a_mask_covers_mouth_and_chin_and_is_of_the_head_s_side(turn: float, channel: int) -> None:
    crops = torch.zeros(1, 3, SIDE, SIDE)
    rest = _cutouts().wear_masks(crops, _points(turn), torch.tensor([0]), torch.Generator().manual_seed(3))
    assert len(rest) == 0
    chin, forehead = crops[0, :, int(0.65 * SIDE), SIDE // 2], crops[0, :, int(0.2 * SIDE), SIDE // 2]
    assert chin.argmax() == channel
    assert chin.max() > 0.2
    assert forehead.max() == 0


def test_profiles_are_left_to_the_drawn_masks() -> None:
    crops = torch.zeros(1, 3, SIDE, SIDE)
    rows = torch.tensor([0])
    rest = _cutouts().wear_masks(crops, _points(turn=-0.26), rows, torch.Generator().manual_seed(3))
    assert rest.tolist() == [0]
    assert crops.max() == 0


def test_occluders_change_their_rows_alone() -> None:
    generator = torch.Generator().manual_seed(1)
    crops = torch.rand(12, 3, SIDE, SIDE, generator=generator)
    before = crops.clone()
    occlude(crops, torch.arange(10), generator, _cutouts())
    changed = (crops != before).flatten(1).any(1)
    assert changed[:10].sum() >= 8  # a shape or a hand may fall beside the crop
    assert not changed[10:].any()
