"""Things in front of faces: masks by their anchor points, hands, patches of texture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]


class Occluders:
    """Cut-outs with alpha from the occluder folders; `put` lays one over a face of a canvas."""

    def __init__(self, folder: Path, rng: np.random.Generator, hands: int = 300) -> None:
        anchors = json.loads((folder / "templates" / "mask_points.json").read_text())
        self.masks = []
        for name, points in anchors.items():
            file = folder / "templates" / (name if name.endswith(".png") else name + ".png")
            picture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
            if picture is not None and picture.shape[2] == 4:
                values = points.values() if isinstance(points, dict) else points
                self.masks.append((picture, np.array([list(v) for v in values], np.float32)))
        self.hands = []
        names = sorted((folder / "hands" / "rgb").glob("*.*"))
        for file in (names[k] for k in rng.permutation(len(names))[:hands]):
            alpha = cv2.imread(str(folder / "hands" / "alpha" / (file.stem + ".png")), cv2.IMREAD_GRAYSCALE)
            self.hands.append(np.dstack([np.asarray(cv2.imread(str(file))), np.asarray(alpha)]))
        self.rng = rng

    def put(self, canvas: Image, box: NDArray[Any], points: NDArray[Any], texture: Image) -> None:
        """Cover part of the face, in place."""
        kind = self.rng.random()
        size = float(np.sqrt(np.prod(box[2:] - box[:2])))
        if kind < 0.5 and np.isfinite(points).all() and self.masks:
            self._mask(canvas, points)
        elif kind < 0.8:
            at = box[:2] + (box[2:] - box[:2]) * self.rng.uniform((0, 0.4), (1, 1.1))
            self.hand(canvas, at, size / 100 * self.rng.uniform(0.5, 1.0))
        else:
            edge = self.rng.integers(4)
            low, high = box[:2].copy(), box[2:].copy()
            share = self.rng.uniform(0.2, 0.45)
            axis = edge % 2
            if edge < 2:
                high[axis] = low[axis] + share * (high[axis] - low[axis])
            else:
                low[axis] = high[axis] - share * (high[axis] - low[axis])
            (x0, y0), (x1, y1) = np.maximum(low, 0).astype(int), np.maximum(high, 0).astype(int)
            region = canvas[y0:y1, x0:x1]
            if region.size:
                region[:] = cv2.resize(texture, (region.shape[1], region.shape[0]))

    def hand(self, canvas: Image, at: NDArray[Any], scale: float) -> None:
        """Lay a hand on the canvas, in place."""
        picture = self.hands[self.rng.integers(len(self.hands))]
        self._lay(canvas, picture, _about(picture, at, scale, self.rng.uniform(-90, 90)))

    def _mask(self, canvas: Image, points: NDArray[Any]) -> None:
        picture, anchors = self.masks[self.rng.integers(len(self.masks))]
        eyes, mouth, nose = points[:2].mean(0), points[3:].mean(0), points[2]
        down = mouth - eyes
        right = np.array([down[1], -down[0]])
        right *= max(float(np.linalg.norm(points[1] - points[0])), 0.5 * float(np.linalg.norm(down)))
        right /= max(1e-3, float(np.linalg.norm(down)))
        top, bottom = eyes + 0.3 * down, mouth + 0.65 * down
        top = top + (nose - (eyes + mouth) / 2) * 0.5  # a turned head carries the mask's middle with it
        target = np.array(
            [
                eyes + 0.4 * down - 1.05 * right,
                top,
                eyes + 0.4 * down + 1.05 * right,
                mouth + 0.2 * down - 0.8 * right,
                bottom,
                mouth + 0.2 * down + 0.8 * right,
            ]
        )
        source = np.hstack([anchors[:6], np.ones((6, 1))])
        matrix = np.linalg.lstsq(source, target, rcond=None)[0].T.astype(np.float32)
        self._lay(canvas, picture, matrix)

    @staticmethod
    def _lay(canvas: Image, picture: Image, matrix: NDArray[Any]) -> None:
        """Warp a BGRA cut-out onto the canvas, working on the touched rectangle alone."""
        h, w = picture.shape[:2]
        corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) @ matrix[:, :2].T + matrix[:, 2]
        x0, y0 = np.maximum(np.floor(corners.min(0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(0)) + 1, (canvas.shape[1], canvas.shape[0])).astype(int)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        shifted = matrix.copy()
        shifted[:, 2] -= (x0, y0)
        scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
        if scale < 0.4:  # shrink by area first, else thin straps alias
            picture = cv2.resize(picture, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
            shifted[:, :2] *= np.array([w / picture.shape[1], h / picture.shape[0]], np.float32)
        patch = cv2.warpAffine(picture, shifted, (int(x1 - x0), int(y1 - y0)))
        alpha = patch[..., 3:].astype(np.uint16)
        region = canvas[y0:y1, x0:x1]
        region[:] = ((region * (255 - alpha) + patch[..., :3] * alpha) // 255).astype(np.uint8)


def _about(picture: Image, at: NDArray[Any], scale: float, degrees: float) -> NDArray[Any]:
    centre = np.array(picture.shape[1::-1]) / 2
    matrix = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), degrees, max(0.05, scale))
    matrix = matrix + np.array([[0, 0, 1], [0, 0, 1]]) * (at - centre)[:, None]
    return np.asarray(matrix, np.float32)
