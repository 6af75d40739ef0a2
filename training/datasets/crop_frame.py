"""The crop frame of a face, its centre, side and roll in the stored picture: that of labels and shards."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CROP_OF_BOX = 1.45  # crop side over the longer side of the box of the 68 points
PACK_SIZE = 144  # px, side of a packed picture
PACK_MARGIN = 1.6  # crop sides that a packed picture shows
CROP_IN_PACK = PACK_SIZE / PACK_MARGIN  # px of a packed picture per crop side


@dataclass
class Frames:
    """Crop frames of N faces in their stored pictures: centre (N, 2) px, side (N,) px, roll (N,) radians."""

    centre: Array
    side: Array
    roll: Array

    def to_crop(self, points: Array) -> Array:
        """Points (N, P, 2) in px of the stored pictures -> crop sides from the crop's centre, roll
        removed."""
        c, s = np.cos(self.roll)[:, None], np.sin(self.roll)[:, None]
        d = points - self.centre[:, None]
        turned = np.stack([c * d[..., 0] + s * d[..., 1], -s * d[..., 0] + c * d[..., 1]], -1)
        return np.asarray(turned / self.side[:, None, None])

    def matrix(self, row: int, size: int, margin: float = 1.0) -> Array:
        """(2, 3) matrix from the stored picture `row` to a square of `size` px that shows `margin` crop
        sides."""
        k = size / (self.side[row] * margin)
        c, s = k * np.cos(self.roll[row]), k * np.sin(self.roll[row])
        linear = np.array([[c, s], [-s, c]])
        return np.asarray(np.c_[linear, (size - 1) / 2 - linear @ self.centre[row]])


def frames_of(points68: Array) -> Frames:
    """Crop frames from 68 points (N, 68, 2): roll from mouth to eyes, box in the roll-free frame."""
    up = points68[:, 36:48].mean(1) - points68[:, 48:68].mean(1)
    roll = np.arctan2(up[:, 0], -up[:, 1])
    c, s = np.cos(roll)[:, None], np.sin(roll)[:, None]
    x = c * points68[..., 0] + s * points68[..., 1]
    y = -s * points68[..., 0] + c * points68[..., 1]
    middle = np.stack([(x.max(1) + x.min(1)) / 2, (y.max(1) + y.min(1)) / 2], 1)
    c, s = c[:, 0], s[:, 0]
    centre = np.stack([c * middle[:, 0] - s * middle[:, 1], s * middle[:, 0] + c * middle[:, 1]], 1)
    side = CROP_OF_BOX * np.maximum(np.ptp(x, 1), np.ptp(y, 1))
    return Frames(centre, side, roll)
