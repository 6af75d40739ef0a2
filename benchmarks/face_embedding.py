"""The identity teacher: MobileFaceNet on an aligned face gives numbers of unit length."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.peers.contestants import session

# Places of right eye, left eye, nose tip, right and left mouth corner in the 112 x 112 crop that face
# recognition networks share; this one takes its columns 8 to 104.
PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)
WIDTH, HEIGHT = 96, 112


def five_points(points: Array) -> Array:
    """(5, 2) from the 68 landmarks: eyes, nose tip, mouth corners."""
    eyes = [points[36:42].mean(0), points[42:48].mean(0)]
    return np.array([*eyes, points[30], points[48], points[54]], np.float32)


class FaceEmbedding:
    """RGB picture and five points (5, 2) px -> (256,): 128 numbers and those of the mirrored picture."""

    def __init__(self, path: Path) -> None:
        self._session = session(str(path))
        self._input = self._session.get_inputs()[0].name

    def __call__(self, picture: Array, points: Array) -> Array:
        target = PLACES - np.array([8, 0], np.float32)
        matrix, _ = cv2.estimateAffinePartial2D(points, target, method=cv2.LMEDS)
        crop = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        both = (np.stack([crop, crop[:, ::-1]]).astype(np.float32) - 127.5) / 128
        out = self._session.run(None, {self._input: np.ascontiguousarray(both.transpose(0, 3, 1, 2))})[0]
        joined = np.asarray(out, float).ravel()  # the picture's 128 and its mirror image's
        return np.asarray(joined / max(float(np.linalg.norm(joined)), 1e-9))
