"""Packs pictures and labels into shards that train on any machine.

Each `shard_NNN.npz` (at most 30 MB, no pickle) holds 144 x 144 RGB pictures as JPEG bytes (`jpg`, `ptr`):
the crop frame of the face, roll removed, 1.6 crop sides wide; and per face alpha, delta, rotvec of R, m (x
and y of the model's origin in crop sides from the centre, log of its depth over 1300 mm), the 68 points in
the picture's pixels, weights (per landmark where labels say which points are seen), set and subject; beta
and gamma with `light_weight` 0 where no light was fitted; `identity`, the teacher's embedding, where it was
made.
"""

from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer
from tqdm import tqdm

from training.datasets.crop_frame import PACK_MARGIN, PACK_SIZE, Frames
from training.datasets.face_sets import open_set
from training.face_model.camera import FOCAL_RATIO, Z0_MM
from training.labels.archive import load_labels
from training.options import FACE_MODEL, Data, FaceModelFile, LabelsFile

SHARD_BYTES = 28_000_000


def encode(picture: npt.NDArray[np.uint8], frames: Frames, row: int) -> bytes:
    """The crop frame of one face as JPEG bytes."""
    matrix = frames.matrix(row, PACK_SIZE, PACK_MARGIN)
    shrink = np.hypot(matrix[0, 0], matrix[0, 1])
    if shrink < 0.6:
        # warpAffine samples without a filter: a big picture is reduced first.
        picture = cv2.resize(
            picture, None, fx=shrink * 1.2, fy=shrink * 1.2, interpolation=cv2.INTER_AREA
        ).astype(np.uint8)
        k = shrink * 1.2
        matrix = matrix @ np.array([[1 / k, 0, 0.5 / k - 0.5], [0, 1 / k, 0.5 / k - 0.5], [0, 0, 1]])
    crop = cv2.warpAffine(picture, matrix, (PACK_SIZE, PACK_SIZE), flags=cv2.INTER_LINEAR)
    return cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def crop_position(translation_mm: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """m (N, 3) of translations (N, 3) mm: see training/face_model/camera.py."""
    t = translation_mm.astype(np.float64)
    m = [FOCAL_RATIO * t[:, 0] / t[:, 2], FOCAL_RATIO * t[:, 1] / t[:, 2], np.log(t[:, 2] / Z0_MM)]
    return np.stack(m, 1).astype(np.float32)


def arrays_of(
    labels: dict[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """Label arrays of the shards for some faces."""
    rotvec = np.stack([cv2.Rodrigues(r.astype(np.float64))[0][:, 0] for r in labels["rotation"][rows]])
    points = labels["points"][rows].astype(np.float32) * (PACK_SIZE / PACK_MARGIN) + (PACK_SIZE - 1) / 2
    weight = np.ones((len(rows), 68), np.float32)
    weight[:, :17] = 0.5
    if "points_weight" in labels:
        weight = labels["points_weight"][rows].astype(np.float32)
    out: dict[str, npt.NDArray[Any]] = {
        "alpha": labels["alpha"][rows].astype(np.float16),
        "delta": labels["delta"][rows].astype(np.float16),
        "rotvec": rotvec.astype(np.float32),
        "m": crop_position(labels["translation_mm"][rows]),
        "points": points,
        "points_weight": weight,
        "weight": np.ones(len(rows), np.float32),
        "set": labels["set_index"][rows].astype(np.uint8),
        "subject": labels["subject"][rows].astype(np.int32),
    }
    if "embedding" in labels:
        out["identity"] = labels["embedding"][rows]
    if "gamma" in labels:
        out["beta"] = labels["beta"][rows].astype(np.float16)
        out["gamma"] = labels["gamma"][rows].reshape(len(rows), 27).astype(np.float32)
        out["light_weight"] = labels["light_weight"][rows].astype(np.float32)
    else:
        out["beta"] = np.zeros((len(rows), 40), np.float16)
        out["gamma"] = np.zeros((len(rows), 27), np.float32)
        out["light_weight"] = np.zeros(len(rows), np.float32)
    return out


def write_shards(
    out: Path,
    pictures: list[bytes],
    arrays: dict[str, npt.NDArray[Any]],
    sets: npt.NDArray[Any],
    stem: str,
) -> int:
    """Write faces to `<out>/<stem>_NNN.npz` and return how many files there are."""
    out.mkdir(parents=True, exist_ok=True)
    sizes = np.array([len(p) for p in pictures])
    per_row = sum(a.itemsize * int(np.prod(a.shape[1:])) for a in arrays.values())
    group = (np.cumsum(sizes + per_row) - 1) // SHARD_BYTES
    for k in range(int(group[-1]) + 1):
        rows = np.flatnonzero(group == k)
        np.savez(
            out / f"{stem}_{k:03d}.npz",
            jpg=np.frombuffer(b"".join(pictures[i] for i in rows), np.uint8),
            ptr=np.r_[0, np.cumsum(sizes[rows])].astype(np.int64),
            sets=sets,
            **{name: a[rows] for name, a in arrays.items()},  # type: ignore[arg-type]
        )
    return int(group[-1]) + 1


def pack_shards(
    data: Data,
    labels_file: LabelsFile,
    out: Annotated[Path, typer.Option(help="folder of the shards")],
    identity: Annotated[Path | None, typer.Option(help="what `teach-identity` wrote")] = None,
    pictures_file: Annotated[
        Path | None, typer.Option("--pictures", help="cache of packed pictures, made where it is absent")
    ] = None,
    stem: Annotated[str, typer.Option(help="start of the files' names; training reads shard*")] = "shard",
    held_out: Annotated[
        Path | None, typer.Option(help="folder of the shards of faces marked `held_out`")
    ] = None,
    face_model: FaceModelFile = FACE_MODEL,
) -> None:
    """Pack pictures and labels into shards."""
    labels = load_labels(labels_file, face_model)
    if identity:
        with np.load(identity) as z:
            labels["embedding"] = z["embedding"]
    frames = Frames(labels["centre"], labels["side"], labels["roll"])
    sets = [open_set(data, str(name)) for name in labels["sets"]]
    if pictures_file and pictures_file.exists():
        with np.load(pictures_file) as z:
            blob, ptr = z["jpg"].tobytes(), z["ptr"]
        encoded = [blob[ptr[i] : ptr[i + 1]] for i in range(len(ptr) - 1)]
    else:
        encoded = [
            encode(sets[int(s)].read(int(r)), frames, i)
            for i, (s, r) in enumerate(
                zip(tqdm(labels["set_index"], mininterval=5), labels["row"], strict=True)
            )
        ]
        if pictures_file:
            ptr = np.r_[0, np.cumsum([len(e) for e in encoded])]
            np.savez(pictures_file, jpg=np.frombuffer(b"".join(encoded), np.uint8), ptr=ptr)
    # Mixed sets in every shard, so that any one of them is a fair sample.
    rows = np.random.default_rng(0).permutation(np.flatnonzero(~labels["wrong"].astype(bool)))
    parts = [(out, rows)]
    if held_out:
        held = labels["held_out"][rows].astype(bool)
        parts = [(out, rows[~held]), (held_out, rows[held])]
    for folder, some in parts:
        pictures = [encoded[i] for i in some]
        count = write_shards(folder, pictures, arrays_of(labels, some), labels["sets"], stem)
        print(f"{folder}: {len(some)} faces in {count} shards")
    print(f"{labels['wrong'].sum()} faces dropped")
