"""What tells people apart, learned from coefficients that hold it among others."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from training.identity.learn_code import ridge, told_apart

PEOPLE, PHOTOS, SHOWN, HIDDEN = 120, 4, 6, 30


def _photos(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of which a few, in another scale, are the person's and the others are the photo's."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(PEOPLE), PHOTOS)
    person = rng.normal(size=(PEOPLE, SHOWN))[who]
    noise = rng.normal(size=(len(who), HIDDEN)) * 10
    shown = 0.1 * person + 0.01 * rng.normal(size=person.shape)
    return np.concatenate([shown, noise], 1) + 5, person, who


def test_the_map_finds_the_person_among_the_photo_s_own_changes() -> None:
    coefficients, target, _ = _photos(0)
    mean, directions = ridge(coefficients, target, 0.01)
    others, _, who = _photos(1)
    raw = told_apart(others - others.mean(0), who)
    learned = told_apart((others - mean) @ directions, who)
    assert raw["accuracy"] < 0.6
    assert learned["accuracy"] > 0.97
    assert learned["rank 1"] > 0.97


def test_a_stronger_ridge_gives_a_smaller_map() -> None:
    coefficients, target, _ = _photos(0)
    sizes = [np.linalg.norm(ridge(coefficients, target, strength)[1]) for strength in (0.01, 1.0, 100.0)]
    assert sizes == sorted(sizes, reverse=True)
