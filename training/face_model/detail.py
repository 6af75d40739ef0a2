"""Directions of albedo beyond those that the network gives: what a photo can show, learned from what is left.

Each training face's fitted albedo and light are taken off its colours; the principal components of the rest
are kept. Faces and their mirror images are equally likely, so every component is symmetric or antisymmetric:
the two kinds are found apart, and one half of the face says all.
"""

from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
import typer
from torch import Tensor
from tqdm import tqdm

from training.face_model.albedo import N_NARROW, Observer
from training.face_model.spherical_harmonics import sh_basis
from training.options import AlbedoFile, GeometryFile, LabelsFile, Out, PicturesFile

N_DETAIL = 90
N_GRAY = 340
"""Directions in gray after those in colour: four fifths of what those leave is alike in all channels."""
LARGEST = 0.3
"""Residuals of albedo beyond this are hair, shadows and things before the face."""
CHUNK = 100


def half_of_face(mirror: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Control vertices of one half of the face proper, the midline included."""
    own = np.arange(N_NARROW)
    return own[mirror[:N_NARROW] >= own]


def residuals(
    observer: Observer, rows: npt.NDArray[np.int64], albedo: dict[str, npt.NDArray[np.float32]]
) -> tuple[Tensor, Tensor]:
    """Symmetric and antisymmetric parts (n, 3 H) of what the fitted albedo leaves unexplained."""
    labels, mirror = observer.labels, observer.mirror.astype(np.int64)
    half = half_of_face(mirror)
    other = mirror[half]
    mean, directions = torch.from_numpy(albedo["mean"]), torch.from_numpy(albedo["directions"])
    flat = directions.reshape(len(directions), -1)
    even, odd = [], []
    for first in tqdm(range(0, len(rows), CHUNK), desc="residuals", mininterval=5):
        some = rows[first : first + CHUNK]
        parts = [observer(int(r)) for r in some]
        colour, normals, seen = (torch.from_numpy(np.stack([p[i] for p in parts])) for i in range(3))
        gamma = torch.from_numpy(labels["gamma"][some]).float()
        beta = torch.from_numpy(labels["beta"][some]).float()
        shade = (sh_basis(normals) @ gamma).clamp_min(0.15)
        rest = colour / shade - mean - (beta @ flat).reshape(len(some), -1, 3)
        rest = torch.where(seen[..., None], rest, torch.zeros(1)).clamp(-LARGEST, LARGEST)
        left = torch.where(seen[:, half, None], rest[:, half], rest[:, other])
        right = torch.where(seen[:, other, None], rest[:, other], rest[:, half])
        even.append(((left + right) / 2).flatten(1))
        odd.append(((left - right) / 2).flatten(1))
    return torch.cat(even), torch.cat(odd)


def components(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Directions (count, 3 H), of the size of a standard deviation each, and their variances."""
    _, s, v = torch.svd_lowrank(rows, q=count + 10, niter=3)
    scale = s[:count] / len(rows) ** 0.5
    return (v[:, :count] * scale).T, scale**2


def most_varied(parts: list[Tensor], count: int) -> list[Tensor]:
    """The directions of the largest variances, `count` of the symmetric and the antisymmetric together."""
    # Off the midline each vertex of the half stands for two.
    found = [components(part, count) for part in parts]
    bar = torch.cat([variance for _, variance in found]).sort(descending=True).values[count - 1]
    return [directions[variance >= bar] for directions, variance in found]


def without(rows: Tensor, directions: Tensor) -> Tensor:
    """Rows (n, D) less their parts along orthogonal directions (k, D)."""
    units = directions / directions.norm(dim=1, keepdim=True)
    rest: Tensor = rows - (rows @ units.T) @ units
    return rest


def learn_detail(
    labels_file: LabelsFile,
    pictures: PicturesFile,
    geometry: GeometryFile,
    albedo_file: AlbedoFile,
    out: Out,
    faces: Annotated[int, typer.Option(help="photos to learn from")] = 15_000,
) -> None:
    """Learn directions of albedo beyond those that the network gives."""
    torch.set_num_threads(1)
    observer = Observer(labels_file, pictures, geometry)
    labels = observer.labels
    good = ~labels["wrong"].astype(bool) & (labels["yaw"] < 35) & (labels["side"] > 80)
    good &= labels["light_weight"] > 0
    rows = np.random.default_rng(2).permutation(np.flatnonzero(good))[:faces]
    with np.load(albedo_file) as z:
        albedo = {k: z[k] for k in ("mean", "directions")}
    both = list(residuals(observer, rows, albedo))
    colour = most_varied(both, N_DETAIL)
    grays = [
        without(part, kept).reshape(len(part), -1, 3).mean(2) for part, kept in zip(both, colour, strict=True)
    ]
    gray = most_varied(grays, N_GRAY)
    for name, parts, kept in (("colour", both, colour), ("gray", grays, gray)):
        left = sum(float((without(p, k) ** 2).sum()) for p, k in zip(parts, kept, strict=True))
        share = 100 - 100 * left / sum(float((p**2).sum()) for p in parts)
        print(f"{name}: {len(kept[0])} symmetric, {len(kept[1])} antisymmetric directions hold {share:.1f} %")
    even, odd = (k.reshape(len(k), -1, 3).numpy() for k in colour)
    half = half_of_face(observer.mirror.astype(np.int64))
    np.savez(out, even=even, odd=odd, gray_even=gray[0].numpy(), gray_odd=gray[1].numpy(), half=half)
