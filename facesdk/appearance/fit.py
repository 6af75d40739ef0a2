"""Albedo and light of a face, fitted to the photo's pixels.

The network predicts both from a small crop. Where the photo is at hand, its pixels determine them better:
colour = albedo x light (paper 1, equation 6) is linear in either, so a few weighted least squares in
alternation, started at the prediction and regularised towards it, fit them. Hair, shadows and occluders are
outliers, whose influence is bounded by a Cauchy weight.
"""

from __future__ import annotations

import numpy as np

from facesdk import ops
from facesdk.appearance.basis import AppearanceBasis, appearance_basis
from facesdk.core.appearance import MAX_ALBEDO, Appearance
from facesdk.core.arrays import DoubleArray, FloatArray, Picture
from facesdk.core.crop import crop_from_landmarks, roll_from_landmarks
from facesdk.core.spherical_harmonics import sh_basis
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.posed_mesh import PosedMesh

CROP_PX = 128  # side of the crop in which colours are sampled
MIN_ALBEDO = 0.02
ROUNDS = 3  # of light, then albedo
OUTLIER = 0.12  # difference in colour, 0..1, at which a vertex's weight is halved
PRIOR = 1e-6  # weight of a coefficient's squared distance from the prediction, per vertex's squared error
PRIOR_ELSEWHERE = 0.05  # of a squared change of colour where nothing is sampled: crown, ears and neck
PRIOR_LIGHT = 3e-4  # of the light's directional coefficients
PRIOR_AMBIENT = 1e-6  # of the light's constant coefficient
MIN_COSINE = 0.2  # to the line of sight, below which a vertex is not sampled
MIN_VISIBLE = 60  # vertices; with fewer the prediction stands


def fit_model_appearance(
    model: FaceModel,
    mesh: PosedMesh,
    image: Picture,
    landmarks_px: FloatArray,
    start: Appearance,
    shown: FloatArray | None,
) -> Appearance:
    """Fit as `fit_appearance`, on the albedo basis of the mesh's face model, made once for each model."""
    return fit_appearance(mesh, image, landmarks_px, appearance_basis(model), start, shown)


def fit_appearance(
    mesh: PosedMesh,
    image: Picture,
    landmarks_px: FloatArray,
    basis: AppearanceBasis,
    start: Appearance,
    shown: FloatArray | None = None,
) -> Appearance:
    """Fit albedo and light to a photo (paper 1, equations 2 and 6).

    Args:
        mesh: the face in the photo's camera.
        image: (H, W, 3) uint8 RGB, the photo.
        landmarks_px: (68, 2), px of the photo.
        basis: of the mesh's face model.
        start: the prediction.
        shown: (V,) 0..1, how much of a vertex the photo shows and not something else; None: all.

    Returns:
        The fitted appearance; `start` itself where fewer than MIN_VISIBLE vertices are seen.
    """
    colors, weight = _observed(mesh, image, landmarks_px, basis)
    if shown is not None:
        weight = weight * shown[basis.vertices]
        weight /= max(float(weight.sum()), 1e-6)
    if np.count_nonzero(weight) < MIN_VISIBLE:
        return start
    kept = weight > 0
    three = np.repeat(kept, 3)
    y = colors[kept].reshape(-1)
    mean, directions = basis.mean[three], basis.directions[three]
    normals = mesh.normals_camera[basis.vertices[kept]]
    light = sh_basis(normals.astype(np.float64)).astype(np.float32)
    first = np.concatenate([start.albedo, start.detail]).astype(np.float32)
    x, sh = first, start.sh
    vertex_weight = np.repeat(weight[kept], 3)
    prior = PRIOR * np.eye(len(first)) + PRIOR_ELSEWHERE * basis.elsewhere
    for _ in range(ROUNDS):
        albedo = np.clip(mean + directions @ x, MIN_ALBEDO, MAX_ALBEDO)
        shade = np.maximum(light @ sh, 0.0).reshape(-1)
        w = vertex_weight / (1 + ((y - albedo * shade) / np.float32(OUTLIER)) ** 2)
        sh = _fit_light(y, albedo, light, w, start.sh)
        shade = np.maximum(light @ sh, 0.0).reshape(-1)
        system = directions * shade[:, None]
        residual = y - mean * shade - system @ first
        x = first + _regularised_least_squares(system, residual, w, prior)
    if not (np.isfinite(x).all() and np.isfinite(sh).all()):
        return start
    n_tex = len(start.albedo)
    return Appearance(x[:n_tex].copy(), x[n_tex:].copy(), sh)


def _observed(
    mesh: PosedMesh, image: Picture, landmarks_px: FloatArray, basis: AppearanceBasis
) -> tuple[FloatArray, FloatArray]:
    """Colours (M, 3), 0..1, of the sampled vertices in the photo; weights (M,) of sum 1, 0 where hidden."""
    import cv2  # slow to import; a tracker never needs it

    vertices = basis.vertices
    crop = crop_from_landmarks(landmarks_px, roll_from_landmarks(landmarks_px), CROP_PX)
    photo = np.ascontiguousarray(ops.warp(image, crop.matrix, CROP_PX).transpose(1, 2, 0))
    verts, normals = mesh.verts_camera_mm[vertices], mesh.normals_camera[vertices]
    at = ops.project(np.ascontiguousarray(verts), mesh.intrinsics)[:, :2]
    within = ((at > 0) & (at < np.array([mesh.width - 1, mesh.height - 1]))).all(1)
    x, y = crop.to_crop(at).T
    colors = cv2.remap(photo, x[:, None].copy(), y[:, None].copy(), cv2.INTER_LINEAR)[:, 0]
    cosine = -(normals * verts).sum(1) / np.maximum(np.linalg.norm(verts, axis=1), 1e-6)
    seen = within & mesh.visible[vertices] & (cosine > MIN_COSINE)
    weight = np.where(seen, cosine * basis.area, 0)
    return np.asarray(colors, np.float32), (weight / max(float(weight.sum()), 1e-6)).astype(np.float32)


def _fit_light(
    y: FloatArray, albedo: FloatArray, light: FloatArray, w: FloatArray, predicted: FloatArray
) -> FloatArray:
    """(9, 3) by weighted least squares per channel, regularised towards the prediction."""
    prior = np.diag(np.r_[PRIOR_AMBIENT, np.full(8, PRIOR_LIGHT)])
    out = np.empty((9, 3), np.float32)
    for c in range(3):
        system = light * albedo[c::3, None]
        residual = (y[c::3] - system @ predicted[:, c]).astype(np.float32)
        out[:, c] = predicted[:, c] + _regularised_least_squares(system, residual, w[c::3], prior)
    return out


def _regularised_least_squares(
    system: FloatArray, residual: FloatArray, w: FloatArray, prior: DoubleArray
) -> FloatArray:
    """argmin over x of sum w (system x - residual)^2 + x^T prior x."""
    weighted = system * w[:, None]
    normal = (weighted.T @ system).astype(np.float64) + prior
    return np.linalg.solve(normal, (weighted.T @ residual).astype(np.float64)).astype(np.float32)
