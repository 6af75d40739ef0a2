"""Fits the numbers of facesdk/verify.py on the candidates that the detector names in the training scenes.

    python -m training.verify --data DATA

A candidate is a face where it overlaps a labelled box by 0.45 (IoU), none where it overlaps none by 0.15;
those between are left out, and so are candidates under 14 px, for which the labels are not complete.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from facesdk import FaceSDK, Options
from facesdk.detect import Detector
from facesdk.verify import LARGE_PX, SMALL_PX, face_box
from training.detector.evaluate import STORED

Array = npt.NDArray[np.float64]
LOWEST, SMALLEST_PX = 0.25, 14.0
FACE, NOTHING = 0.45, 0.15
ALARMS = 0.3
"""False alarms per picture at a probability of one half."""


def overlap(box: Array, others: Array) -> float:
    """Largest IoU of a box x0 y0 x1 y1 with any of (n, 4)."""
    if not len(others):
        return 0.0
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    inter = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - inter
    return float((inter / areas).max())


def candidates(data: Path) -> tuple[Array, int]:
    """IoU, score, disagreement and size of every candidate, (n, 4), and the number of pictures."""
    scenes = data / "train" / "scenes"
    with np.load(scenes / "labels.npz") as z:
        files, boxes, image = z["files"], z["boxes"].astype(float), z["box_image"]
    detector = Detector(threshold=LOWEST)
    sdk = FaceSDK(Options(max_faces=1000))
    rows = []
    for i, name in enumerate(tqdm(files)):
        picture = np.asarray(cv2.imread(str(scenes / "images" / str(name))), np.uint8)[..., ::-1].copy()
        zoom = min(1.0, STORED / max(picture.shape))
        size = (round(zoom * picture.shape[1]), round(zoom * picture.shape[0]))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        own = boxes[image == i] * zoom
        truth = np.concatenate([own[:, :2], own[:, :2] + own[:, 2:]], 1)
        found = detector(picture)
        for face in sdk.look(picture, found):
            box = face.found.box_xyxy_px.astype(float)
            by_landmarks = face_box(face.landmarks_px).astype(float)
            share = max(overlap(box, truth), overlap(by_landmarks, truth))
            rows.append((share, face.found.score, face.apart, np.sqrt(np.prod(box[2:] - box[:2]))))
    return np.array(rows), len(files)


def logistic(x: Array, y: Array) -> Array:
    """Weights of a logistic regression by Newton's method; x (n, k) with its column of ones, y (n,) bool."""
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(len(w))
        w = w + np.linalg.solve(hessian, x.T @ (y - p))
    return w


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    rows, pictures = candidates(parser.parse_args().data)
    clear = (rows[:, 3] >= SMALLEST_PX) & ((rows[:, 0] >= FACE) | (rows[:, 0] < NOTHING))
    face, score, apart = rows[clear, 0] >= FACE, rows[clear, 1], rows[clear, 2]
    size = np.log(np.clip(rows[clear, 3], SMALL_PX, LARGE_PX))
    x = np.stack([np.ones(len(face)), score, np.log(apart), size], 1)
    w = logistic(x, face)
    # One half is put where the training scenes have as many false alarms as are allowed.
    alarms = np.sort((x @ w)[~face])[::-1]
    w[0] -= alarms[min(int(ALARMS * pictures), len(alarms) - 1)]
    print("BIAS, PER_SCORE, PER_LOG_DISAGREEMENT, PER_LOG_SIZE =", ", ".join(f"{v:.3f}" for v in w))
    for name, value, cut in (("score alone", score, 0.5), ("with the network", x @ w, 0.0)):
        kept = value > cut
        print(f"{name:17s} {face[kept].sum()} of {face.sum()} faces, {(~face[kept]).sum()} false alarms")


if __name__ == "__main__":
    main()
