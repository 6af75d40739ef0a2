"""Packs pictures and labels into shards that train on any machine.

    python -m training.pack --data DATA --labels training/labels/fits.npz --out cache/shards

Each `shard_NNN.npz` (at most 30 MB, no pickle) holds 144 x 144 RGB pictures as JPEG bytes (`jpg`, `ptr`):
the crop frame of the face, roll removed, 1.6 crop sides wide; and per face alpha, delta, rotvec of R, m (x
and y of the model's origin in crop sides from the centre, log of its depth over 1300 mm), the 68 points in
the picture's pixels, weights (per landmark where labels say which points are seen), set and subject; beta
and gamma with `light_weight` 0 where no light was fitted; `identity`, the teacher's embedding, where it was
made.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from training.compact import expand
from training.fit import FOCAL, Z0_MM
from training.observations import Frames
from training.sets import open_set

SIZE, MARGIN = 144, 1.6
SHARD_BYTES = 28_000_000
FACE_MODEL = Path(__file__).parents[1] / "facesdk" / "assets" / "face_model.safetensors"


def encode(picture: npt.NDArray[np.uint8], frames: Frames, row: int) -> bytes:
    """The crop frame of one face as JPEG bytes."""
    matrix = frames.matrix(row, SIZE, MARGIN)
    shrink = np.hypot(matrix[0, 0], matrix[0, 1])
    if shrink < 0.6:
        # warpAffine samples without a filter: a big picture is reduced first.
        picture = cv2.resize(
            picture, None, fx=shrink * 1.2, fy=shrink * 1.2, interpolation=cv2.INTER_AREA
        ).astype(np.uint8)
        k = shrink * 1.2
        matrix = matrix @ np.array([[1 / k, 0, 0.5 / k - 0.5], [0, 1 / k, 0.5 / k - 0.5], [0, 0, 1]])
    crop = cv2.warpAffine(picture, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
    return cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def arrays_of(
    labels: dict[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[Any]]:
    """Label arrays of the shards for some faces."""
    t = labels["translation_mm"][rows].astype(np.float64)
    m = np.stack([FOCAL * t[:, 0] / t[:, 2], FOCAL * t[:, 1] / t[:, 2], np.log(t[:, 2] / Z0_MM)], 1)
    rotvec = np.stack([cv2.Rodrigues(r.astype(np.float64))[0][:, 0] for r in labels["rotation"][rows]])
    points = labels["points"][rows].astype(np.float32) * (SIZE / MARGIN) + (SIZE - 1) / 2
    weight = np.ones((len(rows), 68), np.float32)
    weight[:, :17] = 0.5
    if "points_weight" in labels:
        weight = labels["points_weight"][rows].astype(np.float32)
    out: dict[str, npt.NDArray[Any]] = {
        "alpha": labels["alpha"][rows].astype(np.float16),
        "delta": labels["delta"][rows].astype(np.float16),
        "rotvec": rotvec.astype(np.float32),
        "m": m.astype(np.float32),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--face-model", type=Path, default=FACE_MODEL)
    parser.add_argument("--identity", type=Path, help="what training.teach_identity wrote")
    parser.add_argument("--pictures", type=Path, help="cache of encoded pictures, made when it is absent")
    parser.add_argument("--stem", default="shard", help="start of the files' names; training reads shard*")
    parser.add_argument("--held-out", type=Path, help="folder of the shards of faces marked `held_out`")
    args = parser.parse_args()
    with np.load(args.labels) as z:
        labels: dict[str, npt.NDArray[Any]] = {key: z[key] for key in z.files}
    if "rotvec" in labels:
        labels = expand(labels, args.face_model)
    if args.identity:
        with np.load(args.identity) as z:
            labels["embedding"] = z["embedding"]
    frames = Frames(labels["centre"], labels["side"], labels["roll"])
    sets = [open_set(args.data, str(name)) for name in labels["sets"]]
    if args.pictures and args.pictures.exists():
        with np.load(args.pictures) as z:
            blob, ptr = z["jpg"].tobytes(), z["ptr"]
        encoded = [blob[ptr[i] : ptr[i + 1]] for i in range(len(ptr) - 1)]
    else:
        encoded = [
            encode(sets[int(s)].read(int(r)), frames, i)
            for i, (s, r) in enumerate(
                zip(tqdm(labels["set_index"], mininterval=5), labels["row"], strict=True)
            )
        ]
        if args.pictures:
            ptr = np.r_[0, np.cumsum([len(e) for e in encoded])]
            np.savez(args.pictures, jpg=np.frombuffer(b"".join(encoded), np.uint8), ptr=ptr)
    # Mixed sets in every shard, so that any one of them is a fair sample.
    rows = np.random.default_rng(0).permutation(np.flatnonzero(~labels["wrong"].astype(bool)))
    parts = [(args.out, rows)]
    if args.held_out:
        held = labels["held_out"][rows].astype(bool)
        parts = [(args.out, rows[~held]), (args.held_out, rows[held])]
    for folder, some in parts:
        pictures = [encoded[i] for i in some]
        count = write_shards(folder, pictures, arrays_of(labels, some), labels["sets"], args.stem)
        print(f"{folder}: {len(some)} faces in {count} shards")
    print(f"{labels['wrong'].sum()} faces dropped")


if __name__ == "__main__":
    main()
