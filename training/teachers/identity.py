"""The identity teacher's embedding of labelled faces; MobileFaceNet sees each face plain and mirrored."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from tqdm import tqdm

from training.datasets.face_sets import open_set
from training.labels.archive import load_labels
from training.options import FACE_MODEL, Data, FaceModelFile, LabelsFile, Out

WIDTH, HEIGHT = 96, 112
# Where ArcFace's alignment puts eyes, nose tip and mouth corners, for the 96 columns in the middle.
PLACES = np.array([[30.3, 51.7], [65.5, 51.5], [48.0, 71.7], [33.5, 92.4], [62.7, 92.2]])
GROUPS = (range(36, 42), range(42, 48), (30,), (48,), (54,))
MOST_YAW_DEG = 65.0
Array = npt.NDArray[np.float64]


def five_points(points: Array) -> Array:
    """Eye centres, nose tip and mouth corners (5, 2) of 68 points."""
    return np.stack([points[list(group)].mean(0) for group in GROUPS])


def alignment(points: Array) -> Array:
    """(2, 3) similarity that brings five points (5, 2) to the teacher's places, least squares."""
    source, target = points - points.mean(0), PLACES - PLACES.mean(0)
    norm = (source**2).sum()
    a = (source * target).sum() / norm
    b = (source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum() / norm
    turn = np.array([[a, -b], [b, a]])
    return np.concatenate([turn, (PLACES.mean(0) - turn @ points.mean(0))[:, None]], 1)


class Teacher:
    """MobileFaceNet as an ONNX session."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(str(path), options)
        self.name = self.session.get_inputs()[0].name

    def __call__(self, picture: npt.NDArray[np.uint8], points: Array) -> npt.NDArray[np.float32]:
        """Embedding (128,) of length one, of a BGR picture with 68 points in its pixels."""
        matrix = alignment(five_points(points))
        shrink = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        flags = cv2.INTER_AREA if shrink < 1 else cv2.INTER_CUBIC
        crop = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=flags)[..., ::-1]
        batch = (np.stack([crop, crop[:, ::-1]]).astype(np.float32) - 127.5) / 128
        (raw,) = self.session.run(None, {self.name: np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})
        joined = raw.mean(0)
        return np.asarray(joined / np.linalg.norm(joined), np.float32)


def teach_identity(
    data: Data, labels_file: LabelsFile, out: Out, face_model: FaceModelFile = FACE_MODEL
) -> None:
    """Embed every labelled face by the identity teacher.

    Writes `embedding` (n, 128) float16, rows as in the labels, of length one; zeros for faces turned so far
    that the teacher's alignment by five points means nothing.
    """
    cv2.setNumThreads(1)
    labels = load_labels(labels_file, face_model)
    teacher = Teacher(data / "teachers" / "mobilefacenet_112x96_emb128.onnx")
    sets = [open_set(data, str(name)) for name in labels["sets"]]
    embedding = np.zeros((len(labels["row"]), 128), np.float16)
    for i, row in enumerate(tqdm(labels["row"], mininterval=5)):
        if abs(np.degrees(np.arcsin(np.clip(labels["rotation"][i][0, 2], -1, 1)))) > MOST_YAW_DEG:
            continue
        c, s = np.cos(labels["roll"][i]), np.sin(labels["roll"][i])
        turn = np.array([[c, s], [-s, c]])  # crop frame -> stored picture
        points = labels["points"][i] * labels["side"][i] @ turn + labels["centre"][i]
        embedding[i] = teacher(sets[int(labels["set_index"][i])].read(int(row)), points)
    np.savez(out, embedding=embedding)
    print(f"{(embedding != 0).any(1).sum()} of {len(embedding)} faces have an embedding")
