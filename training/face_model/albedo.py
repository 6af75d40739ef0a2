"""Mean albedo, its basis and each face's light, learned from the training pictures.

Colours of the visible control vertices are explained as albedo x SH light (equation 6), in turns: light by
least squares given the albedo, albedo as what is left. The mean is symmetric; the basis is the principal
components of faces and their mirror images.
"""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
import torch
import typer
from scipy.spatial import cKDTree
from torch import Tensor
from tqdm import tqdm

from facesdk import ops
from training.datasets.crop_frame import PACK_SIZE
from training.face_model.camera import pack_intrinsics
from training.face_model.ict_geometry import N_SKIN
from training.face_model.spherical_harmonics import sh_basis
from training.options import GeometryFile, LabelsFile, Out, PicturesFile

Array = npt.NDArray[np.float32]
N_NARROW = 6706
"""Control vertices of the face proper, without neck, ears and crown: the part that light is fitted to."""
N_TEX = 50
FADE_MM = 25.0
"""Distance from the face proper over which the basis loses hold of hair and clothes."""
LIGHT_FAR = 0.003
"""Ridge on the eight directional SH terms, relative to the ambient one."""


class Observer:
    """Colours, normals and visibility of the control vertices of labelled faces."""

    def __init__(self, labels: Path, pictures: Path, geometry: Path) -> None:
        with np.load(labels) as z:
            self.labels = {k: z[k] for k in z.files}
        with np.load(pictures) as z:
            self.blob, self.ptr = z["jpg"].tobytes(), z["ptr"]
        with np.load(geometry) as z:
            self.mean = z["mean_control_mm"]
            self.bases = np.concatenate([z["identity"], z["expression"]]).reshape(-1, self.mean.size)
            self.triangles = np.ascontiguousarray(z["control_triangles"], dtype=np.int32)
            self.mirror = z["mirror_control"]
        self.intrinsics = pack_intrinsics()

    def __call__(self, row: int) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        """Colours (C, 3) in 0..1, normals (C, 3) in the camera frame, and which of them are seen (C,)."""
        picture = cv2.imdecode(
            np.frombuffer(self.blob[self.ptr[row] : self.ptr[row + 1]], np.uint8), cv2.IMREAD_COLOR
        )
        assert picture is not None
        coefficients = np.concatenate([self.labels["alpha"][row], self.labels["delta"][row]]).astype(
            np.float32
        )
        verts = self.mean + (coefficients @ self.bases).reshape(-1, 3)
        rotation = self.labels["rotation"][row].astype(np.float32)
        camera = ops.transform(verts, rotation, self.labels["translation_mm"][row].astype(np.float32))
        normals = ops.normals(camera, self.triangles)
        points = ops.project(camera, self.intrinsics)
        depth = ops.rasterize(points, self.triangles, PACK_SIZE, PACK_SIZE, want=("depth",)).depth
        assert depth is not None
        x, y = points[:, 0], points[:, 1]
        column, line = (
            np.clip(np.rint(x), 0, PACK_SIZE - 1).astype(int),
            np.clip(np.rint(y), 0, PACK_SIZE - 1).astype(int),
        )
        front = depth[line, column]
        inside = (x > 1) & (x < PACK_SIZE - 2) & (y > 1) & (y < PACK_SIZE - 2)
        toward = -(normals * camera).sum(1) / np.linalg.norm(camera, axis=1)
        seen = inside & (toward > 0.25) & (points[:, 2] < front + 5.0)
        colour = cv2.remap(picture, x.reshape(-1, 1), y.reshape(-1, 1), cv2.INTER_LINEAR)[
            :, 0, ::-1
        ] / np.float32(255)
        # Black beside the stored picture is no colour of the face.
        seen &= colour.max(1) > 0.02
        return colour.astype(np.float32), normals, seen


def fit_light(colour: Tensor, albedo: Tensor, basis: Tensor, weight: Tensor) -> Tensor:
    """Gamma (N, 9, 3) by ridge regression; colour, albedo (N, V, 3), basis (N, V, 9), weight (N, V)."""
    out = []
    for channel in range(3):
        a = basis * albedo[..., channel : channel + 1] * weight[..., None]
        ridge = torch.full((9,), LIGHT_FAR)
        ridge[0] = 1e-6
        normal = a.transpose(1, 2) @ a + torch.diag(ridge) * weight.sum(1)[:, None, None]
        right = a.transpose(1, 2) @ (colour[..., channel : channel + 1] * weight[..., None])
        out.append(torch.linalg.solve(normal, right)[..., 0])
    return torch.stack(out, -1)


def gather(observer: Observer, rows: npt.NDArray[np.int64], title: str) -> tuple[Tensor, Tensor, Tensor]:
    parts = [observer(int(r)) for r in tqdm(rows, desc=title, mininterval=5)]
    colour, normals, seen = (torch.from_numpy(np.stack([p[i] for p in parts])) for i in range(3))
    return colour, normals, seen


def learn(observer: Observer, rows: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
    """Mean albedo (C, 3), basis (N_TEX, C, 3) and scale (N_TEX,), from the faces `rows`."""
    colour, normals, seen = gather(observer, rows, "colours")
    mirror = torch.from_numpy(observer.mirror.astype(np.int64))
    basis = sh_basis(normals[:, :N_NARROW])
    weight = seen[:, :N_NARROW].float()
    mean = torch.full((len(mirror), 3), 0.6)
    own = mean.expand(len(rows), -1, -1).clone()
    for _ in range(5):
        gamma = fit_light(colour[:, :N_NARROW], mean[:N_NARROW].expand(len(rows), -1, -1), basis, weight)
        shade = (sh_basis(normals) @ gamma).clamp_min(0.15)
        own = (colour / shade).clamp(0, 1.5)
        filled = torch.where(seen[..., None], own, torch.nan)
        mean = torch.nanmedian(torch.cat([filled, filled[:, mirror]]), 0).values.nan_to_num(0.5)
        # Scale between albedo and light is free: the skin's mean is put at a middle value.
        mean = (mean * (0.62 / mean[:N_NARROW].mean())).clamp(0.02, 0.98)
    shade = sh_basis(normals) @ fit_light(
        colour[:, :N_NARROW], mean[:N_NARROW].expand(len(rows), -1, -1), basis, weight
    )
    rest = torch.where(seen[..., None], colour / shade.clamp_min(0.15) - mean, torch.zeros(1)).clamp(
        -0.35, 0.35
    )
    other = seen[:, mirror] & ~seen
    rest = torch.where(other[..., None], rest[:, mirror], rest)
    # Crown, ears and neck are mostly hair and clothes in the pictures: they follow the skin's first
    # components weakly, the more so the farther they are from the face proper.
    far = cKDTree(observer.mean[:N_NARROW]).query(observer.mean)[0]
    region = torch.from_numpy(0.3 + 0.7 * np.exp(-((far / FADE_MM) ** 2))).float()
    region[N_SKIN:] = 1.0
    both = torch.cat([rest, rest[:, mirror]]) * region[:, None]
    flat = both.reshape(len(both), -1)
    # So is the colour between them: the mean light over the faces is called white.
    skin = torch.where(seen[:, :N_NARROW, None], colour[:, :N_NARROW], torch.nan).nanmean((0, 1))
    tint = skin / mean[:N_NARROW].mean(0)
    tint = tint / tint.mean()
    flat = flat * tint.repeat(len(mirror))
    _, s, v = torch.svd_lowrank(flat, q=N_TEX + 10, niter=3)
    scale = s[:N_TEX] / len(flat) ** 0.5
    explained = float((s[:N_TEX] ** 2).sum() / (flat**2).sum())
    print(f"{len(rows)} faces, {N_TEX} directions hold {100 * explained:.1f} % of the albedo's variance")
    directions = (v[:, :N_TEX] * scale).T.reshape(N_TEX, -1, 3)
    return (mean * tint).clamp(0.02, 0.98), directions, scale


def fit_all(
    observer: Observer, mean: Tensor, directions: Tensor, rows: npt.NDArray[np.int64]
) -> tuple[Array, Array, Array]:
    """beta (n, N_TEX), gamma (n, 9, 3) and the share of the face proper that is seen (n,)."""
    betas, gammas, shares = [], [], []
    narrow = torch.arange(0, N_NARROW, 7)
    base, rows_of = mean[narrow], directions[:, narrow].permute(1, 2, 0)
    for first in tqdm(range(0, len(rows), 32), desc="light", mininterval=5):
        parts = [observer(int(r)) for r in rows[first : first + 32]]
        colour, normals, seen = (
            torch.from_numpy(np.stack([p[i][narrow.numpy()] for p in parts])) for i in range(3)
        )
        basis, weight = sh_basis(normals), seen.float()
        beta = torch.zeros(len(parts), N_TEX)
        for _ in range(2):
            albedo = (base + (beta @ rows_of.reshape(-1, N_TEX).T).reshape(len(parts), -1, 3)).clamp(0.02, 1)
            gamma = fit_light(colour, albedo, basis, weight)
            shade = basis @ gamma
            error = colour - base * shade
            # Occluders and hair are outliers to the skin: their pull is bounded.
            robust = weight[..., None] / (1 + ((colour - albedo * shade) / 0.12) ** 2)
            system = (rows_of * shade[..., None]).reshape(len(parts), -1, N_TEX)
            w = robust.reshape(len(parts), -1, 1)
            normal = system.transpose(1, 2) @ (system * w) + 0.05**2 * 13 * torch.eye(N_TEX)
            beta = torch.linalg.solve(
                normal, system.transpose(1, 2) @ (error.reshape(len(parts), -1, 1) * w)
            )[..., 0]
            beta = beta.clamp(-3, 3)
            weight = seen.float() / (1 + ((colour - albedo * shade).abs().mean(-1) / 0.12) ** 2)
        betas.append(beta)
        gammas.append(gamma)
        shares.append(seen.float().mean(1))
    return tuple(torch.cat(p).numpy() for p in (betas, gammas, shares))  # type: ignore[return-value]


def learn_albedo(
    labels_file: LabelsFile,
    pictures: PicturesFile,
    geometry: GeometryFile,
    out: Out,
    fit: Annotated[Path | None, typer.Option(help="labels to write, with every face's light")] = None,
    faces: Annotated[int, typer.Option(help="photos to learn from")] = 1600,
) -> None:
    """Learn the mean albedo and its basis; with --fit, fit albedo and light of every labelled face."""
    torch.set_num_threads(1)
    observer = Observer(labels_file, pictures, geometry)
    labels = observer.labels
    if out.exists():
        with np.load(out) as z:
            mean, directions = torch.from_numpy(z["mean"]), torch.from_numpy(z["directions"])
    else:
        good = ~labels["wrong"].astype(bool) & (labels["yaw"] < 35) & (labels["side"] > 80)
        rows = np.random.default_rng(1).permutation(np.flatnonzero(good))[:faces]
        mean, directions, scale = learn(observer, rows)
        np.savez(out, mean=mean.numpy(), directions=directions.numpy(), scale=scale.numpy())
    if fit:
        beta, gamma, share = fit_all(observer, mean, directions, np.arange(len(labels["row"])))
        labels |= {"beta": beta, "gamma": gamma, "light_weight": (share > 0.35).astype(np.float32)}
        np.savez_compressed(fit, **labels)
