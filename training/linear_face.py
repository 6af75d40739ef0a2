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

# Where each of the 68 points goes when the picture is mirrored.
MIRROR_68 = np.r_[
    16:-1:-1,
    26:16:-1,
    27:31,
    35:30:-1,
    45:41:-1,
    47,
    46,
    39:35:-1,
    41,
    40,
    54:47:-1,
    59:54:-1,
    64:59:-1,
    67:64:-1,
]
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

    def to(self, device: torch.device | str) -> LinearFace:
        """The same rows on another device."""
        moved: dict[str, Any] = {k: v.to(device) for k, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)

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


def load_linear_face(path: Path, sample: int = 500, seed: int = 7) -> LinearFace:
    """Read face_model.safetensors and keep the rows that training needs.

    `sample` skin vertices are drawn once, by `seed`, for the vertex losses.
    """
    with safe_open(str(path), "np") as file:
        names = json.loads(file.metadata()["exp_names"])
        n_skin = int(file.metadata()["n_skin_verts"])
        get = file.get_tensor
        mean = get("mean_control_mm").astype(np.float32)
        identity = (
            get("identity_q").astype(np.float32) * get("identity_scale").astype(np.float32)[:, None, None]
        )
        if "identity_low_q" in file.keys():  # noqa: SIM118 (the file is no dict)
            low = get("identity_low_q").astype(
                np.float32
            )  # a second byte of the modes that move the face most
            identity[: len(low)] += low * (get("identity_scale")[: len(low), None, None] / np.float32(254))
        texture = (
            get("albedo_basis_q").astype(np.float32) * get("albedo_scale").astype(np.float32)[:, None, None]
        )
        expression = np.zeros((len(names), *mean.shape), np.float32)
        exp_ptr, exp_idx, exp_val = get("exp_ptr"), get("exp_idx").astype(np.int64), get("exp_val")
        for k in range(len(names)):
            rows = slice(exp_ptr[k], exp_ptr[k + 1])
            expression[k, exp_idx[rows]] = exp_val[rows]
        sub = get("sub_ptr"), get("sub_idx").astype(np.int64), get("sub_val").astype(np.float32)
        corners = get("triangles").astype(np.int64)[get("landmark_triangles")]  # (68, 3) dense vertices
        bary = get("landmark_bary").astype(np.float32)
        mirror = get("mirror_control").astype(np.int64)

    shapes = np.concatenate([mean[None], identity, expression])  # (1 + n_id + n_exp, C, 3)
    dense = _dense_rows(shapes, corners.ravel(), sub).reshape(len(shapes), 68, 3, 3)
    points = np.einsum("kpcd,pc->kpd", dense, bary)
    skin = min(n_skin, len(mean))
    chosen = np.sort(np.random.default_rng(seed).choice(skin, min(sample, skin), replace=False))
    picked = shapes[:, chosen]

    def tensor(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array))

    flip = np.array([-1, 1, 1], np.float32)
    return LinearFace(
        n_id=len(identity),
        n_exp=len(names),
        n_tex=len(texture),
        landmark_mean=tensor(points[0]),
        landmark_basis=tensor(points[1:].reshape(len(shapes) - 1, -1)),
        sample_mean=tensor(picked[0]),
        sample_basis=tensor(picked[1:].reshape(len(shapes) - 1, -1)),
        mirror_alpha=tensor(mirror_matrix(identity, mirror, flip)),
        mirror_beta=tensor(mirror_matrix(texture, mirror, np.ones(3, np.float32))),
        mirror_delta=tensor(mirrored_names(names)),
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
