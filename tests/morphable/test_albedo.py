"""Albedo of the bundled face model: its detail, its mirror, and its rows at single vertices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from facesdk.errors import InvalidArray
from facesdk.morphable.face_model import FaceModel


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


def test_detail_is_part_of_the_albedo(model: FaceModel) -> None:
    rng = np.random.default_rng(0)
    beta = rng.normal(size=model.n_tex).astype(np.float32)
    detail = rng.normal(size=model.n_detail).astype(np.float32)
    assert model.n_detail >= 100
    assert np.array_equal(model.albedo(beta), model.albedo(beta, np.zeros(model.n_detail)))
    changed = np.abs(model.albedo(beta, detail) - model.albedo(beta)).max(1)
    assert changed[model.face_proper()].mean() > 0.02
    # Beyond the reach of one subdivision step the neck, the ears and the crown stay as they are.
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    far = cKDTree(verts[model.face_proper()]).query(verts)[0] > 20
    assert far.sum() > 1000
    assert changed[far].max() == 0
    with pytest.raises(InvalidArray, match="albedo detail: got shape"):
        model.albedo(beta, detail[:-1])


def test_rows_at_vertices_are_the_whole_albedos_rows(model: FaceModel) -> None:
    rng = np.random.default_rng(1)
    vertices = model.face_proper()[::97]
    mean, directions = model.albedo_at(vertices)
    x = rng.normal(size=model.n_tex + model.n_detail).astype(np.float32)
    expected = model.albedo(x[: model.n_tex], x[model.n_tex :])[vertices]
    assert np.allclose(mean + np.tensordot(x, directions, axes=1), expected, atol=2e-5)


def test_every_direction_of_detail_is_symmetric_or_antisymmetric(model: FaceModel) -> None:
    from safetensors.numpy import load_file

    from facesdk import manifest

    mirror = load_file(manifest.asset_path(manifest.FACE_MODEL))["mirror_control"].astype(int)
    directions = model._albedo.directions()[model.n_tex :]
    even = np.abs(directions - directions[:, mirror]).max((1, 2)) < 1e-6
    off_middle = mirror != np.arange(len(mirror))
    turned = directions[:, off_middle] + directions[:, mirror][:, off_middle]
    odd = np.abs(turned).max((1, 2)) < 1e-6
    assert (even | odd).all()
    assert even.any()
    assert odd.any()
