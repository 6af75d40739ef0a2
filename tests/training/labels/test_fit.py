"""Fits find again what made the points."""

import torch

from training.labels.fit import Fit, Priors, exp_map, fit, project

N_ID, N_EXP, POINTS = 6, 4, 40


def make(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, Fit, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    mean = torch.randn(POINTS, 3, generator=g) * torch.tensor([60.0, 80.0, 30.0])
    basis = torch.randn(POINTS, 3, N_ID + N_EXP, generator=g) * 3
    alpha = torch.randn(count, N_ID, generator=g) * 0.7
    delta = torch.rand(count, N_EXP, generator=g)
    rotation = exp_map(torch.randn(count, 3, generator=g) * 0.4) @ torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    translation = torch.tensor([[5.0, -8.0, 950.0]]) + torch.randn(count, 3, generator=g) * 20
    verts = mean + (torch.cat([alpha, delta], 1) @ basis.reshape(-1, N_ID + N_EXP).T).reshape(
        count, POINTS, 3
    )
    points, _ = project(verts, rotation, translation)
    return basis, mean, Fit(rotation, translation, alpha, delta, torch.zeros(count)), points


def weak_priors(count: int) -> Priors:
    return Priors(
        torch.zeros(N_ID), torch.full((N_ID,), 1e-2), torch.zeros(count, N_EXP), torch.full((N_EXP,), 1e-2)
    )


def test_exact_points_are_met() -> None:
    basis, mean, truth, points = make(8)
    found = fit(basis, mean, N_ID, points, torch.full((8, POINTS), 1e6), weak_priors(8), steps=30)
    assert found.rms.max() < 1e-3
    angle = torch.linalg.matrix_norm(found.rotation - truth.rotation)
    assert angle.max() < 0.05
    assert (found.delta - truth.delta).abs().mean() < 0.15


def test_a_wild_point_is_set_aside() -> None:
    basis, mean, truth, points = make(8)
    points[:, 3] += 0.4
    found = fit(basis, mean, N_ID, points, torch.full((8, POINTS), 1e6), weak_priors(8), steps=30)
    assert torch.linalg.matrix_norm(found.rotation - truth.rotation).max() < 0.08


def test_expressions_stay_in_their_range_and_unknown_points_do_not_matter() -> None:
    basis, mean, _, points = make(8)
    weights = torch.full((8, POINTS), 1e5)
    weights[:, ::5] = 0
    points[:, ::5] = 77.0
    found = fit(basis, mean, N_ID, points, weights, weak_priors(8), steps=20)
    assert found.delta.min() >= 0
    assert found.delta.max() <= 1
    assert found.rms.max() < 5e-3
