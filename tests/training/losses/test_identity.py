# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The tie between identity coefficients and a recogniser's embedding."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.losses.identity import IdentityLoss

MIRROR = torch.tensor([1.0, -1.0] * 6)


def make(n: int = 400, k: int = 12, e: int = 16) -> tuple[IdentityLoss, torch.Tensor, torch.Tensor]:
    """A loss whose embeddings are a hidden rotation of the coefficients with a little noise."""
    g = torch.Generator().manual_seed(0)
    unit = torch.randn(n, k, generator=g)
    alpha = unit * torch.linspace(1.0, 0.1, k)  # leading coefficients are larger
    turn = torch.linalg.qr(torch.randn(e, e, generator=g)).Q[:k]
    embedding = torch.nn.functional.normalize(unit @ turn + 0.05 * torch.randn(n, e, generator=g), dim=1)
    flip = torch.diag(MIRROR)
    return IdentityLoss(alpha, embedding, flip), alpha, embedding


def test_the_right_coefficients_cost_least() -> None:
    loss, alpha, embedding = make()
    straight = torch.zeros(len(alpha), dtype=torch.bool)
    right = float(loss(alpha, embedding, straight))
    assert right < 0.05
    assert float(loss(3 * alpha, embedding, straight)) == pytest.approx(right, abs=1e-4), (
        "only direction counts"
    )
    assert float(loss(alpha.roll(1, 0), embedding, straight)) > 0.5


def test_a_mirrored_face_has_mirrored_coefficients() -> None:
    loss, alpha, embedding = make()
    seen_mirrored = torch.ones(len(alpha), dtype=torch.bool)
    assert float(loss(alpha * MIRROR, embedding, seen_mirrored)) < 0.05
    assert float(loss(alpha, embedding, seen_mirrored)) > 0.3


def test_likeness_of_two_people_is_the_teachers() -> None:
    loss, _, embedding = make(e=12)  # as many axes as coefficients: nothing is left out
    centred = torch.nn.functional.normalize(embedding - loss.centre, dim=1)
    target = loss.target(embedding, torch.zeros(len(embedding), dtype=torch.bool))
    assert torch.allclose(target @ target.T, centred @ centred.T, atol=1e-4)


def test_faces_without_an_embedding_are_left_out() -> None:
    loss, alpha, embedding = make()
    embedding[5:] = 0
    straight = torch.zeros(len(alpha), dtype=torch.bool)
    few = loss(alpha[:5], embedding[:5], straight[:5])
    assert torch.allclose(loss(alpha, embedding, straight), few)
