"""Turned rectangles of a gray picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference

GRAY = np.random.default_rng(0).random((40, 40), dtype=np.float32)


def call(**changes: Any) -> dict[str, Any]:
    return {
        "gray": GRAY, "center": (20.0, 18.0), "right": (7.0, 3.0),
        "mirrored": False, "across": 12, "down": 7, "flat": 0.02,
    } | changes  # fmt: skip


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("center", [(20.0, 18.0), (0.0, 39.0), (-50.0, 10.0)])
def test_agrees_with_the_reference(mirrored: bool, center: tuple[float, float]) -> None:
    arguments = call(mirrored=mirrored, center=center)
    np.testing.assert_allclose(
        ops.sample_normalized_patch(**arguments), reference.sample_normalized_patch(**arguments), atol=2e-3
    )


def test_a_picture_in_a_mirror_gives_the_mirrored_patch_alike() -> None:
    flipped = np.ascontiguousarray(GRAY[:, ::-1])
    other = call(gray=flipped, center=(19.0, 18.0), right=(-7.0, 3.0), mirrored=True)
    np.testing.assert_allclose(
        ops.sample_normalized_patch(**call()), ops.sample_normalized_patch(**other), atol=1e-3
    )


def test_a_flat_picture_gives_zeros_and_numbers_that_are_none_do_no_harm() -> None:
    assert not ops.sample_normalized_patch(**call(gray=np.full((40, 40), 0.5, np.float32))).any()
    assert np.isfinite(ops.sample_normalized_patch(**call(center=(float("nan"), float("inf"))))).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gray", np.zeros((40, 39), np.float32)),
        ("gray", np.zeros((1, 1), np.float32)),
        ("gray", np.zeros((40, 40))),
        ("across", 1),
        ("down", 0),
        ("flat", 0.0),
    ],
)
def test_bad_arguments_are_named(name: str, value: object) -> None:
    with pytest.raises(InvalidArray, match=f"^{name}: "):
        ops.sample_normalized_patch(**call(**{name: value}))
