"""Training canvases: mosaics of the sets' pictures, faces pasted into scenes, scenes, close-ups, negatives.

A canvas carries the boxes and points of every face on it; a face cut or covered so far that nobody could
say whether it should be found carries no loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.augment import degrade
from training.detector.geometry import map_boxes, map_points, similarity, visible, warp
from training.detector.occlude import Occluders
from training.detector.pack import Pack
from training.detector.signs import sign

Array = NDArray[Any]
Image = NDArray[Any]
BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)
KEEP, UNSURE = 0.62, 0.25  # visible share of a face: found, or without loss, or gone
SMALLEST = 8.0  # px; smaller faces carry no loss
COVERED = 0.3  # share of the faces that something is put before
AGAIN = 0.25  # share of the canvases round an earlier mistake, where those are known
KIND_SHARES = (0.5, 0.4, 0.1)  # of them in face photos, scenes, textures: streets are harder


@dataclass
class Canvas:
    """Pixels BGR (S, S, 3) with the faces put on it so far: boxes x0 y0 x1 y1, points, kind 1 or 0."""

    pixels: Image
    boxes: list[Array] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)

    def add(self, boxes: Array, points: Array, kind: NDArray[np.int64], x: int = 0, y: int = 0) -> None:
        self.boxes += list(boxes + np.array([x, y, x, y], np.float32))
        self.points += list(points + np.array([x, y], np.float32))
        self.kind += [int(k) for k in kind]

    def cover(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Something is about to hide this rectangle: faces under it fade or go."""
        keep = []
        for n, box in enumerate(self.boxes):
            w = min(box[2], x1) - max(box[0], x0)
            h = min(box[3], y1) - max(box[1], y0)
            hidden = max(w, 0) * max(h, 0) / max(1e-3, float(np.prod(box[2:] - box[:2])))
            if hidden > 0.25:
                self.kind[n] = 0
            if hidden < 0.85:
                keep.append(n)
        self.boxes = [self.boxes[n] for n in keep]
        self.points = [self.points[n] for n in keep]
        self.kind = [self.kind[n] for n in keep]


class Composer:
    """Draws canvases; `sample()` gives (pixels RGB (S, S, 3), boxes, points, kind).

    mistakes: windows that an earlier state took for faces, see training/hard_negatives.py. set_weights: how
    many times as often as by its size a set is drawn.
    """

    def __init__(
        self,
        folder: Path,
        occluders: Path,
        size: int,
        seed: int,
        held_out: bool = False,
        mistakes: Array | None = None,
        set_weights: Mapping[str, float] | None = None,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.faces, self.scenes = Pack(folder / "faces"), Pack(folder / "scenes")
        self.textures = Pack(folder / "textures")
        self.occluders = Occluders(occluders, self.rng)
        self.mistakes = None if mistakes is None else self._by_kind(mistakes)
        self.scene_list = [i for i in range(len(self.scenes)) if is_held_out(i) == held_out]
        numbers = np.array([i for i in range(len(self.faces)) if is_held_out_photo(i) == held_out])
        # the sets differ in size and worth: draw a set first, softly by its size
        of_set = self.faces.set[numbers]
        self.by_set = [numbers[of_set == s] for s in range(len(self.faces.sets))]
        more = set_weights or {}
        weight = np.array(
            [len(n) ** 0.6 * more.get(s, 1.0) for n, s in zip(self.by_set, self.faces.sets, strict=True)]
        )
        self.set_chance = weight / weight.sum()

    def sample(self) -> tuple[Image, Array, Array, NDArray[np.int64]]:
        draw = self.rng.random()
        if self.mistakes is not None and self.rng.random() < AGAIN:
            canvas = self._mistake()
        elif draw < 0.30:
            canvas = self._mosaic()
        elif draw < 0.57:
            canvas = self._pasted()
        elif draw < 0.82:
            canvas = self._scene()
        else:
            canvas = self._close_up()
        if self.rng.random() < 0.5:
            self._distract(canvas)
        pixels = canvas.pixels
        for n in range(len(canvas.boxes)):
            if canvas.kind[n] == 1 and self.rng.random() < COVERED:
                self.occluders.put(pixels, canvas.boxes[n], canvas.points[n], self._texture())
        boxes = np.array(canvas.boxes, np.float32).reshape(-1, 4)
        kind = np.array(canvas.kind, np.int64)
        size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        pixels = degrade(pixels, self.rng, float(size[kind == 1].min(initial=self.size)))
        kind[size < SMALLEST] = 0
        return pixels[..., ::-1], boxes, np.array(canvas.points, np.float32).reshape(-1, 5, 2), kind

    def _texture(self) -> Image:
        return self.textures.level(int(self.rng.integers(len(self.textures))), 0)

    def _pick(self) -> int:
        group = self.by_set[self.rng.choice(len(self.by_set), p=self.set_chance)]
        return int(group[self.rng.integers(len(group))])

    def _turn(self) -> float:
        return float(self.rng.normal(0, 8) if self.rng.random() < 0.6 else self.rng.uniform(-48, 48))

    def _tile(self, width: int, height: int, face: float | None = None) -> Canvas:
        """One picture of the face sets in a rectangle, its labelled face `face` px large."""
        i = self._pick()
        box = self.faces.boxes[self.faces.faces(i)][0]
        size = float(np.sqrt(box[2] * box[3]))
        if face is None:
            face = min(width, height) * float(self.rng.uniform(0.35, 0.8))
        centre = box[:2] + box[2:] / 2
        slack = np.maximum(np.array([width, height]) - 0.9 * face, 2) / 2
        target = np.array([width, height]) / 2 + self.rng.uniform(-1, 1, 2) * slack * 0.8
        matrix = similarity(centre, target, face / size, self._turn(), bool(self.rng.random() < 0.5))
        return self._warped(self.faces, i, matrix, width, height)

    def _warped(self, pack: Pack, i: int, matrix: Array, width: int, height: int) -> Canvas:
        value = tuple(int(v) for v in self.rng.integers(0, 256, 3)) if self.rng.random() < 0.5 else (0, 0, 0)
        pixels = warp(pack, i, matrix, width, height, int(self.rng.choice(BORDERS)), value)
        which = pack.faces(i)
        boxes, points = map_boxes(pack.boxes[which], matrix), map_points(pack.points[which], matrix)
        seen = visible(boxes, width, height)
        kind = np.where(pack.sure[which] & (seen >= KEEP), 1, 0)
        canvas = Canvas(pixels)
        canvas.add(boxes[seen > UNSURE], points[seen > UNSURE], kind[seen > UNSURE])
        return canvas

    def _without_face(self, width: int, height: int) -> Canvas:
        """A hard negative: a head with its face painted over or shuffled, a texture, or clothes."""
        draw = self.rng.random()
        if draw < 0.15:
            return Canvas(cv2.resize(sign(self.rng), (width, height), interpolation=cv2.INTER_AREA))
        if draw < 0.3:
            return Canvas(cv2.resize(self._texture(), (width, height), interpolation=cv2.INTER_AREA))
        tile = self._tile(width, height)
        if draw < 0.55:  # beside the face, enlarged: hair, shoulders, background
            i = self._pick()
            box = self.faces.boxes[self.faces.faces(i)][0]
            h, w = self.faces.shape[i, 0]
            corners = np.array([[0, 0], [w, 0], [0, h], [w, h]])
            corner = corners[self.rng.integers(4)] * 0.8 + np.array([w, h]) * 0.1
            scale = min(width, height) / max(8.0, float(np.sqrt(box[2] * box[3]))) * self.rng.uniform(1, 3)
            matrix = similarity(corner, np.array([width, height]) / 2, scale, self._turn(), False)
            return self._warped(self.faces, i, matrix, width, height)
        for box in tile.boxes:
            x0, y0 = np.maximum(box[:2], 0).astype(int)
            x1, y1 = np.minimum(box[2:], (width, height)).astype(int)
            region = tile.pixels[y0:y1, x0:x1]
            if min(region.shape[:2]) < 6:
                continue
            if draw < 0.8:  # an oval of another surface in the head's place
                other = cv2.resize(self._texture(), region.shape[1::-1])
                if self.rng.random() < 0.5:
                    other[:] = region.reshape(-1, 3).mean(0).astype(np.uint8)
                oval = np.zeros(region.shape[:2], np.uint8)
                cv2.ellipse(
                    oval,
                    (region.shape[1] // 2, region.shape[0] // 2),
                    (int(region.shape[1] * 0.55), int(region.shape[0] * 0.55)),
                    0,
                    0,
                    360,
                    255,
                    -1,
                )
                region[oval > 0] = other[oval > 0]
            else:
                half = region.shape[0] // 3
                order = self.rng.permutation(3)
                if (order == np.arange(3)).all():
                    order = order[::-1]
                strips = [region[k * half : (k + 1) * half].copy() for k in order]
                for k, strip in enumerate(strips):
                    region[k * half : (k + 1) * half] = strip
        # part of the face may remain: no loss there unless it was painted over
        return (
            Canvas(tile.pixels)
            if draw < 0.8
            else Canvas(tile.pixels, tile.boxes, tile.points, [0] * len(tile.boxes))
        )

    def _mosaic(self) -> Canvas:
        """The canvas cut again and again into rectangles, a picture in each."""
        canvas = Canvas(np.empty((self.size, self.size, 3), np.uint8))
        finest = float(np.exp(self.rng.uniform(np.log(40), np.log(190))))
        todo = [(0, 0, self.size, self.size)]
        while todo:
            x, y, w, h = todo.pop()
            longer = max(w, h)
            if longer > 2 * finest or (longer > finest * 1.3 and self.rng.random() < 0.5):
                cut = int(longer * self.rng.uniform(0.38, 0.62))
                todo += (
                    [(x, y, cut, h), (x + cut, y, w - cut, h)]
                    if w >= h
                    else [(x, y, w, cut), (x, y + cut, w, h - cut)]
                )
                continue
            tile = self._without_face(w, h) if self.rng.random() < 0.22 else self._tile(w, h)
            canvas.pixels[y : y + h, x : x + w] = tile.pixels
            if tile.boxes:
                canvas.add(np.array(tile.boxes), np.array(tile.points), np.array(tile.kind), x, y)
        return canvas

    def _ground(self) -> Canvas:
        """Something to paste faces on: a scene, a texture, a face picture's surroundings, a plain colour."""
        draw = self.rng.random()
        if draw < 0.55:
            return self._scene()
        if draw < 0.75:
            repeat = int(self.rng.integers(1, 4))
            texture = np.tile(self._texture(), (repeat, repeat, 1))
            return Canvas(cv2.resize(texture, (self.size, self.size), interpolation=cv2.INTER_AREA))
        if draw < 0.9:
            return self._without_face(self.size, self.size)
        plain = np.full((self.size, self.size, 3), self.rng.integers(0, 256, 3), np.uint8)
        return Canvas(plain)

    def _pasted(self) -> Canvas:
        """Heads with soft edges over a ground."""
        canvas = self._ground()
        largest = float(np.exp(self.rng.uniform(np.log(26), np.log(150))))
        for _ in range(int(self.rng.integers(1, 7))):
            face = float(np.clip(largest * np.exp(self.rng.uniform(-0.8, 0.1)), 9, 160))
            w = h = int(face * self.rng.uniform(1.5, 2.4))
            x, y = self.rng.integers(-w // 4, self.size - 3 * w // 4, 2)
            x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, self.size), min(y + h, self.size)
            if min(x1 - x0, y1 - y0) < 8:
                continue
            tile = self._tile(w, h, face)
            if not tile.boxes or tile.kind[0] != 1:
                continue
            mask = self._soft_mask(tile, w, h)[y0 - y : y1 - y, x0 - x : x1 - x, None]
            box = tile.boxes[0] + np.array([x, y, x, y], np.float32)
            canvas.cover(*box.tolist())
            region = canvas.pixels[y0:y1, x0:x1]
            patch = tile.pixels[y0 - y : y1 - y, x0 - x : x1 - x].astype(np.float32)
            if self.rng.random() < 0.4:  # take on part of the ground's colour
                patch += (region.mean((0, 1)) - patch.mean((0, 1))) * self.rng.uniform(0.2, 0.8)
            region[:] = np.clip(region * (1 - mask) + patch * mask, 0, 255).astype(np.uint8)
            seen = visible(box[None], self.size, self.size)[0]
            if seen > UNSURE:
                canvas.add(
                    tile.boxes[0][None],
                    tile.points[0][None],
                    np.array([1 if seen >= KEEP else 0]),
                    int(x),
                    int(y),
                )
        return canvas

    def _distract(self, canvas: Canvas) -> None:
        """Things of a face's size and often of its colour that are none: hands, and ovals of texture, of
        clothes or of skin. Without them the first mistakes of a detector are hands, badges and bags."""
        for _ in range(int(self.rng.integers(1, 5))):
            size = int(np.exp(self.rng.uniform(np.log(12), np.log(90))))
            x, y = (int(v) for v in self.rng.integers(0, self.size - size, 2))
            canvas.cover(x, y, x + size, y + size)
            draw = self.rng.random()
            if draw < 0.3:
                self.occluders.hand(canvas.pixels, np.array([x, y]) + size / 2, size / 100)
                continue
            if draw < 0.65:  # a board, a shirt's print, a window: square
                other = cv2.resize(sign(self.rng), (size, size), interpolation=cv2.INTER_AREA)
                canvas.pixels[y : y + size, x : x + size] = other
                continue
            other = self._texture() if draw < 0.78 else self._without_face(2 * size, 2 * size).pixels
            if draw > 0.85:  # a plain patch in a colour of the canvas: skin, cloth, light
                at = self.rng.integers(0, self.size, 2)
                other = np.broadcast_to(canvas.pixels[at[0], at[1]], (8, 8, 3)).copy()
            patch = cv2.resize(other, (size, size), interpolation=cv2.INTER_AREA)
            mask: Array = np.zeros((size, size), np.float32)
            axes = (int(size * self.rng.uniform(0.3, 0.5)), int(size * self.rng.uniform(0.3, 0.5)))
            cv2.ellipse(mask, (size // 2, size // 2), axes, float(self.rng.uniform(0, 180)), 0, 360, 1.0, -1)
            mask = np.asarray(cv2.blur(mask, (3, 3)))[..., None]
            region = canvas.pixels[y : y + size, x : x + size]
            region[:] = (region * (1 - mask) + patch * mask).astype(np.uint8)

    def _soft_mask(self, tile: Canvas, w: int, h: int) -> Array:
        """Opaque over the face, fading towards the tile's border: an oval or the whole rectangle."""
        mask = np.zeros((h, w), np.float32)
        feather = max(1, int(min(w, h) * self.rng.uniform(0.02, 0.1)))
        if self.rng.random() < 0.5:
            box = tile.boxes[0]
            cx, cy = (box[:2] + box[2:]) / 2
            rx, ry = (box[2:] - box[:2]) / 2 * self.rng.uniform(1.05, 1.5)
            cv2.ellipse(mask, (int(cx), int(cy)), (int(rx), int(ry)), 0, 0, 360, 1.0, -1)
        else:
            mask[feather : h - feather, feather : w - feather] = 1
        return np.asarray(cv2.blur(mask, (2 * feather + 1, 2 * feather + 1)), np.float32)

    def _scene(self) -> Canvas:
        """A window of a whole picture, around one of its faces or anywhere."""
        i = self.scene_list[self.rng.integers(len(self.scene_list))]
        h, w = self.scenes.shape[i, 0]
        boxes = self.scenes.boxes[self.scenes.faces(i)]
        if len(boxes) and self.rng.random() < 0.7:
            box = boxes[self.rng.integers(len(boxes))]
            size = max(6.0, float(np.sqrt(box[2] * box[3])))
            scale = float(np.exp(self.rng.uniform(np.log(20), np.log(120)))) / size
            centre = box[:2] + box[2:] / 2
        else:
            scale = self.size / max(h, w) * float(np.exp(self.rng.uniform(-0.1, 1.2)))
            centre = self.rng.uniform((0, 0), (w, h))
        scale = float(np.clip(scale, 0.7 * self.size / max(h, w), 3.0))
        reach = self.size / 2 / scale  # keep the window mostly on the picture
        centre = np.array(
            [
                np.clip(centre[0], min(reach, w / 2), max(w - reach, w / 2)),
                np.clip(centre[1], min(reach, h / 2), max(h - reach, h / 2)),
            ]
        )
        target = np.full(2, self.size / 2) + self.rng.uniform(-0.15, 0.15, 2) * self.size
        degrees = 0.0 if self.rng.random() < 0.5 else self._turn()
        matrix = similarity(centre, target, scale, degrees, bool(self.rng.random() < 0.5))
        return self._warped(self.scenes, i, matrix, self.size, self.size)

    def _by_kind(self, windows: Array) -> list[Array]:
        """Windows in face photos, scenes and textures, without what may be a face that has no label: few
        detectors see every masked one."""
        of_kind = [windows[windows[:, 0] == kind] for kind in range(len(KIND_SHARES))]
        photos = of_kind[0]
        masked = self.faces.set[photos[:, 1].astype(int)] == self.faces.sets.index("masked_faces")
        of_kind[0] = photos[~masked]
        return of_kind

    def _mistake(self) -> Canvas:
        """A window of a picture round what was taken for a face there, with the faces that it shows."""
        assert self.mistakes is not None
        shares = np.array(KIND_SHARES) * [len(windows) > 0 for windows in self.mistakes]
        windows = self.mistakes[self.rng.choice(len(shares), p=shares / shares.sum())]
        kind, i, x, y, side = windows[self.rng.integers(len(windows))]
        pack = (self.faces, self.scenes, self.textures)[int(kind)]
        size = float(np.exp(self.rng.uniform(np.log(16), np.log(110))))
        target = self.size * self.rng.uniform(0.2, 0.8, 2)
        flip = bool(self.rng.random() < 0.5)
        matrix = similarity(np.array([x, y]), target, size / side, self._turn(), flip)
        return self._warped(pack, int(i), matrix, self.size, self.size)

    def _close_up(self) -> Canvas:
        """One picture over the canvas, as it is stored or nearer: faces that fill it or are cut by it."""
        i = self._pick()
        h, w = self.faces.shape[i, 0]
        if self.rng.random() < 0.6:
            scale = self.size / max(h, w) * float(self.rng.uniform(0.55, 1.15))
            centre = np.array([w, h]) / 2
            target = np.full(2, self.size / 2) + self.rng.uniform(-0.12, 0.12, 2) * self.size
            turn, flip = self._turn(), bool(self.rng.random() < 0.5)
            return self._warped(
                self.faces, i, similarity(centre, target, scale, turn, flip), self.size, self.size
            )
        return self._tile(self.size, self.size, self.size * float(self.rng.uniform(0.3, 0.95)))


def is_held_out_photo(photo: int) -> bool:
    """Close-ups kept from training for the same purpose."""
    return photo % 60 == 7


def is_held_out(scene: int) -> bool:
    """Scenes kept from training to choose the threshold and the checkpoint by."""
    return scene % 5 == 2
