"""Alignment by similarity and the distance to a surface."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("scipy")

from benchmarks.accuracy.head_scan import fit, similarity


def dome(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """An uneven dome of 80 mm across and its triangles, counter-clockwise from +z."""
    y, x = np.meshgrid(np.linspace(-40, 40, count), np.linspace(-40, 40, count), indexing="ij")
    z = 30 - (x**2 + 0.5 * y**2) / 80 + 4 * np.sin(x / 9) * np.cos(y / 7)
    corner = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).ravel()
    a, b, c, d = corner, corner + 1, corner + count + 1, corner + count
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    return np.stack([x, y, z], 2).reshape(-1, 3), triangles


def test_similarity_is_recovered() -> None:
    source = np.random.default_rng(0).normal(size=(20, 3))
    rotation = cv2.Rodrigues(np.array([0.2, -0.7, 0.4]))[0]
    scale, found, shift = similarity(source, 1.7 * source @ rotation.T + [1, 2, 3])
    assert scale == pytest.approx(1.7)
    assert np.allclose(found, rotation)
    assert np.allclose(shift, [1, 2, 3])


def test_surface_fits_itself_and_a_dent_is_measured() -> None:
    verts, triangles = dome()
    rotation = cv2.Rodrigues(np.array([0.03, 0.02, -0.04]))[0]
    face = 1.1 * verts @ rotation.T + [2, -1, 3]
    spread, (scale, _, _) = fit(verts, triangles, (1.1, np.eye(3), np.array([2.0, -1.0, 3.0])), face)
    assert spread.mean() < 0.25  # mm; from 1 mm at the start: closest points come in slowly
    assert scale == pytest.approx(1.1, abs=0.02)
    face[:, 2] += 2.0 * (np.arange(len(face)) % 2)  # half of the points lie 2 mm off: 1 mm to either side
    spread, _ = fit(verts, triangles, (1.1, rotation, np.array([2.0, -1.0, 3.0])), face)
    assert 0.6 < spread.mean() < 1.2
