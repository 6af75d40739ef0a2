"""Signs are pictures of something, and no two are alike."""

from __future__ import annotations

import numpy as np

from training.detector.synthetic_signs import SIDE, sign


def test_signs_are_varied_pictures_with_contrast() -> None:
    rng = np.random.default_rng(0)
    signs = [sign(rng) for _ in range(40)]
    assert all(s.shape == (SIDE, SIDE, 3) and s.dtype == np.uint8 for s in signs)
    assert np.mean([s.std(axis=(0, 1)).max() > 15 for s in signs]) > 0.9
    assert len({s.tobytes() for s in signs}) == len(signs)
    again = np.random.default_rng(0)
    assert np.array_equal(sign(again), signs[0])
