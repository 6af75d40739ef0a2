"""The regression's terms are those of the chain's candidate filter, and it finds known weights."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")
pytest.importorskip("torch")

from facesdk.core.compiled import _core
from facesdk.reference import candidate_filter as reference
from training.candidate_filter.fit import features, logistic

WEIGHTS = np.array(
    [
        reference.BIAS,
        reference.PER_SCORE,
        reference.PER_LOG_DISAGREEMENT,
        reference.PER_LOG_SIZE,
        reference.PER_OVERLAP,
        reference.PER_FACE_LOGIT,
        reference.PER_LOG_ERROR,
    ]
)


def candidates(count: int) -> np.ndarray:
    """Rows as `Candidates` makes them: two overlaps with labels, then the filter's inputs."""
    rng = np.random.default_rng(0)
    spans = [(0, 1), (0, 1), (0.1, 0.9), (0.002, 0.05), (8, 150), (0.2, 0.9), (-10, 10), (0.005, 0.2)]
    return np.stack([rng.uniform(low, high, count) for low, high in spans], 1)


def test_the_terms_are_the_filter_s() -> None:
    rows = candidates(50)
    expected = [_core.face_probability(*terms) for terms in rows[:, 2:].tolist()]
    np.testing.assert_allclose(1 / (1 + np.exp(-features(rows) @ WEIGHTS)), expected, rtol=1e-9, atol=1e-12)


def test_the_fit_finds_the_weights_that_made_the_labels() -> None:
    x = features(candidates(40_000))
    labels = np.random.default_rng(1).random(len(x)) < 1 / (1 + np.exp(-x @ WEIGHTS))
    found = logistic(x, labels)
    assert np.abs(x @ found - x @ WEIGHTS).mean() < 0.15
