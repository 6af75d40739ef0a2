# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""Paper 2's losses: values that can be counted by hand, and which way they push."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from training.losses.completion import (
    SMALLEST_MASK,
    adversarial_loss,
    completion_objective,
    contour_objective,
    discriminator_loss,
    feature_matching_loss,
    gram_matrix,
    pixel_loss,
    style_loss,
)


def test_a_discriminator_that_cannot_tell_loses_two_log_two() -> None:
    none = torch.zeros(2, 1, 3, 3)
    assert float(discriminator_loss(none, none)) == pytest.approx(2 * math.log(2))
    assert float(discriminator_loss(none + 20, none - 20)) < 1e-6
    assert float(adversarial_loss(none)) == pytest.approx(math.log(2))


def test_both_sides_of_the_game_pull_apart() -> None:
    logits = torch.zeros(4, requires_grad=True)
    adversarial_loss(logits).backward()
    assert (logits.grad < 0).all()  # the generator raises them
    logits.grad = None
    discriminator_loss(torch.zeros(4), logits).backward()
    assert (logits.grad > 0).all()


def test_every_layer_counts_by_its_mean_and_true_activations_get_no_gradient() -> None:
    true = [torch.zeros(1, 2, 4, 4, requires_grad=True), torch.zeros(1, 8, 2, 2, requires_grad=True)]
    made = [torch.full((1, 2, 4, 4), 0.5, requires_grad=True), torch.full((1, 8, 2, 2), -2.0)]
    loss = feature_matching_loss(true, made)
    assert float(loss.detach()) == pytest.approx(2.5)
    loss.backward()
    assert true[0].grad is None
    assert (made[0].grad > 0).all()


def test_pixels_count_by_the_mask_s_size() -> None:
    true, mask = torch.zeros(1, 3, 20, 20), torch.zeros(1, 1, 20, 20)
    mask[..., :10, :10] = 1
    made = true.clone()
    made[:, :, :10, :10] = 0.1
    assert float(pixel_loss(made, true, mask)) == pytest.approx(0.3)  # three colours
    wide = torch.ones_like(mask)
    assert float(pixel_loss(made, true, wide)) == pytest.approx(0.3 / 4)
    none = torch.zeros_like(mask)
    assert float(pixel_loss(made, true, none)) == pytest.approx(30 / (SMALLEST_MASK * 400))


def test_style_does_not_see_where_things_are() -> None:
    maps = torch.rand(2, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    moved = maps.flatten(2)[:, :, torch.randperm(64)].view_as(maps)
    assert float(style_loss([moved], [maps])) < 1e-6
    assert float(style_loss([2 * maps], [maps])) > 1e-3


def test_gram_matrix_by_hand() -> None:
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])  # two maps of 1 x 2
    wanted = torch.tensor([[[5.0, 3.0], [3.0, 9.0]]]) / 4
    assert torch.allclose(gram_matrix(maps), wanted)
    assert float(style_loss([maps], [torch.zeros_like(maps)])) == pytest.approx(20 / 4 / 4)


def test_objectives_weigh_their_terms() -> None:
    a, b, c = (torch.tensor(value) for value in (2.0, 3.0, 5.0))
    assert float(contour_objective(a, b, (1.0, 11.5))) == pytest.approx(36.5)
    assert float(completion_objective(a, b, c, (0.1, 1.0, 250.0))) == pytest.approx(1253.2)
