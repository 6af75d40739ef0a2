"""The 68 three-dimensional points of 3DDFA_V2's small network on every training picture."""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import typer
from tqdm import tqdm

from facesdk.core.landmarks import MIRROR_68
from training.datasets.face_sets import HAND_POINT_SETS, SETS, FaceSet, open_set
from training.options import Data

SIZE = 120
Array = npt.NDArray[np.float64]


def square_round(points: Array) -> Array:
    """Centre x, centre y and side of the crop the network was trained on, from its 68 points."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    return np.asarray(np.r_[(low + high) / 2, (high - low).max() * np.sqrt(2.0)])


class Teacher:
    """The network and the rows of its face model that belong to the 68 points."""

    def __init__(self, folder: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(str(folder / "mb05_120x120.onnx"), options)
        rows = np.load(folder / "bfm_68.npz")
        self.mean, self.shape, self.expression = rows["u_base"][:, 0], rows["w_shp_base"], rows["w_exp_base"]
        self.offset = np.load(folder / "tddfa_param_mean.npy")
        self.scale = np.load(folder / "tddfa_param_std.npy")

    def __call__(self, picture: npt.NDArray[np.uint8], squares: Array, mirrored: list[bool]) -> Array:
        """Points (N, 68, 3) of a BGR picture for N crop squares (N, 3), each looked at plain or mirrored."""
        crops = []
        for (x, y, side), flip in zip(squares, mirrored, strict=True):
            k = SIZE / side
            matrix = np.array([[k, 0, SIZE / 2 - 0.5 - k * x], [0, k, SIZE / 2 - 0.5 - k * y]])
            flags = cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR
            crop = cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=flags)
            crops.append(crop[:, ::-1] if flip else crop)
        batch = (np.stack(crops).astype(np.float32) - 127.5) / 128
        (raw,) = self.session.run(None, {"input": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})
        params = raw * self.scale + self.offset
        out = np.empty((len(crops), 68, 3))
        for i, p in enumerate(params):
            matrix = p[:12].reshape(3, 4)
            verts = (self.mean + self.shape @ p[12:52] + self.expression @ p[52:]).reshape(68, 3)
            q = verts @ matrix[:, :3].T + matrix[:, 3]
            # The network's frame counts pixels from 1 and y upwards.
            q = np.stack([q[:, 0] - 1, SIZE - q[:, 1], q[:, 2]], 1)
            if mirrored[i]:
                q[:, 0] = SIZE - 1 - q[:, 0]
                q = q[MIRROR_68]
            x, y, side = squares[i]
            q[:, :2] = (q[:, :2] - (SIZE / 2 - 0.5)) * side / SIZE + (x, y)
            q[:, 2] *= side / SIZE
            out[i] = q
        return out


def teach(face_set: FaceSet, teacher: Teacher) -> npt.NDArray[np.float32]:
    """(n, 4, 68, 3) points of a whole set."""
    out = np.full((len(face_set.files), 4, 68, 3), np.nan, np.float32)
    for row in tqdm(range(len(face_set.files)), desc=face_set.name, mininterval=5):
        picture = face_set.read(row)
        box = face_set.rough_box(row)
        start = square_round(box.reshape(2, 2))
        first = teacher(picture, np.stack([start, start]), [False, True]).mean(0)
        square = square_round(first)
        other = square + np.array([0.03, -0.04, 0.10]) * square[2]
        out[row] = teacher(picture, np.stack([square, square, other, other]), [False, True, False, True])
    return out


def teach_mb05(
    data: Data,
    out: Annotated[Path, typer.Option(help="folder of the points")],
    sets: Annotated[list[str] | None, typer.Option(help="only these")] = None,
) -> None:
    """Predict the 68 points of 3DDFA_V2 on every photo.

    Writes OUT/SET.npz: `points` (n, 4, 68, 3) float32, x and y in pixels of the stored picture, z in the
    same unit (only its differences mean something), one row per variant: two crops, each plain and mirrored.
    Sets already there are skipped.
    """
    out.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(data / "teachers")
    for name in sets or SETS + HAND_POINT_SETS:
        target = out / f"{name}.npz"
        if not target.exists():
            np.savez_compressed(target, points=teach(open_set(data, name), teacher))
