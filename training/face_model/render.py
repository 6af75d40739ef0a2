"""Differentiable rendering of the control mesh: the compiled rasterizer decides, autograd follows.

The rasterizer says which triangle each pixel shows. Inside a triangle, colour and place are smooth functions
of its three corners, and these are written again in torch; the silhouette's own motion has no gradient, as
in most such renderers. Light is equation 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from facesdk import ops
from training.face_model.camera import FOCAL_RATIO, Z0_MM
from training.face_model.linear_face import read_shapes
from training.face_model.spherical_harmonics import sh_basis


@dataclass(frozen=True)
class ControlFace:
    """The whole control mesh with shape and albedo bases, for the few faces that are rendered."""

    mean: Tensor  # (C, 3) mm
    basis: Tensor  # (n_id + n_exp, 3C)
    albedo_mean: Tensor  # (C, 3)
    albedo_basis: Tensor  # (n_tex, 3C)
    triangles: Tensor  # (T, 3) int64
    adj_ptr: NDArray[np.int32]
    adj_idx: NDArray[np.int32]

    @staticmethod
    def load(path: Path, device: torch.device | str = "cpu") -> ControlFace:
        """From face_model.safetensors."""
        shapes = read_shapes(path)
        stacked = np.concatenate([shapes.identity, shapes.expression])
        triangles = np.ascontiguousarray(shapes.control_triangles, np.int32)
        ptr, idx = ops.adjacency(triangles, len(shapes.mean))

        def tensor(array: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        return ControlFace(
            mean=tensor(shapes.mean),
            basis=tensor(stacked.reshape(len(stacked), -1)),
            albedo_mean=tensor(shapes.albedo_mean),
            albedo_basis=tensor(shapes.albedo.reshape(len(shapes.albedo), -1)),
            triangles=tensor(triangles.astype(np.int64)),
            adj_ptr=ptr,
            adj_idx=idx,
        )

    def verts(self, alpha: Tensor, delta: Tensor) -> Tensor:
        """(N, C, 3) mm, face frame."""
        return self.mean + (torch.cat([alpha, delta], 1) @ self.basis).view(-1, *self.mean.shape)

    def albedo(self, beta: Tensor) -> Tensor:
        """(N, C, 3)."""
        return self.albedo_mean + (beta @ self.albedo_basis).view(-1, *self.mean.shape)


def to_camera(verts: Tensor, rotation: Tensor, m: Tensor) -> Tensor:
    """Face frame (N, V, 3) -> crop camera, mm, for m of camera.py."""
    depth = Z0_MM * torch.exp(m[:, 2:].clamp(-1.5, 1.5))
    return verts @ rotation.transpose(1, 2) + torch.cat([m[:, :2] * depth / FOCAL_RATIO, depth], 1)[:, None]


def vertex_normals(verts: Tensor, triangles: Tensor) -> Tensor:
    """Unit normals (N, V, 3), area weighted, outward for triangles counter-clockwise from outside.

    The camera frame is a rotation of the face frame, so the same order holds in both.
    """
    a, b, c = (verts[:, triangles[:, i]] for i in range(3))
    area = torch.linalg.cross(b - a, c - a)
    out = torch.zeros_like(verts)
    for i in range(3):
        out = out.index_add(1, triangles[:, i], area)
    return F.normalize(out, dim=2, eps=1e-9)


def shade(albedo: Tensor, normals: Tensor, sh: Tensor) -> Tensor:
    """Equation 6: albedo (N, V, 3), unit normals (N, V, 3), light (N, 9, 3) -> colours (N, V, 3)."""
    return albedo * (sh_basis(normals) @ sh)


def rasterize(verts: Tensor, colours: Tensor, triangles: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Camera-frame meshes (N, V, 3) and vertex colours (N, V, 3) -> pictures (N, S, S, 3), covered (N, S, S).

    The crop camera of camera.py at `size` px. Gradients reach vertices and colours of what is seen.
    """
    focal, centre = FOCAL_RATIO * size, (size - 1) / 2
    index = np.ascontiguousarray(triangles.cpu().numpy(), np.int32)
    intrinsics = np.array([[focal, 0, centre], [0, focal, centre], [0, 0, 1]], np.float32)
    pictures, covers = [], []
    for mesh, colour in zip(verts, colours, strict=True):
        points = ops.project(np.ascontiguousarray(mesh.detach().float().cpu().numpy()), intrinsics)
        ids = torch.from_numpy(ops.rasterize(points, index, size, size, want=("triangle",)).triangle)
        covered = ids >= 0
        rows, columns = covered.nonzero(as_tuple=True)
        corners = triangles[ids[covered].long().to(verts.device)]  # (P, 3)
        ray = torch.stack([(columns - centre) / focal, (rows - centre) / focal, torch.ones(len(rows))], 1)
        bary = barycentrics(mesh[corners], ray.to(mesh))
        picture = mesh.new_zeros(size, size, 3)
        where = covered.to(verts.device)
        pictures.append(picture.masked_scatter(where[..., None], (bary[..., None] * colour[corners]).sum(1)))
        covers.append(where)
    return torch.stack(pictures), torch.stack(covers)


def barycentrics(corners: Tensor, ray: Tensor) -> Tensor:
    """Perspective-correct coordinates (P, 3) of where rays (P, 3) meet triangles (P, 3 corners, 3).

    Each is the volume that the ray spans with the opposite edge, over their sum.
    """
    a, b, c = corners.unbind(1)
    opposite = torch.stack([torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)], 1)
    volume = (opposite * ray[:, None]).sum(2)
    total = volume.sum(1, keepdim=True)
    # A triangle seen edge-on has no volume; the rasterizer shows none, but rounding may come near.
    return volume / torch.where(total.abs() < 1e-6, torch.full_like(total, 1e-6), total)
