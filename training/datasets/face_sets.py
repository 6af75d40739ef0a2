"""The training sets on disk: which pictures there are, and where each face is said to be."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

SETS = (
    "aflw_merl", "car_yawn", "cfp", "fasseg", "humans_web", "lfw", "london_faces",
    "mtfl", "utkface", "web_mixed", "youtube_faces",
)  # fmt: skip
"""Sets that labels are made for. `masked_faces` has no trustworthy points, `scenes` is the detector's."""

HAND_POINT_SETS = ("aflw_turned", "helen_afw")
"""Sets with 68 hand-made points on every photo, which `label-hand-points` fits."""


@dataclass(frozen=True)
class FaceSet:
    """One training set: row i of every array belongs to `files[i]`."""

    name: str
    folder: Path
    files: list[str]
    labels: dict[str, npt.NDArray[np.generic]]

    def read(self, row: int) -> npt.NDArray[np.uint8]:
        """Picture `row`, (H, W, 3) uint8 BGR as OpenCV reads it."""
        picture = cv2.imread(str(self.folder / "images" / self.files[row]), cv2.IMREAD_COLOR)
        if picture is None:
            raise FileNotFoundError(f"cannot read {self.files[row]} of {self.name}")
        return picture.astype(np.uint8, copy=False)

    def rough_box(self, row: int) -> npt.NDArray[np.float64]:
        """Left, top, right, bottom of the face in pixels, from the best label the set has."""
        labels = self.labels
        for key in ("points68", "points30"):
            if key in labels:
                points = labels[key][row].astype(np.float64)
                points = points[np.isfinite(points[:, 0])]
                return np.asarray(np.r_[points.min(0), points.max(0)])
        if "box" in labels:
            x, y, w, h = labels["box"][row].astype(np.float64)
            return np.array([x, y + 0.22 * h, x + w, y + h])
        points = labels["points5"][row].astype(np.float64)
        points = points[np.isfinite(points[:, 0])]
        middle = points.mean(0)
        # Eyes to mouth spans about 0.42 of the box that the 68 points fill.
        half = 1.15 * max(np.ptp(points[:, 1]), np.ptp(points[:, 0]))
        return np.asarray(np.r_[middle - half, middle + half])


def open_set(data: Path, name: str) -> FaceSet:
    """The training set `name` under DATA/train."""
    folder = data / "train" / name
    with np.load(folder / "labels.npz") as stored:
        labels = {key: stored[key] for key in stored.files if stored[key].ndim > 0}
    return FaceSet(name, folder, [str(f) for f in labels["files"]], labels)
