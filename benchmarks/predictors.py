"""Who is measured: our own chain on the whole picture, and 3DDFA_V2's mb05 with the crop from the true
points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from benchmarks.measures import Array, overlap

Predict = Callable[[Array], list[Array]]  # RGB picture -> the 68 points of each face
LEAST_OVERLAP = 0.2  # of the found points' box with the true points'; less is another face, or none


def our_chain(network: str | None = None) -> Predict:
    """FaceSDK with its own detector; `network` replaces the bundled ONNX file."""
    from facesdk import FaceSDK, Options

    sdk = FaceSDK(Options(network=network)) if network else FaceSDK()

    def predict(picture: Array) -> list[Array]:
        return [np.asarray(face.landmarks_px, float) for face in sdk.reconstruct(picture).faces]

    return predict


def choose(found: list[Array], true: Array) -> Array | None:
    """The face meant by the label, or None if it was missed."""
    if not found:
        return None
    overlaps = [overlap(points, true) for points in found]
    best = int(np.argmax(overlaps))
    return found[best] if overlaps[best] >= LEAST_OVERLAP else None


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
        half = (high - low).max() / np.sqrt(2)  # its crop is the diagonal of the points' square
        centre = (low + high) / 2
        left, top, right, bottom = (round(float(v)) for v in [*(centre - half), *(centre + half)])
        crop: Array = np.zeros((bottom - top, right - left, 3), np.uint8)
        height, width = picture.shape[:2]
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        # it was trained on BGR
        crop[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1, ::-1]
        crop = cv2.resize(crop, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        tensor = ((crop.astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]
        out = self.session.run(None, {"input": tensor})[0][0] * self.spread + self.centre
        camera = out[:12].reshape(3, 4)
        shape = (self.mean + self.basis @ out[12:]).reshape(68, 3)
        seen = shape @ camera[:, :3].T + camera[:, 3]
        scale = 2 * half / self.side
        # Its frame counts from 1 and its y points up.
        return np.asarray(np.stack([seen[:, 0] - 1, self.side - seen[:, 1]], 1) * scale + centre - half)
