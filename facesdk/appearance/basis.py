"""The albedo model restricted to the vertices that the appearance fit samples."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from facesdk.core.arrays import DoubleArray, FloatArray, IndexArray
from facesdk.morphable.face_model import FaceModel

STRIDE = 2  # every second vertex of the face proper is sampled


class AppearanceBasis(NamedTuple):
    """Mean albedo and its directions at the M sampled vertices."""

    vertices: IndexArray  # (M,) of the dense mesh
    area: FloatArray  # (M,) of the skin that each stands for, relative
    mean: FloatArray  # (3 M,) RGB
    directions: FloatArray  # (3 M, n_tex + n_detail) RGB per unit coefficient
    elsewhere: DoubleArray  # (n_tex + n_detail)^2, mean squared change of colour on the rest of the head


@functools.lru_cache(maxsize=2)
def appearance_basis(model: FaceModel) -> AppearanceBasis:
    """Restrict a face model's albedo to the sampled vertices; slower than a fit, hence kept per model."""
    vertices = model.face_proper()[::STRIDE]
    mean, directions = model.albedo_at(vertices)
    area = _vertex_areas(model)[vertices]
    flat = directions.reshape(len(directions), -1).T.copy()
    elsewhere = np.zeros((len(directions), len(directions)))
    others = model.rest_of_head()[::STRIDE]
    if len(others):
        beyond = model.albedo_at(others)[1].reshape(len(directions), -1).astype(np.float64)
        elsewhere = beyond @ beyond.T / len(others)
    return AppearanceBasis(vertices, area, mean.reshape(-1), flat, elsewhere)


def _vertex_areas(model: FaceModel) -> FloatArray:
    """(V,) area of the triangles at each vertex of the mean face."""
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    a, b, c = (verts[model.triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.bincount(model.triangles.reshape(-1), np.repeat(area, 3), len(verts)).astype(np.float32)
