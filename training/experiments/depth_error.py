"""How deep a reconstruction is wrong: SIDE and MAD (paper 1, equations 20 and 21) on rendered faces.

A fitted face is drawn over its photo with the albedo and light of the fit, so that the depth and the normals
of what the network sees are known exactly. The paper divides by W x H; here the sums go over the pixels that
both faces cover, since only there both have a depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from facesdk import ops
from facesdk.core.intrinsics import crop_intrinsics
from facesdk.morphable.face_model import FaceModel
from training.augmentation.augment import Augment
from training.face_model.camera import FOCAL_RATIO, Z0_MM, rotation_from_six
from training.networks.mobile_facernet import MobileFaceRNet

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Pose:
    """Where a face is in the crop's camera: rotation (3, 3) and m (3,) of face_model/camera.py."""

    rotation: FloatArray
    m: FloatArray

    def translation_mm(self) -> FloatArray:
        """(3,) mm."""
        depth = Z0_MM * float(np.exp(self.m[2]))
        x, y = (float(v) * depth / FOCAL_RATIO for v in self.m[:2])
        return np.array([x, y, depth], np.float32)


@dataclass(frozen=True)
class Drawn:
    """A face as the camera of a size x size crop sees it."""

    color: FloatArray  # (S, S, 3) 0..1
    depth_mm: FloatArray  # (S, S), 0 where the face is not


def draw(
    model: FaceModel,
    identity: FloatArray,
    expression: FloatArray,
    pose: Pose,
    size: int,
    colors: tuple[FloatArray, FloatArray] | None = None,
) -> Drawn:
    """Render the face at size x size; colors: albedo coefficients (n_tex,) and light (9, 3), gray without."""
    verts = ops.transform(model.decode(identity, expression), pose.rotation, pose.translation_mm())
    points = ops.project(verts, crop_intrinsics(size, FOCAL_RATIO))
    lit = np.full_like(verts, 0.5)
    if colors is not None:
        normals = ops.normals(verts, model.triangles)
        lit = ops.shade(model.albedo(colors[0]), normals, colors[1])
    drawn = ops.rasterize(points, model.triangles, size, size, colors=lit, want=("color", "depth"))
    assert drawn.color is not None
    assert drawn.depth is not None
    return Drawn(np.clip(drawn.color, 0, 1), drawn.depth)


def scale_invariant_depth_error(depth_mm: FloatArray, truth_mm: FloatArray) -> float:
    """SIDE, equation 20: standard deviation of ln(d) - ln(truth) where both are known; NaN where nowhere."""
    both = (depth_mm > 0) & (truth_mm > 0)
    if not both.any():
        return float("nan")
    return float(np.std(np.log(depth_mm[both].astype(np.float64)) - np.log(truth_mm[both])))


def mean_angle_deviation(depth_mm: FloatArray, truth_mm: FloatArray) -> float:
    """MAD, equation 21: mean angle in degrees between the normals of two depth maps, where both have one."""
    ours, theirs = normals_of_depth(depth_mm), normals_of_depth(truth_mm)
    cosine = (ours * theirs).sum(2)
    both = np.isfinite(cosine)
    if not both.any():
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(cosine[both], -1, 1))).mean())


def normals_of_depth(depth_mm: FloatArray) -> NDArray[np.float64]:
    """(S, S, 3) unit normals of a crop's depth map by central differences; NaN on and beside its border."""
    size = len(depth_mm)
    at = (np.arange(size) - (size - 1) / 2) / (FOCAL_RATIO * size)
    z = np.where(depth_mm > 0, depth_mm, np.nan).astype(np.float64)
    points = np.stack([at[None, :] * z, at[:, None] * z, z], 2)
    normals = np.full(points.shape, np.nan)
    across = points[1:-1, 2:] - points[1:-1, :-2]
    down = points[2:, 1:-1] - points[:-2, 1:-1]
    normals[1:-1, 1:-1] = np.cross(across, down)
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True))


@torch.no_grad()
def measure(
    network: MobileFaceRNet, augment: Augment, rows: torch.Tensor, model: FaceModel
) -> dict[str, float]:
    """SIDE x 100, MAD in degrees and the errors of shape, texture and expression on rendered faces.

    rows: of the shards, held out and with a fit of geometry and light. The errors of the coefficients are
    root mean squares in standard deviations of the labels.
    """
    size, parts = network.preset.input_size, network.preset.layout.slices()
    sums: dict[str, list[float]] = {name: [] for name in ("side", "mad", "shape", "texture", "expression")}
    for row in rows.tolist():
        batch = augment.draw(torch.tensor([row]), size, None, None)
        truth = [batch.alpha, batch.delta, batch.rotation, batch.m, batch.beta, batch.gamma.view(1, 9, 3)]
        alpha, delta, rotation, m, beta, gamma = (t[0].cpu().numpy() for t in truth)
        real = draw(model, alpha, delta, Pose(rotation, m), size, (beta, gamma))
        photo = batch.crops[0].permute(1, 2, 0).cpu().numpy()
        seen = np.where(real.depth_mm[..., None] > 0, real.color, photo)
        crop = torch.from_numpy(np.ascontiguousarray(seen.transpose(2, 0, 1)[None])).to(batch.crops.device)
        x = network(crop.contiguous(memory_format=torch.channels_last))[0]
        turned = rotation_from_six(x[:, parts["R"]])[0].cpu().numpy()
        given = {name: x[0, where].cpu().numpy() for name, where in parts.items()}
        own = draw(
            model, given["alpha"], given["delta"].clip(0, 1), Pose(turned, given["m"]), size
        )  # fmt: skip
        sums["side"].append(100 * scale_invariant_depth_error(own.depth_mm, real.depth_mm))
        sums["mad"].append(mean_angle_deviation(own.depth_mm, real.depth_mm))
        off = (x - batch.target()) / network.std
        for name, part in (("shape", "alpha"), ("texture", "beta"), ("expression", "delta")):
            sums[name].append(float(off[0, parts[part]].square().mean().sqrt()))
    return {name: float(np.nanmean(values)) for name, values in sums.items()}
