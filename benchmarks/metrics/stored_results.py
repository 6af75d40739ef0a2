"""Results of FaceSDK as small .npz files, one per picture, so that two versions of the chain can be compared.

A folder of results holds SET/PICTURE.npz for every picture of a set; `picture_name` includes its extension.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.metrics.landmark_errors import overlap

if TYPE_CHECKING:
    from facesdk.result import Result

FloatArray = NDArray[np.float32]

VERTEX_STEP = 40  # every 40th vertex is kept: 0.05 mm anywhere on the face shows in them
MIN_OVERLAP = 0.5  # IoU of the landmarks' boxes; less is another face


@dataclasses.dataclass(frozen=True)
class StoredFaces:
    """The faces of one picture, N of them."""

    boxes_xyxy_px: FloatArray  # (N, 4)
    scores: FloatArray  # (N,)
    landmarks_px: FloatArray  # (N, 68, 2)
    verts_face_mm: FloatArray  # (N, V / VERTEX_STEP, 3)
    expression_weights: FloatArray  # (N, n_exp)
    rotation: FloatArray  # (N, 3, 3)
    translation_mm: FloatArray  # (N, 3)
    quality: FloatArray  # (N,)
    reasons: NDArray[np.str_]  # (N,), joined by ";"

    def __len__(self) -> int:
        return len(self.scores)


def stored_faces(result: Result) -> StoredFaces:
    """Take what is compared from a result."""
    faces = result.faces
    return StoredFaces(
        boxes_xyxy_px=_stack([face.box_xyxy_px for face in faces], (4,)),
        scores=np.array([face.score for face in faces], np.float32),
        landmarks_px=_stack([face.landmarks_px for face in faces], (68, 2)),
        verts_face_mm=_stack([face.verts_face_mm[::VERTEX_STEP] for face in faces], (0, 3)),
        expression_weights=_stack([face.expression_weights for face in faces], (0,)),
        rotation=_stack([face.pose.matrix for face in faces], (3, 3)),
        translation_mm=_stack([face.pose.translation_mm for face in faces], (3,)),
        quality=np.array([face.quality.score for face in faces], np.float32),
        reasons=np.array([";".join(face.quality.reasons) for face in faces], dtype=np.str_),
    )


def _stack(rows: list[Any], shape: tuple[int, ...]) -> FloatArray:
    if not rows:
        return np.zeros((0, *shape), np.float32)
    return np.stack([np.asarray(row, np.float32) for row in rows])


def result_path(folder: Path, set_name: str, picture_name: str) -> Path:
    """Where the result of a picture lies in a folder of results."""
    return folder / set_name / f"{picture_name}.npz"


def write_faces(faces: StoredFaces, path: Path) -> None:
    """Write one file by way of a temporary name, so that an interrupted run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.part.npz")
    np.savez_compressed(temporary, **dataclasses.asdict(faces))
    temporary.replace(path)


def read_faces(path: Path) -> StoredFaces:
    """Read one file of `write_faces`."""
    with np.load(path, allow_pickle=False) as file:
        return StoredFaces(**{field.name: file[field.name] for field in dataclasses.fields(StoredFaces)})


def match_faces(before: StoredFaces, after: StoredFaces) -> list[tuple[int, int]]:
    """Pair the faces of two results of one picture, best overlap of the landmarks' boxes first.

    Returns:
        (index before, index after) of each pair; faces without a partner of IoU >= MIN_OVERLAP are left out.
    """
    overlaps = [
        (overlap(a, b), i, j)
        for i, a in enumerate(before.landmarks_px)
        for j, b in enumerate(after.landmarks_px)
    ]
    pairs: list[tuple[int, int]] = []
    for value, i, j in sorted(overlaps, reverse=True):
        taken = any(i == used_i or j == used_j for used_i, used_j in pairs)
        if value >= MIN_OVERLAP and not taken:
            pairs.append((i, j))
    return pairs


def differences(
    before: StoredFaces, after: StoredFaces, pairs: list[tuple[int, int]]
) -> dict[str, FloatArray]:
    """Differences of matched faces: quantity -> (pairs,) largest difference within each face.

    landmarks_px and vertices_mm are Euclidean distances, expression and quality absolute differences.
    """
    if not pairs:  # a result without faces does not know the size of a mesh
        none = np.zeros(0, np.float32)
        return dict.fromkeys(("landmarks_px", "vertices_mm", "expression", "quality"), none)
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return {
        "landmarks_px": _worst(np.linalg.norm(before.landmarks_px[i] - after.landmarks_px[j], axis=2)),
        "vertices_mm": _worst(np.linalg.norm(before.verts_face_mm[i] - after.verts_face_mm[j], axis=2)),
        "expression": _worst(np.abs(before.expression_weights[i] - after.expression_weights[j])),
        "quality": np.abs(before.quality[i] - after.quality[j]),
    }


def _worst(values: NDArray[Any]) -> FloatArray:
    """Largest value of each row, 0 for empty rows."""
    return np.asarray(values.max(axis=1, initial=0.0), np.float32)
