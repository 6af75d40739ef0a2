"""All pictures of the detector's training in one flat uint8 file with a pyramid each, so that composing
canvases on one core reads memory and never decodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from training.detector.sources import Picture, Teacher, read_faces, read_scenes
from training.options import Data

LEVELS = 4  # 1, 1/2, 1/4, 1/8: a face shrunk into a mosaic is sampled without aliasing


class Pack:
    """The packed pictures; `level(i, k)` is picture i reduced 2**k times, BGR uint8."""

    def __init__(self, folder: Path) -> None:
        self.bytes = np.load(folder / "pixels.npy", mmap_mode="r")
        meta = np.load(folder / "labels.npz")
        self.offset, self.shape = meta["offset"], meta["shape"]
        self.set, self.sets = meta["set"], [str(s) for s in meta["sets"]]
        self.face_ptr = meta["face_ptr"]
        self.boxes, self.points, self.sure = meta["boxes"], meta["points"], meta["sure"]

    def __len__(self) -> int:
        return len(self.offset)

    def level(self, i: int, k: int) -> NDArray[Any]:
        h, w = self.shape[i, k]
        start = self.offset[i, k]
        return np.asarray(self.bytes[start : start + h * w * 3]).reshape(h, w, 3)

    def faces(self, i: int) -> slice:
        return slice(int(self.face_ptr[i]), int(self.face_ptr[i + 1]))


def write(pictures: Iterable[Picture], folder: Path) -> int:
    """Pack the pictures into folder; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    offsets, shapes, sets, boxes, points, sure, ptr = [], [], [], [], [], [], [0]
    position = 0
    names: list[str] = []
    raw = folder / "pixels.raw"
    with raw.open("wb") as out:
        for n, picture in enumerate(pictures):
            level, offset, shape = picture.pixels, [], []
            for _ in range(LEVELS):
                offset.append(position)
                shape.append(level.shape[:2])
                position += out.write(np.ascontiguousarray(level).tobytes())
                half = (max(1, level.shape[1] // 2), max(1, level.shape[0] // 2))
                level = cv2.resize(level, half, interpolation=cv2.INTER_AREA)
            offsets.append(offset)
            shapes.append(shape)
            if picture.set not in names:
                names.append(picture.set)
            sets.append(names.index(picture.set))
            boxes.append(picture.boxes)
            points.append(picture.points)
            sure.append(picture.sure)
            ptr.append(ptr[-1] + len(picture.boxes))
            if n % 1000 == 0:
                print(f"{n} pictures, {ptr[-1]} faces, {position / 1e6:.0f} MB", flush=True)
    flat = np.lib.format.open_memmap(folder / "pixels.npy", "w+", np.uint8, (position,))
    flat[:] = np.memmap(raw, np.uint8, "r")
    flat.flush()
    raw.unlink()
    np.savez(
        folder / "labels.npz",
        offset=np.array(offsets),
        shape=np.array(shapes),
        set=np.array(sets),
        sets=np.array(names),
        face_ptr=np.array(ptr),
        boxes=np.concatenate(boxes),
        points=np.concatenate(points),
        sure=np.concatenate(sure),
    )
    return len(offsets)


def read_plain(folder: Path) -> Iterable[Picture]:
    """Pictures without faces (textures, hands over a flat ground): negatives and occluders."""
    none = (np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, bool))
    for file in sorted(folder.rglob("*.*")):
        pixels = cv2.imread(str(file)) if file.suffix in (".jpg", ".png", ".webp") else None
        if pixels is not None:
            yield Picture("plain", file.name, pixels, *none)


def pack_detector(data: Data, out: Annotated[Path, typer.Option(help="folder of the pack")]) -> None:
    """Pack the pictures of the detector's training; runs its teacher, YuNet."""
    cv2.setNumThreads(1)
    teacher = Teacher(data / "teachers" / "yunet_2026may.onnx")
    write(read_scenes(data, teacher), out / "scenes")
    write(read_plain(data / "occluders" / "textures"), out / "textures")
    write(read_faces(data, teacher), out / "faces")
