"""Cut-outs and labelled photos that only the occlusion mask needs, packed into one file.

`hair` (h, 144, 144, 4) uint8 RGBA: hair of `train/celebamask` in the crop frame of its face; `text` (t, 32,
128) uint8 alpha of drawn words; `photos` (k, 144, 144, 3) uint8 RGB and `classes` (k, 144, 144) uint8, the
same faces with what their hand-made pixel maps say: IGNORE, FACE or COVERED; `points` (k, 68, 2) in crop
sides. Every eighth photo is marked `held_out`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.datasets.crop_frame import PACK_MARGIN, PACK_SIZE, frames_of
from training.options import Data, Out

IGNORE, FACE, COVERED = 0, 1, 2
SKIN = (1, 2, 4, 5, 6, 7, 10, 11, 12)  # CelebAMask-HQ classes that are the visible face
FRONT = (13, 14, 18)  # hair, hat, cloth: they cover the face where they lie inside its outline
HAIR = 13
BACKGROUND, GLASSES = 0, 3
FOREHEAD = 0.55  # of the height from mouth to brows that the outline rises above the brows
INNER = 0.94  # background inside the outline, shrunk by 6 %, is a hand or an object
HELD_OUT_EVERY = 8
WORDS = ("STOP", "face", "2026", "NEWS", "live", "Hello", "SALE", "photo", "@home", "WWW", "OK", "No. 7")
TEXTS = 160

Pixels = NDArray[np.uint8]


@dataclass
class OcclusionAssets:
    """The packed file as tensors; colours 0..1, hair's colour times its alpha."""

    hair: Tensor  # (h, 4, 144, 144)
    text: Tensor  # (t, 1, 32, 128)
    photos: Tensor  # (k, 144, 144, 3) uint8
    classes: Tensor  # (k, 144, 144) uint8
    points: Tensor  # (k, 68, 2)
    held_out: Tensor  # (k,) bool

    @classmethod
    def load(cls, path: Path, device: torch.device | str = "cpu") -> OcclusionAssets:
        """Read what `pack-occluders` wrote."""
        with np.load(path, allow_pickle=False) as z:
            read = {name: torch.from_numpy(z[name]) for name in z.files}
        hair = read["hair"].permute(0, 3, 1, 2).float().div_(255)
        hair[:, :3] *= hair[:, 3:]
        return cls(
            hair=hair.to(device),
            text=read["text"][:, None].float().div_(255).to(device),
            photos=read["photos"].to(device),
            classes=read["classes"].to(device),
            points=read["points"].float().to(device),
            held_out=read["held_out"],
        )


def outline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hull (M, 2) of a face from its 68 points: the jaw, and the brows raised over the forehead."""
    up = points[17:27].mean(0) - points[48:68].mean(0)
    raised = points[17:27] + FOREHEAD * up
    return np.asarray(cv2.convexHull(np.concatenate([points, raised]).astype(np.float32))[:, 0], np.float64)


def classes_of(seg: Pixels, points: NDArray[np.float64]) -> Pixels:
    """Pixel map of CelebAMask-HQ (H, W) -> IGNORE, FACE or COVERED (H, W) for the face with these points."""
    hull = outline(points)
    middle = hull.mean(0)
    inside, deep = np.zeros(seg.shape, np.uint8), np.zeros(seg.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(hull).astype(np.int32), (1,))
    cv2.fillConvexPoly(deep, np.rint(middle + INNER * (hull - middle)).astype(np.int32), (1,))
    out = np.full(seg.shape, IGNORE, np.uint8)
    out[np.isin(seg, SKIN)] = FACE
    out[np.isin(seg, FRONT) & (inside > 0)] = COVERED
    out[(seg == BACKGROUND) & (deep > 0)] = COVERED
    out[seg == GLASSES] = IGNORE  # dark or clear: the map does not say
    return out


def drawn_words(rng: np.random.Generator) -> Pixels:
    """Alpha (TEXTS, 32, 128) of words in OpenCV's fonts."""
    out = np.zeros((TEXTS, 32, 128), np.uint8)
    fonts = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)
    for picture in out:
        word = str(rng.choice(WORDS))
        thickness = int(rng.integers(2, 6))
        font, scale = fonts[int(rng.integers(len(fonts)))], float(rng.uniform(0.7, 1.3))
        canvas = np.zeros((32, 128), np.uint8)
        cv2.putText(canvas, word, (2, 25), font, scale, (255,), thickness, cv2.LINE_AA)
        picture[:] = canvas
    return out


def read_celebamask(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Photos, class maps, hair and points of `train/celebamask` in the crop frame of each face."""
    with np.load(folder / "labels.npz") as z:
        files, points68 = [str(f) for f in z["files"]], z["points68_teacher"].astype(np.float64)
    frames = frames_of(points68)
    photos, classes, hair = [], [], []
    for row, name in enumerate(files):
        picture = cv2.imread(str(folder / "images" / name), cv2.IMREAD_COLOR)
        seg = cv2.imread(str(folder / "seg" / f"{Path(name).stem}.png"), cv2.IMREAD_GRAYSCALE)
        if picture is None or seg is None:
            raise FileNotFoundError(f"cannot read {name} of {folder} or its pixel map")
        matrix = frames.matrix(row, PACK_SIZE, PACK_MARGIN)
        crop = cv2.warpAffine(picture, matrix, (PACK_SIZE, PACK_SIZE), flags=cv2.INTER_LINEAR)[..., ::-1]
        labels = classes_of(seg.astype(np.uint8), points68[row])
        photos.append(crop)
        # Beyond the photo nothing is known.
        classes.append(cv2.warpAffine(labels, matrix, (PACK_SIZE, PACK_SIZE), flags=cv2.INTER_NEAREST))
        strands = (seg == HAIR).astype(np.uint8) * 255
        alpha = cv2.warpAffine(strands, matrix, (PACK_SIZE, PACK_SIZE), flags=cv2.INTER_LINEAR)
        if (alpha > 127).mean() > 0.06:
            hair.append(np.dstack([crop, alpha]))
    return {
        "photos": np.array(photos, np.uint8),
        "classes": np.array(classes, np.uint8),
        "hair": np.array(hair, np.uint8),
        "points": frames.to_crop(points68).astype(np.float32),
        "held_out": np.arange(len(files)) % HELD_OUT_EVERY == 0,
    }


def pack_occluders(data: Data, out: Out) -> None:
    """Pack hair, words and photos with pixel maps, which only N_mask needs."""
    arrays = read_celebamask(data / "train" / "celebamask")
    arrays["text"] = drawn_words(np.random.default_rng(0))
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    print(f"{len(arrays['photos'])} photos, {len(arrays['hair'])} cut-outs of hair")
