"""Albedo and light of a face, fitted to the photo's pixels.

The network says both from a small crop and for any photo, covered or dark, and is not far off. Where the
photo is at hand, what it shows is better known: colour = albedo x light (equation 6) is linear in either, so
a few least squares in turns, begun at the network's answer and held near it, find what the pixels say.
Hair, shadows and things before the face are outliers, whose pull is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.crop import crop_from_landmarks, roll_from_landmarks

if TYPE_CHECKING:
    from facesdk.morphable.face_model import FaceModel
    from facesdk.result import Face

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.intp]

CROP_PX = 128
STRIDE = 2
"""Of the face proper's vertices, every second is looked at."""
BRIGHTEST = 1.5
"""Albedo of what shines: more than white, since the light of equation 6 has no highlights."""
ROUNDS = 3
OUTLIER = 0.12
"""Difference in colour from which a vertex counts for less than half."""
NEAR = 1e-6
"""Weight of a coefficient's squared distance from the network's answer against a vertex's squared error."""
ELSEWHERE = 0.05
"""The same for a squared change of colour where nothing is looked at: crown, ears and neck stay."""
LIGHT_NEAR = 3e-4
"""The same for the light's directions."""
GRAZING = 0.2
"""Cosine to the line of sight under which a vertex is not looked at."""
LEAST_SEEN = 60
"""Vertices; with fewer there is nothing to fit to."""


class Appearance(NamedTuple):
    """What colours a face: coefficients of albedo (n_tex,) and of its detail (n_detail,), light (9, 3)."""

    albedo: FloatArray
    detail: FloatArray
    sh: FloatArray


class AppearanceModel(NamedTuple):
    """The albedo model at the M vertices that are looked at."""

    vertices: IndexArray  # (M,) of the dense mesh
    area: FloatArray  # (M,) of the skin that each stands for, relative
    mean: FloatArray  # (3 M,)
    directions: FloatArray  # (3 M, n_tex + n_detail)
    elsewhere: DoubleArray  # (n_tex + n_detail)^2, mean squared change of colour on the rest of the head


def appearance_model(model: FaceModel) -> AppearanceModel:
    """The vertices that are looked at; costly, keep it."""
    vertices = model.face_proper()[::STRIDE]
    mean, directions = model.albedo_at(vertices)
    area = _areas(model)[vertices]
    flat = directions.reshape(len(directions), -1).T.copy()
    elsewhere = np.zeros((len(directions), len(directions)))
    others = model.rest_of_head()[::STRIDE]
    if len(others):
        beyond = model.albedo_at(others)[1].reshape(len(directions), -1).astype(np.float64)
        elsewhere = beyond @ beyond.T / len(others)
    return AppearanceModel(vertices, area, mean.reshape(-1), flat, elsewhere)


def _areas(model: FaceModel) -> FloatArray:
    """(V,) area of the triangles at each vertex of the mean face."""
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    a, b, c = (verts[model.triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.bincount(model.triangles.reshape(-1), np.repeat(area, 3), len(verts)).astype(np.float32)


def fit_appearance(face: Face, basis: AppearanceModel, start: Appearance) -> Appearance:
    """Albedo and light of a face in its photo, from `start`; `start` itself where too little is seen."""
    colors, weight = _observed(face, basis)
    if np.count_nonzero(weight) < LEAST_SEEN:
        return start
    from facesdk.reference.shade import sh_basis  # a tracker never needs it

    kept = weight > 0
    three = np.repeat(kept, 3)
    y = colors[kept].reshape(-1)
    mean, directions = basis.mean[three], basis.directions[three]
    light = sh_basis(face.normals_camera[basis.vertices[kept]].astype(np.float64)).astype(np.float32)
    first = np.concatenate([start.albedo, start.detail]).astype(np.float32)
    x, sh = first, start.sh
    sure = np.repeat(weight[kept], 3)
    hold = NEAR * np.eye(len(first)) + ELSEWHERE * basis.elsewhere
    for _ in range(ROUNDS):
        albedo = np.clip(mean + directions @ x, 0.02, BRIGHTEST)
        shade = np.maximum(light @ sh, 0.0).reshape(-1)
        w = sure / (1 + ((y - albedo * shade) / np.float32(OUTLIER)) ** 2)
        sh = _light(y, albedo, light, w, start.sh)
        shade = np.maximum(light @ sh, 0.0).reshape(-1)
        system = directions * shade[:, None]
        left = y - mean * shade - system @ first
        x = first + _ridge(system, left, w, hold)
    if not (np.isfinite(x).all() and np.isfinite(sh).all()):
        return start
    n_tex = len(start.albedo)
    return Appearance(x[:n_tex].copy(), x[n_tex:].copy(), sh)


def _observed(face: Face, basis: AppearanceModel) -> tuple[FloatArray, FloatArray]:
    """Colours (M, 3) of vertices in the photo, and how much each counts (M,), in all 1: 0 where hidden."""
    import cv2  # slow to import; a tracker never needs it

    vertices = basis.vertices
    roll = roll_from_landmarks(face.landmarks_px)
    crop = crop_from_landmarks(face.landmarks_px, roll, CROP_PX)
    photo = np.ascontiguousarray(ops.warp(face.image, crop.matrix, CROP_PX).transpose(1, 2, 0))
    verts, normals = face.verts_camera_mm[vertices], face.normals_camera[vertices]
    at = ops.project(np.ascontiguousarray(verts), face.pose.intrinsics)[:, :2]
    height, width = face.image.shape[:2]
    within = ((at > 0) & (at < np.array([width - 1, height - 1]))).all(1)
    x, y = crop.to_crop(at).T
    colors = cv2.remap(photo, x[:, None].copy(), y[:, None].copy(), cv2.INTER_LINEAR)[:, 0]
    towards = -(normals * verts).sum(1) / np.maximum(np.linalg.norm(verts, axis=1), 1e-6)
    weight = np.where(within & face.visible[vertices] & (towards > GRAZING), towards * basis.area, 0)
    return np.asarray(colors, np.float32), (weight / max(float(weight.sum()), 1e-6)).astype(np.float32)


def _light(
    y: FloatArray, albedo: FloatArray, light: FloatArray, w: FloatArray, near: FloatArray
) -> FloatArray:
    """(9, 3) by weighted least squares for each channel; the directions are held near the network's."""
    hold = np.diag(np.r_[1e-6, np.full(8, LIGHT_NEAR)])
    out = np.empty((9, 3), np.float32)
    for c in range(3):
        system = light * albedo[c::3, None]
        left = (y[c::3] - system @ near[:, c]).astype(np.float32)
        out[:, c] = near[:, c] + _ridge(system, left, w[c::3], hold)
    return out


def _ridge(system: FloatArray, left: FloatArray, w: FloatArray, hold: DoubleArray) -> FloatArray:
    """argmin over x of sum w (system x - left)^2 + x^T hold x."""
    weighted = system * w[:, None]
    normal = (weighted.T @ system).astype(np.float64) + hold
    return np.linalg.solve(normal, (weighted.T @ left).astype(np.float64)).astype(np.float32)
