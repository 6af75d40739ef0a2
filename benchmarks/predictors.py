"""Who is measured: our own chain on the whole picture, and 3DDFA_V2's mb05 with the crop from the true
points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime

from benchmarks.metrics.landmark_errors import Array, overlap

if TYPE_CHECKING:
    from facesdk.result import Face

Predict = Callable[[Array], list[Array]]  # RGB picture -> the 68 points of each face
LEAST_OVERLAP = 0.2  # of the found points' box with the true points'; less is another face, or none


class Ours:
    """FaceSDK with its own detector on the whole picture, with a preset's network or the ONNX file `network`.

    Called with an RGB picture it gives the 68 points of each face; `faces` keeps the faces themselves.
    """

    def __init__(self, network: str | None = None, preset: str = "default") -> None:
        from facesdk import FaceSDK, Options

        self.sdk = FaceSDK(Options(network=network, preset=preset, fit_appearance=True))
        self.faces: list[Face] = []

    def __call__(self, picture: Array) -> list[Array]:
        self.faces = self.sdk.reconstruct(picture).faces
        return [np.asarray(face.landmarks_px, float) for face in self.faces]

    def face(self, picture: Array, points: Array) -> Face | None:
        """The face that `points` of the label frame, or None if it was missed."""
        index = which(self(picture), points)
        return None if index is None else self.faces[index]


def which(found: list[Array], true: Array) -> int | None:
    """Index of the face meant by the label, or None if it was missed."""
    if not found:
        return None
    overlaps = [overlap(points, true) for points in found]
    best = int(np.argmax(overlaps))
    return best if overlaps[best] >= LEAST_OVERLAP else None


def choose(found: list[Array], true: Array) -> Array | None:
    """Its points."""
    index = which(found, true)
    return None if index is None else found[index]


def read(path: Path) -> Array:
    """RGB picture as stored."""
    bgr = cv2.imread(str(path))
    if bgr is None:
        raise SystemExit(f"{path.name}: cannot be read")
    return np.ascontiguousarray(bgr[:, :, ::-1])


class Mb05:
    """The peer: crop from given points, network, 68 points of its face model."""

    side = 120

    def __init__(self, teachers: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = str(teachers / "mb05_120x120.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        with np.load(teachers / "bfm_68.npz", allow_pickle=False) as rows:
            self.mean = rows["u_base"][:, 0]
            self.basis = np.concatenate([rows["w_shp_base"], rows["w_exp_base"]], axis=1)
        self.centre = np.load(teachers / "tddfa_param_mean.npy")
        self.spread = np.load(teachers / "tddfa_param_std.npy")

    def __call__(self, picture: Array, points: Array) -> Array:
        """RGB picture and points that frame the face -> (68, 2) px."""
        low, high = points.min(0), points.max(0)
        half = float((high - low).max() / np.sqrt(2))  # its crop is the diagonal of the points' square
        centre = (low + high) / 2
        return self._points(self._run(picture, centre, half), centre, half)

    def from_box(self, picture: Array, box: Array) -> tuple[Array, Array]:
        """RGB picture and the detector's x, y, w, h -> (68, 2) px and (62,) network output.

        Run twice, as 3DDFA_V2 runs it: from the box, then from the points. The output is as the network gives
        it, about zero with unit deviation: 12 pose, 40 identity, 10 expression.
        """
        x, y, w, h = (float(v) for v in box)
        size = (w + h) / 2
        centre, half = np.array([x + w / 2, y + h / 2 + 0.14 * size]), 0.79 * size
        points = self._points(self._run(picture, centre, half), centre, half)
        low, high = points.min(0), points.max(0)
        centre, half = (low + high) / 2, float((high - low).max() / np.sqrt(2))
        out = self._run(picture, centre, half)
        return self._points(out, centre, half), out

    def _run(self, picture: Array, centre: Array, half: float) -> Array:
        left, top, right, bottom = (round(float(v)) for v in [*(centre - half), *(centre + half)])
        crop: Array = np.zeros((bottom - top, right - left, 3), np.uint8)
        height, width = picture.shape[:2]
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        # it was trained on BGR
        crop[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1, ::-1]
        crop = cv2.resize(crop, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        tensor = ((crop.astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]
        return np.asarray(self.session.run(None, {"input": tensor})[0][0])

    def _points(self, out: Array, centre: Array, half: float) -> Array:
        x = out * self.spread + self.centre
        camera = x[:12].reshape(3, 4)
        shape = (self.mean + self.basis @ x[12:]).reshape(68, 3)
        projected = shape @ camera[:, :3].T + camera[:, 3]
        scale = 2 * half / self.side
        # Its frame counts from 1 and its y points up.
        return np.asarray(
            np.stack([projected[:, 0] - 1, self.side - projected[:, 1]], 1) * scale + centre - half
        )
