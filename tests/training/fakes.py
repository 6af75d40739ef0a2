"""Made-up face asset and shards in the real formats, small enough for tests."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import save_file

NAMES = ["browDown_L", "browDown_R", "jawLeft", "jawOpen", "jawRight"]


def write_face_asset(path: Path, n_id: int = 6, n_tex: int = 4, half: int = 60, seed: int = 0) -> Path:
    """A mirror-symmetric random cloud with bases; the dense mesh is the control mesh plus edge midpoints."""
    rng = np.random.default_rng(seed)
    right = rng.uniform([5, -80, -20], [70, 80, 60], (half, 3)).astype(np.float32)
    mean = np.concatenate([right, right * [-1, 1, 1]]).astype(np.float32)
    mirror = np.r_[half : 2 * half, 0:half]
    count = len(mean)
    basis = rng.normal(0, 2, (n_id, count, 3)).astype(np.float32)
    for k in range(n_id):  # half of the modes symmetric, half antisymmetric: closed under mirroring
        basis[k] = basis[k] + (1 if k % 2 else -1) * basis[k][mirror] * [-1, 1, 1]
    left = rng.normal(0, 2, (count, 3)).astype(np.float32)
    turned = (left[mirror] * [-1, 1, 1]).astype(np.float32)
    jaw = rng.normal(0, 2, (count, 3)).astype(np.float32)
    shapes = [
        left,
        turned,
        jaw,
        jaw + jaw[mirror] * [-1, 1, 1],
        (jaw[mirror] * [-1, 1, 1]).astype(np.float32),
    ]
    texture = rng.normal(0, 0.05, (n_tex, count, 3)).astype(np.float32)
    for k in range(n_tex):
        texture[k] = texture[k] + (1 if k % 2 else -1) * texture[k][mirror]
    pairs = rng.integers(0, count, (40, 2))
    ptr = np.r_[np.arange(count + 1), count + 2 * np.arange(1, 41)].astype(np.int32)
    idx = np.r_[np.arange(count), pairs.ravel()].astype(np.uint16)
    code = np.r_[np.zeros(count), np.ones(80)].astype(np.uint8)
    triangles = rng.integers(0, count + 40, (200, 3)).astype(np.int32)
    tensors = {
        "mean_control_mm": mean,
        "identity_q": basis.astype(np.float16),
        "identity_scale": np.ones(n_id, np.float32),
        "exp_ptr": (np.arange(len(NAMES) + 1) * count).astype(np.int32),
        "exp_idx": np.tile(np.arange(count), len(NAMES)).astype(np.uint16),
        "exp_val": np.concatenate(shapes).astype(np.float16),
        "sub_ptr": ptr,
        "sub_idx": idx,
        "sub_code": code,
        "sub_weights": np.array([1.0, 0.5], np.float32),
        "triangles": triangles,
        "control_triangles": rng.integers(0, count, (200, 3)).astype(np.int32),
        "landmark_triangles": rng.integers(0, 200, 68).astype(np.int32),
        "landmark_bary": rng.dirichlet(np.ones(3), 68).astype(np.float32),
        "mirror_control": mirror.astype(np.uint16),
        "albedo_mean_control": rng.uniform(0.3, 0.7, (count, 3)).astype(np.float32),
        "albedo_basis_q": texture.astype(np.float16),
        "albedo_scale": np.ones(n_tex, np.float32),
    }
    meta = {"exp_names": json.dumps(NAMES), "n_skin_verts": str(count), "units": "mm", "version": "0"}
    save_file(tensors, str(path), metadata=meta)
    return path


def write_shards(
    folder: Path, rows: int = 24, n_id: int = 6, n_tex: int = 4, shards: int = 2, seed: int = 0
) -> None:
    """Noise pictures with random labels near a frontal pose."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for s in range(shards):
        jpegs = []
        for _ in range(rows):
            small = rng.integers(0, 255, (9, 9, 3), np.uint8)
            jpegs.append(cv2.imencode(".jpg", cv2.resize(small, (144, 144)))[1])
        half_turn = np.array([np.pi, 0, 0])  # diag(1, -1, -1)
        points = rng.uniform(40, 104, (rows, 68, 2))
        np.savez(
            folder / f"shard_{s:03d}.npz",
            jpg=np.concatenate(jpegs),
            ptr=np.r_[0, np.cumsum([len(j) for j in jpegs])].astype(np.int64),
            alpha=rng.normal(0, 1, (rows, n_id)).astype(np.float16),
            beta=rng.normal(0, 1, (rows, n_tex)).astype(np.float16),
            delta=rng.uniform(0, 1, (rows, len(NAMES))).astype(np.float16),
            gamma=rng.normal(0, 0.3, (rows, 27)).astype(np.float32),
            rotvec=(half_turn + rng.normal(0, 0.3, (rows, 3))).astype(np.float32),
            m=rng.normal(0, 0.05, (rows, 3)).astype(np.float32),
            points=points.astype(np.float32),
            points_weight=np.ones((rows, 68), np.float32),
            weight=np.ones(rows, np.float32),
            set=np.zeros(rows, np.uint8),
            sets=np.array(["made"]),
            subject=np.full(rows, -1, np.int32),
        )
