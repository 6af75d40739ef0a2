"""The face model's landmarks and a few vertices as one small linear map, and how its coefficients mirror.

Training needs 68 points and a sample of the surface a million times: each is a fixed linear function of
identity and expression, so the rows are worked out once from the asset and the whole mesh is never made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor

Array = NDArray[np.float32]

# Real spherical harmonics of the light that change sign with x: Y11, Y2-2, Y21 (basis order of the design
# page).
ODD_IN_X = (3, 4, 7)


@dataclass(frozen=True)
class LinearFace:
    """Rows of the linear face model as tensors on one device; lengths in mm, face frame."""

    n_id: int
    n_exp: int
    n_tex: int
    landmark_mean: Tensor  # (68, 3)
    landmark_basis: Tensor  # (n_id + n_exp, 204)
    sample_mean: Tensor  # (M, 3)
    sample_basis: Tensor  # (n_id + n_exp, 3M)
    mirror_alpha: Tensor  # (n_id, n_id): mirrored alpha = alpha @ mirror_alpha
    mirror_beta: Tensor  # (n_tex, n_tex)
    mirror_delta: Tensor  # (n_exp,) permutation
    blink: Tensor  # columns of the expressions that shut the eyes

    def to(self, device: torch.device | str) -> LinearFace:
        """The same rows on another device."""
        moved: dict[str, Any] = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

    def closed_eyes(self, delta: Tensor) -> Tensor:
        """(N, n_exp) -> (N,) mean weight of the expressions that shut the eyes; 0 if there are none."""
        if not len(self.blink):
            return torch.zeros_like(delta[:, 0])
        return delta[:, self.blink].mean(1)

    def landmarks(self, alpha: Tensor, delta: Tensor) -> Tensor:
        """(N, n_id), (N, n_exp) -> the 68 points (N, 68, 3)."""
        out: Tensor = torch.cat([alpha, delta], 1) @ self.landmark_basis
        return self.landmark_mean + out.view(-1, 68, 3)

    def sample_offsets(self, alpha: Tensor, delta: Tensor) -> Tensor:
        """(N, n_id), (N, n_exp) -> the sampled vertices without their mean (N, M, 3)."""
        out: Tensor = torch.cat([alpha, delta], 1) @ self.sample_basis
        return out.view(len(alpha), -1, 3)


def mirrored_names(names: list[str]) -> NDArray[np.int64]:
    """Index of each expression's mirror image by its name: _L with _R, Left with Right, others stay."""
    swaps = (("_L", "_R"), ("_R", "_L"), ("Left", "Right"), ("Right", "Left"))
    out = []
    for i, name in enumerate(names):
        twins = [name[: -len(a)] + b for a, b in swaps if name.endswith(a)]
        out.append(names.index(twins[0]) if twins and twins[0] in names else i)
    return np.array(out, np.int64)


def mirror_matrix(basis: Array, mirror: NDArray[np.int64], flip: Array) -> Array:
    """(K, K) matrix M, mirrored coefficients = coefficients @ M, by least squares over the basis (K, C,
    3)."""
    flat = basis.reshape(len(basis), -1).astype(np.float64)
    image = (basis[:, mirror] * flip).reshape(len(basis), -1).astype(np.float64)
    gram = flat @ flat.T
    # A trace of damping keeps directions that the basis hardly has (none, or two alike) from exploding.
    gram += np.eye(len(gram)) * 1e-8 * np.trace(gram) / max(len(gram), 1)
    return np.linalg.solve(gram, flat @ image.T).T.astype(np.float32)


@dataclass(frozen=True)
class Shapes:
    """The face model's arrays, widened to float32; lengths in mm."""

    names: list[str]
    mean: Array  # (C, 3)
    identity: Array  # (n_id, C, 3)
    expression: Array  # (n_exp, C, 3)
    albedo_mean: Array  # (C, 3)
    albedo: Array  # (n_tex, C, 3)
    control_triangles: NDArray[np.int64]
    mirror: NDArray[np.int64]  # (C,)
    subdivision: tuple[NDArray[np.int32], NDArray[np.int64], Array]
    landmark_corners: NDArray[np.int64]  # (68, 3) dense vertices
    landmark_bary: Array  # (68, 3)


def read_shapes(path: Path) -> Shapes:
    """All of face_model.safetensors that training uses."""
    with safe_open(str(path), "np") as file:
        names = json.loads(file.metadata()["exp_names"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is no dict)

    def wide(name: str) -> Array:
        return np.asarray(tensors[name], np.float32)

    mean = wide("mean_control_mm")
    identity = wide("identity_q") * wide("identity_scale")[:, None, None]
    if "identity_low_q" in tensors:  # a second byte of the modes that move the face most
        fine = len(tensors["identity_low_q"])
        identity[:fine] += wide("identity_low_q") * (
            wide("identity_scale")[:fine, None, None] / np.float32(254)
        )
    expression = np.zeros((len(names), *mean.shape), np.float32)
    for k in range(len(names)):
        rows = slice(tensors["exp_ptr"][k], tensors["exp_ptr"][k + 1])
        expression[k, tensors["exp_idx"][rows].astype(np.int64)] = tensors["exp_val"][rows]
    return Shapes(
        names=names,
        mean=mean,
        identity=identity,
        expression=expression,
        albedo_mean=wide("albedo_mean_control"),
        albedo=wide("albedo_basis_q") * wide("albedo_scale")[:, None, None],
        control_triangles=tensors["control_triangles"].astype(np.int64),
        mirror=tensors["mirror_control"].astype(np.int64),
        subdivision=(
            tensors["sub_ptr"],
            tensors["sub_idx"].astype(np.int64),
            wide("sub_weights")[tensors["sub_code"].astype(np.int64)],
        ),
        landmark_corners=tensors["triangles"].astype(np.int64)[tensors["landmark_triangles"]],
        landmark_bary=wide("landmark_bary"),
    )


def load_linear_face(path: Path, sample: int = 500, seed: int = 7) -> LinearFace:
    """Read face_model.safetensors and keep the rows that training needs.

    `sample` control vertices are drawn once, by `seed`, for the vertex losses.
    """
    parts = read_shapes(path)
    shapes = np.concatenate([parts.mean[None], parts.identity, parts.expression])  # (1 + n_id + n_exp, C, 3)
    dense = _dense_rows(shapes, parts.landmark_corners.ravel(), parts.subdivision)
    points = np.einsum("kpcd,pc->kpd", dense.reshape(len(shapes), 68, 3, 3), parts.landmark_bary)
    count = len(parts.mean)
    chosen = np.sort(np.random.default_rng(seed).choice(count, min(sample, count), replace=False))
    picked = shapes[:, chosen]

    def tensor(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array))

    flip = np.array([-1, 1, 1], np.float32)
    return LinearFace(
        n_id=len(parts.identity),
        n_exp=len(parts.names),
        n_tex=len(parts.albedo),
        landmark_mean=tensor(points[0]),
        landmark_basis=tensor(points[1:].reshape(len(shapes) - 1, -1)),
        sample_mean=tensor(picked[0]),
        sample_basis=tensor(picked[1:].reshape(len(shapes) - 1, -1)),
        mirror_alpha=tensor(mirror_matrix(parts.identity, parts.mirror, flip)),
        mirror_beta=tensor(mirror_matrix(parts.albedo, parts.mirror, np.ones(3, np.float32))),
        mirror_delta=tensor(mirrored_names(parts.names)),
        blink=tensor(np.flatnonzero([name.startswith("eyeBlink") for name in parts.names])),
    )


def _dense_rows(
    shapes: Array, rows: NDArray[np.int64], sub: tuple[NDArray[np.int32], NDArray[np.int64], Array]
) -> Array:
    """The given dense vertices of each shape (K, C, 3) -> (K, len(rows), 3), by the subdivision's sparse
    rows."""
    ptr, idx, val = sub
    out = np.empty((len(shapes), len(rows), 3), np.float32)
    for i, row in enumerate(rows):
        part = slice(ptr[row], ptr[row + 1])
        out[:, i] = np.einsum("kcd,c->kd", shapes[:, idx[part]], val[part])
    return out
