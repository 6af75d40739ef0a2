"""Batched pose arithmetic in the virtual crop camera: focal 4.5 crop sides, principal point at the crop's
centre.

Crop units: (pixel - (S - 1) / 2) / S, x right, y down. m = (x0, y0, log(m_z / Z0_MM)): x0, y0 is where the
face's origin is seen. The pack camera of the shards is the camera of their un-jittered network crop.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from training.datasets.crop_frame import CROP_IN_PACK, PACK_SIZE

FOCAL_RATIO = 4.5  # focal length in crop sides
Z0_MM = 1300.0  # depth at which m's third number is zero


def pack_intrinsics() -> NDArray[np.float32]:
    """Intrinsics (3, 3) of the packed pictures' camera, px."""
    focal, centre = FOCAL_RATIO * CROP_IN_PACK, (PACK_SIZE - 1) / 2
    return np.array([[focal, 0, centre], [0, focal, centre], [0, 0, 1]], np.float32)


def rotation_from_vector(vector: Tensor) -> Tensor:
    """Rotation vectors (N, 3) -> matrices (N, 3, 3), Rodrigues' formula."""
    angle = vector.square().sum(1, keepdim=True).sqrt().clamp_min(1e-9)[..., None]
    k = cross_matrix(vector) / angle
    out: Tensor = torch.eye(3, device=vector.device) + torch.sin(angle) * k + (1 - torch.cos(angle)) * (k @ k)
    return out


def cross_matrix(v: Tensor) -> Tensor:
    """(N, 3) -> (N, 3, 3), the matrix of v x ."""
    x, y, z = v.unbind(1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], 1).view(-1, 3, 3)


def rotation_from_six(six: Tensor) -> Tensor:
    """Two columns (N, 6) -> orthonormal (N, 3, 3) by Gram-Schmidt; columns as written, not interleaved."""
    a = F.normalize(six[:, :3], dim=1)
    b = F.normalize(six[:, 3:] - (a * six[:, 3:]).sum(1, keepdim=True) * a, dim=1)
    return torch.stack([a, b, torch.linalg.cross(a, b)], 2)


def six_from_rotation(rotation: Tensor) -> Tensor:
    """The first two columns of (N, 3, 3), one after the other (N, 6)."""
    return torch.cat([rotation[:, :, 0], rotation[:, :, 1]], 1)


def rotation_about_z(angle: Tensor) -> Tensor:
    """(N,) radians -> (N, 3, 3); positive turns x towards y, clockwise in the picture."""
    c, s = torch.cos(angle), torch.sin(angle)
    zero, one = torch.zeros_like(c), torch.ones_like(c)
    return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], 1).view(-1, 3, 3)


def rotation_to_ray(ray: Tensor) -> Tensor:
    """Smallest rotation that takes the unit rays (N, 3) to the optical axis (0, 0, 1)."""
    x, y, z = ray.unbind(1)
    k = cross_matrix(torch.stack([y, -x, torch.zeros_like(x)], 1))
    return torch.eye(3, device=ray.device) + k + (k @ k) / (1 + z)[:, None, None]


def project(points: Tensor, rotation: Tensor, m: Tensor) -> Tensor:
    """Face frame mm (N, P, 3) -> crop units (N, P, 2) under rotation (N, 3, 3) and m (N, 3)."""
    depth = Z0_MM * torch.exp(m[:, 2:].clamp(-1.5, 1.5))
    origin = torch.cat([m[:, :2] * depth / FOCAL_RATIO, depth], 1)
    seen = points @ rotation.transpose(1, 2) + origin[:, None]
    return FOCAL_RATIO * seen[..., :2] / seen[..., 2:].clamp_min(100.0)


def move_pose(
    rotation: Tensor, m: Tensor, centre: Tensor, angle: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Pose in the camera of a crop that is shifted, scaled and turned against the pack's.

    The new crop shows u = Rz(angle) (p - centre) / scale of pack position p (crop units). Its camera looks
    along the ray to `centre`, exactly; its focal length in its own sides is the same, so a wider crop
    (scale > 1) means a face that far behind.
    """
    ray = F.normalize(torch.cat([centre, torch.full_like(centre[:, :1], FOCAL_RATIO)], 1), dim=1)
    turn = rotation_about_z(angle)
    depth = torch.exp(m[:, 2:])
    origin = torch.cat([m[:, :2] * depth / FOCAL_RATIO, depth], 1)  # in units of Z0_MM
    seen = (turn[:, :2, :2] @ ((m[:, :2] - centre) / scale[:, None])[..., None])[..., 0]
    log_depth = torch.log((ray * origin).sum(1, keepdim=True) * scale[:, None])
    return turn @ rotation_to_ray(ray) @ rotation, torch.cat([seen, log_depth], 1)


def turn_light(gamma: Tensor, angle: Tensor) -> Tensor:
    """Spherical-harmonics light (N, 9, 3) after the picture is turned by `angle` about the optical axis."""
    c1, s1 = torch.cos(angle)[:, None], torch.sin(angle)[:, None]
    c2, s2 = torch.cos(2 * angle)[:, None], torch.sin(2 * angle)[:, None]
    y00, y1m, y10, y11, y2m2, y2m1, y20, y21, y22 = gamma.unbind(1)
    return torch.stack(
        [
            y00,
            s1 * y11 + c1 * y1m,
            y10,
            c1 * y11 - s1 * y1m,
            s2 * y22 + c2 * y2m2,
            s1 * y21 + c1 * y2m1,
            y20,
            c1 * y21 - s1 * y2m1,
            c2 * y22 - s2 * y2m2,
        ],
        1,
    )
