"""Training canvases: mosaics of the sets' pictures, faces pasted into scenes, scenes, close-ups, negatives.

A canvas carries the boxes and points of every face on it; a face cut or covered so far that nobody could
say whether it should be found carries no loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.augment import degrade
from training.detector.canvas import Array, Canvas, Image
from training.detector.geometry import similarity, visible
from training.detector.occlude import Occluders
from training.detector.pack import Pack
from training.detector.synthetic_signs import sign
from training.detector.tiles import KEEP, UNSURE, Tiles

SMALLEST = 8.0  # px; smaller faces carry no loss
COVERED = 0.3  # share of the faces that something is put before
AGAIN = 0.25  # share of the canvases round a hard negative, where those are known
KIND_SHARES = (0.5, 0.4, 0.1)  # of them in face photos, scenes, textures: streets are harder


class Composer:
    """Draws canvases.

    Args:
        folder: what `pack-detector` wrote.
        occluders: DATA/occluders.
        size: side of a canvas, px.
        seed: of all draws.
        held_out: draw from what training leaves out, and from that alone.
        windows: (n, 5) round what an earlier state took for faces, as `hard-negatives` wrote them.
        set_weights: how many times as often as by its size a set is drawn.
    """

    def __init__(
        self,
        folder: Path,
        occluders: Path,
        size: int,
        seed: int,
        held_out: bool = False,
        windows: Array | None = None,
        set_weights: Mapping[str, float] | None = None,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.faces, self.scenes = Pack(folder / "faces"), Pack(folder / "scenes")
        self.textures = Pack(folder / "textures")
        self.occluders = Occluders(occluders, self.rng)
        self.windows = None if windows is None else self._by_kind(windows)
        drawn = np.array([i for i in range(len(self.scenes)) if is_held_out(i) == held_out])
        of_set = self.scenes.set[drawn]
        self.scene_sets = [drawn[of_set == s] for s in np.unique(of_set)]
        weight = np.array([len(numbers) ** 0.6 for numbers in self.scene_sets])  # as of the face sets
        self.scene_chance = weight / weight.sum()
        numbers = np.array([i for i in range(len(self.faces)) if is_held_out_photo(i) == held_out])
        self.tiles = Tiles(self.faces, numbers, self.textures, set_weights or {}, self.rng)

    def sample(self) -> tuple[Image, Array, Array, NDArray[np.int64]]:
        """Pixels RGB (S, S, 3), boxes, points, and kind: 1 a face, 0 no loss there."""
        draw = self.rng.random()
        if self.windows is not None and self.rng.random() < AGAIN:
            canvas = self._hard_negative()
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
                self.occluders.put(pixels, canvas.boxes[n], canvas.points[n], self.tiles.texture())
        boxes = np.array(canvas.boxes, np.float32).reshape(-1, 4)
        kind = np.array(canvas.kind, np.int64)
        size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
        pixels = degrade(pixels, self.rng, float(size[kind == 1].min(initial=self.size)))
        kind[size < SMALLEST] = 0
        return pixels[..., ::-1], boxes, np.array(canvas.points, np.float32).reshape(-1, 5, 2), kind

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
            tile = self.tiles.without_face(w, h) if self.rng.random() < 0.22 else self.tiles.tile(w, h)
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
            texture = np.tile(self.tiles.texture(), (repeat, repeat, 1))
            return Canvas(cv2.resize(texture, (self.size, self.size), interpolation=cv2.INTER_AREA))
        if draw < 0.9:
            return self.tiles.without_face(self.size, self.size)
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
            tile = self.tiles.tile(w, h, face)
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
        clothes or of skin. Without them a detector first takes hands, badges and bags for faces."""
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
            tiles = self.tiles
            other = tiles.texture() if draw < 0.78 else tiles.without_face(2 * size, 2 * size).pixels
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
        group = self.scene_sets[self.rng.choice(len(self.scene_sets), p=self.scene_chance)]
        i = int(group[self.rng.integers(len(group))])
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
        degrees = 0.0 if self.rng.random() < 0.5 else self.tiles.turn()
        matrix = similarity(centre, target, scale, degrees, bool(self.rng.random() < 0.5))
        return self.tiles.warped(self.scenes, i, matrix, self.size, self.size)

    def _by_kind(self, windows: Array) -> list[Array]:
        """Windows in face photos, scenes and textures, without what may be a face that has no label: few
        detectors see every masked one."""
        of_kind = [windows[windows[:, 0] == kind] for kind in range(len(KIND_SHARES))]
        photos = of_kind[0]
        masked = self.faces.set[photos[:, 1].astype(int)] == self.faces.sets.index("masked_faces")
        of_kind[0] = photos[~masked]
        return of_kind

    def _hard_negative(self) -> Canvas:
        """A window of a picture round what was taken for a face there, with the faces that it shows."""
        assert self.windows is not None
        shares = np.array(KIND_SHARES) * [len(rows) > 0 for rows in self.windows]
        windows = self.windows[self.rng.choice(len(shares), p=shares / shares.sum())]
        kind, i, x, y, side = windows[self.rng.integers(len(windows))]
        pack = (self.faces, self.scenes, self.textures)[int(kind)]
        size = float(np.exp(self.rng.uniform(np.log(16), np.log(110))))
        target = self.size * self.rng.uniform(0.2, 0.8, 2)
        flip = bool(self.rng.random() < 0.5)
        matrix = similarity(np.array([x, y]), target, size / side, self.tiles.turn(), flip)
        return self.tiles.warped(pack, int(i), matrix, self.size, self.size)

    def _close_up(self) -> Canvas:
        """One picture over the canvas, as it is stored or nearer: faces that fill it or are cut by it."""
        i = self.tiles.pick()
        h, w = self.faces.shape[i, 0]
        if self.rng.random() < 0.6:
            scale = self.size / max(h, w) * float(self.rng.uniform(0.55, 1.15))
            centre = np.array([w, h]) / 2
            target = np.full(2, self.size / 2) + self.rng.uniform(-0.12, 0.12, 2) * self.size
            turn, flip = self.tiles.turn(), bool(self.rng.random() < 0.5)
            return self.tiles.warped(
                self.faces, i, similarity(centre, target, scale, turn, flip), self.size, self.size
            )
        return self.tiles.tile(self.size, self.size, self.size * float(self.rng.uniform(0.3, 0.95)))


def is_held_out_photo(photo: int) -> bool:
    """Close-ups kept from training for the same purpose."""
    return photo % 60 == 7


def is_held_out(scene: int) -> bool:
    """Scenes kept from training to choose the threshold and the checkpoint by."""
    return scene % 5 == 2
