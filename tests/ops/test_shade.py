"""Spherical-harmonics light."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import ops, reference
from facesdk.core.spherical_harmonics import sh_basis
from tests.ops.meshes import FloatArray, sphere


def directions(count: int) -> FloatArray:
    v = np.random.default_rng(0).normal(size=(count, 3))
    unit: FloatArray = (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 1000])
def test_equals_the_reference(count: int) -> None:
    rng = np.random.default_rng(count)
    albedo = rng.uniform(0, 1, (count, 3)).astype(np.float32)
    sh = rng.normal(size=(9, 3)).astype(np.float32)
    normals = directions(count)
    np.testing.assert_allclose(
        ops.shade(albedo, normals, sh), reference.shade(albedo, normals, sh), atol=5e-6
    )


def test_constant_term_shades_uniformly() -> None:
    verts, triangles = sphere()
    albedo = np.full_like(verts, 0.6)
    sh = np.zeros((9, 3), np.float32)
    sh[0] = [1, 2, 3]
    colors = ops.shade(albedo, ops.normals(verts, triangles), sh)
    assert (colors == colors[0]).all()
    np.testing.assert_allclose(colors[0], 0.6 * np.array([1, 2, 3]) / np.sqrt(4 * np.pi), rtol=1e-6)


def test_basis_is_orthonormal() -> None:
    """Over a fine sphere the products of the nine functions integrate to the identity."""
    count = 20000
    z = 1 - 2 * (np.arange(count) + 0.5) / count
    phi = np.arange(count) * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - z * z)
    basis = sh_basis(np.stack([ring * np.cos(phi), ring * np.sin(phi), z], axis=1).astype(np.float32))
    np.testing.assert_allclose(basis.T @ basis * (4 * np.pi / count), np.eye(9), atol=2e-3)


def test_order_of_the_axes() -> None:
    """Y1-1, Y10, Y11 follow y, z and x of the camera frame."""
    for term, axis in ((1, 1), (2, 2), (3, 0)):
        sh = np.zeros((9, 3), np.float32)
        sh[term] = 1
        lit = ops.shade(np.ones((3, 3), np.float32), np.eye(3, dtype=np.float32), sh)[:, 0]
        assert lit.argmax() == axis
        assert np.count_nonzero(lit) == 1
