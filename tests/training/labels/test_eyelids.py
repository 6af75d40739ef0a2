"""Shut eyes in the labels."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from training.labels.eyelids import LOWER, UPPER, shut_labels, shutness

NAMES = ["eyeBlink_L", "jawOpen", "eyeBlink_R"]


def test_an_eye_between_open_and_shut_is_half_shut() -> None:
    np.testing.assert_allclose(
        shutness(np.array([0.0, 0.15, 0.35, 0.55, 0.9], np.float32)), [0, 0, 0.5, 1, 1]
    )


def test_lids_and_weights_follow_the_teacher_s_score() -> None:
    points = np.random.default_rng(0).normal(size=(2, 68, 2)).astype(np.float32)
    weights = np.array([[0.1, 0.4, 0.9], [0.35, 0.4, 0.0]], np.float32)
    moved, delta = shut_labels(points, weights, NAMES)
    np.testing.assert_allclose(delta, [[0, 0.4, 1], [0.5, 0.4, 0]], atol=1e-6)
    for above, below in zip(UPPER["R"], LOWER["R"], strict=True):
        np.testing.assert_allclose(moved[0, above], points[0, below], atol=1e-6)
        np.testing.assert_allclose(moved[1, above], points[1, above], atol=1e-6)
    for above, below in zip(UPPER["L"], LOWER["L"], strict=True):
        np.testing.assert_allclose(moved[0, above], points[0, above], atol=1e-6)
        np.testing.assert_allclose(moved[1, above], (points[1, above] + points[1, below]) / 2, atol=1e-6)
    untouched = np.setdiff1d(np.arange(68), [*UPPER["L"], *UPPER["R"]])
    assert np.array_equal(moved[:, untouched], points[:, untouched])
