"""Packed shards: pictures decoded once into one uint8 tensor, labels beside them, all on the training
device."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.datasets.crop_frame import CROP_IN_PACK, PACK_SIZE

EMBEDDING = 128  # numbers of the identity teacher
LABELS = ("alpha", "beta", "delta", "gamma", "rotvec", "m")


@dataclass
class Shards:
    """All rows of a folder of shards; points in crop units of the un-jittered crop."""

    pictures: Tensor  # (n, 144, 144, 3) uint8 RGB
    labels: dict[str, Tensor]  # float32, names of LABELS
    points: Tensor  # (n, 68, 2)
    points_weight: Tensor  # (n, 68)
    weight: Tensor  # (n,) of the fitted geometry
    light_weight: Tensor  # (n,) of beta and gamma
    presence: Tensor  # (n,) 1 where there is a face
    identity: Tensor  # (n, 128) the identity teacher's embedding of length one, zeros where it has none
    set_index: NDArray[np.int64]  # (n,) into sets
    sets: list[str]
    subject: NDArray[np.int64]  # (n,), -1 where unknown

    def __len__(self) -> int:
        return len(self.pictures)

    def split(self, held_out: float) -> tuple[Tensor, Tensor]:
        """Rows for training and rows held out; a person's pictures are never on both sides."""
        alone = self.subject < 0
        key = np.where(alone, np.arange(len(self)) + 1_000_003, self.subject + 131 * self.set_index)
        # A fixed mixing of the key (Knuth's multiplicative hash) stands for a draw, the same on every
        # machine.
        share = ((key.astype(np.uint64) * np.uint64(2654435761)) % np.uint64(1 << 32)) / float(1 << 32)
        rows = np.arange(len(self))
        return torch.from_numpy(rows[share >= held_out]), torch.from_numpy(rows[share < held_out])


def load_shards(folder: Path, device: torch.device | str = "cpu", threads: int = 1) -> Shards:
    """Read every shard_*.npz of a folder; JPEGs are decoded in `threads` threads."""
    paths = sorted(folder.glob("shard_*.npz"))
    if not paths:
        raise FileNotFoundError(f"no shard_*.npz in {folder}: make the shards first")
    counts = []
    for path in paths:
        with np.load(path, allow_pickle=False) as shard:
            counts.append(len(shard["ptr"]) - 1)
    pictures = np.empty((sum(counts), PACK_SIZE, PACK_SIZE, 3), np.uint8)
    columns: dict[str, list[NDArray[np.generic]]] = {}
    start, names = 0, []
    for path, count in zip(paths, counts, strict=True):
        with np.load(path, allow_pickle=False) as shard:
            _decode(shard["jpg"], shard["ptr"], pictures[start : start + count], threads)
            own = [str(name) for name in shard["sets"]]
            names += [name for name in own if name not in names]
            renumbered = np.array([names.index(name) for name in own])[shard["set"].astype(np.int64)]
            columns.setdefault("set", []).append(renumbered)
            for name in (*LABELS, "points", "points_weight", "weight", "subject"):
                columns.setdefault(name, []).append(shard[name])
            light = shard["light_weight"] if "light_weight" in shard.files else np.ones(count, np.float32)
            columns.setdefault("light_weight", []).append(light)
            identity = (
                shard["identity"] if "identity" in shard.files else np.zeros((count, EMBEDDING), np.float16)
            )
            columns.setdefault("identity", []).append(identity)
            presence = shard["presence"] if "presence" in shard.files else np.ones(count, np.float32)
            columns.setdefault("presence", []).append(presence)
        start += count
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}

    def tensor(name: str) -> Tensor:
        # Rows without a label may hold NaN: their weight is zero, but zero times NaN would still spread.
        return torch.from_numpy(np.nan_to_num(joined[name].astype(np.float32))).to(device)

    points = (tensor("points") - (PACK_SIZE - 1) / 2) / CROP_IN_PACK
    return Shards(
        pictures=torch.from_numpy(pictures).to(device),
        labels={name: tensor(name) for name in LABELS},
        points=points,
        points_weight=tensor("points_weight"),
        weight=tensor("weight"),
        light_weight=tensor("light_weight") * tensor("weight"),
        presence=tensor("presence"),
        identity=tensor("identity"),
        set_index=joined["set"].astype(np.int64),
        sets=names,
        subject=joined["subject"].astype(np.int64),
    )


def _decode(jpg: NDArray[np.uint8], ptr: NDArray[np.int64], out: NDArray[np.uint8], threads: int) -> None:
    def one(i: int) -> None:
        picture = cv2.imdecode(jpg[ptr[i] : ptr[i + 1]], cv2.IMREAD_COLOR)
        if picture is None or picture.shape != out[i].shape:
            raise ValueError(f"picture {i} of a shard is not a {PACK_SIZE} x {PACK_SIZE} JPEG")
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=out[i])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(len(out))))
