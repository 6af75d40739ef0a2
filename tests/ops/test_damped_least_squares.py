"""The damped least-squares step."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference


def system(equations: int, unknowns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    jacobian = rng.normal(0, 0.1, (equations, unknowns)).astype(np.float32)
    return jacobian, rng.normal(0, 1, equations).astype(np.float32)


@pytest.mark.parametrize(("equations", "unknowns"), [(1, 1), (3, 7), (16, 16), (17, 33), (136, 159), (40, 8)])
def test_agrees_with_the_reference(equations: int, unknowns: int) -> None:
    jacobian, residual = system(equations, unknowns)
    expected = reference.damped_least_squares(jacobian, residual, 1e-2)
    step = ops.damped_least_squares(jacobian, residual, 1e-2)
    np.testing.assert_allclose(step, expected, atol=2e-4 * float(np.abs(expected).max()))


def test_no_other_step_is_better() -> None:
    jacobian, residual = system(20, 30)
    step = ops.damped_least_squares(jacobian, residual, 0.05)

    def cost(s: np.ndarray) -> float:
        return float(((jacobian @ s - residual) ** 2).sum() + 0.05 * (s**2).sum())

    for direction in np.random.default_rng(1).normal(0, 0.02, (20, 30)).astype(np.float32):
        assert cost(step + direction) > cost(step)


def test_little_damping_solves_the_equations() -> None:
    jacobian, residual = system(12, 40)
    np.testing.assert_allclose(
        jacobian @ ops.damped_least_squares(jacobian, residual, 1e-6), residual, atol=1e-3
    )


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_what_is_not_finite_moves_nothing(broken: float) -> None:
    jacobian, residual = system(5, 9)
    jacobian[2, 3] = broken
    assert not ops.damped_least_squares(jacobian, residual, 1e-2).any()


def test_empty_systems_have_empty_steps() -> None:
    assert ops.damped_least_squares(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 1.0).tolist() == [
        0,
        0,
        0,
        0,
    ]
    assert ops.damped_least_squares(np.zeros((3, 0), np.float32), np.zeros(3, np.float32), 1.0).shape == (0,)


@pytest.mark.parametrize(
    ("jacobian", "residual", "damping", "named"),
    [
        (np.zeros((3, 4)), np.zeros(3, np.float32), 1.0, "jacobian"),
        (np.zeros((3, 4), np.float32), np.zeros(4, np.float32), 1.0, "residual"),
        (np.zeros((3, 4), np.float32), np.zeros(3, np.float32), 0.0, "damping"),
        (np.zeros((3, 4), np.float32), np.zeros(3, np.float32), float("nan"), "damping"),
        (np.zeros((5000, 1), np.float32), np.zeros(5000, np.float32), 1.0, "M"),
    ],
)
def test_bad_arguments_are_named(
    jacobian: np.ndarray, residual: np.ndarray, damping: float, named: str
) -> None:
    with pytest.raises(InvalidArray, match=named):
        ops.damped_least_squares(jacobian, residual, damping)
