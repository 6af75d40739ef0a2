"""A user's own Basel Face Model 2009 as a FaceModel: the paper's setting, 35,709 vertices and 199/199/64.

    python -m facesdk.morphable.bfm FOLDER OUT.safetensors

The folder holds what the field's usual preparation uses, in one of these forms:
- BFM_model_front.mat: already cropped to 35,709 vertices; its own sizes are kept. Where it has no
  expressions, Exp_Pca.bin, std_exp.txt and BFM_front_idx.mat add them.
- 01_MorphableModel.mat with Exp_Pca.bin and std_exp.txt, and either BFM_front_idx.mat, BFM_exp_idx.mat and
  facemodel_info.mat, or BFM_model_front.mat, which say which vertices to keep, the triangles and the
  landmarks.
Nothing of it is bundled: the model's licence is between the user and Basel. Reading .mat files needs scipy.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray
from facesdk.errors import AssetError
from facesdk.morphable.face_model import FaceModel
from facesdk.morphable.packing import packed_tensors

IndexArray = npt.NDArray[np.int64]

N_EXP_VERTS = 53215  # vertices of the expression basis (the model without its inner mouth)
MAX_EXP = 64
ORIGIN = "midway between the means of the two eyes' landmarks of the mean face"


def load_bfm(folder: str | os.PathLike[str]) -> FaceModel:
    """Read a BFM-2009 folder.

    Raises:
        AssetError: a file is missing or damaged; names it.
    """
    tensors, metadata = bfm_tensors(Path(folder))
    return FaceModel(tensors, metadata, Path(folder).name)


def save_bfm(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Convert a BFM-2009 folder to the .safetensors file that Options(face_model=...) opens."""
    from safetensors.numpy import save_file

    tensors, metadata = bfm_tensors(Path(folder))
    temporary = Path(out).with_suffix(".part")
    save_file(tensors, str(temporary), metadata=metadata)
    temporary.replace(out)


def bfm_tensors(folder: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """Read tensors and metadata as in face_model.safetensors, without subdivision, UVs or ARKit names."""
    if (folder / "01_MorphableModel.mat").exists():
        parts = _from_whole(folder)
    elif (folder / "BFM_model_front.mat").exists():
        parts = _from_front(folder)
    else:
        raise AssetError(f"{folder.name}: neither 01_MorphableModel.mat nor BFM_model_front.mat is in it")
    return packed(parts)


def packed(parts: dict[str, Any]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """Convert a model's parts to the tensors and metadata of a face-model file.

    Args:
        parts: mean (V, 3) mm; identity and expression (K, V, 3) mm per unit; texture_mean (V, 3) and texture
            (K, V, 3) in 0..1; triangles (T, 3); landmarks (68,) vertices.
    """
    mean = parts["mean"]
    triangles = _outward(mean, parts["triangles"])
    points = parts["landmarks"]
    eyes = (mean[points[36:42]].mean(0) + mean[points[42:48]].mean(0)) / 2
    rows, bary = _embed(points, triangles)
    identity, identity_scale = _packed(parts["identity"])
    albedo, albedo_scale = _packed(parts["texture"])
    expression = parts["expression"]
    count, verts = len(expression), len(mean)
    tensors = {
        "mean_control_mm": np.ascontiguousarray(mean - eyes, np.float32),
        "identity_q": identity,
        "identity_scale": identity_scale,
        "exp_ptr": (np.arange(count + 1) * verts).astype(np.int32),
        "exp_idx": np.tile(np.arange(verts, dtype=np.uint16), count),
        "exp_val": expression.reshape(-1, 3).astype(np.float16),
        "triangles": triangles.astype(np.int32),
        "control_triangles": triangles.astype(np.int32),
        "landmark_triangles": rows.astype(np.int32),
        "landmark_bary": bary,
        "albedo_mean_control": np.ascontiguousarray(parts["texture_mean"], np.float32),
        "albedo_basis_q": albedo,
        "albedo_scale": albedo_scale,
    }
    names = [f"bfm_expression_{k:02d}" for k in range(count)]
    metadata = {
        "version": "BFM-2009",
        "units": "mm",
        "origin": ORIGIN,
        "exp_names": json.dumps(names),
        "n_skin_verts": str(verts),
        "n_skin_triangles": str(len(triangles)),
    }
    return tensors | packed_tensors(tensors), metadata


def _from_front(folder: Path) -> dict[str, Any]:
    """The cropped file: lengths in decimetres, colours 0..255, indices from 1."""
    front = _mat(folder, "BFM_model_front.mat")
    mean = _take(front, "meanshape", "BFM_model_front.mat").reshape(-1, 3) * 100
    if "exBase" in front:
        expression = _modes(front["exBase"] * 100.0, len(mean))
    else:
        whole = _expressions(folder)
        expression = whole[:, _index(_mat(folder, "BFM_front_idx.mat"), "idx", "BFM_front_idx.mat")]
    return {
        "mean": mean,
        "identity": _modes(_take(front, "idBase", "BFM_model_front.mat") * 100, len(mean)),
        "expression": expression[:MAX_EXP],
        "texture_mean": _take(front, "meantex", "BFM_model_front.mat").reshape(-1, 3) / 255,
        "texture": _modes(_take(front, "texBase", "BFM_model_front.mat") / 255, len(mean)),
        "triangles": _index(front, "tri", "BFM_model_front.mat").reshape(-1, 3),
        "landmarks": _index(front, "keypoints", "BFM_model_front.mat"),
    }


def _from_whole(folder: Path) -> dict[str, Any]:
    """The model as Basel gives it (53,490 vertices, micrometres), cropped to the front."""
    name = "01_MorphableModel.mat"
    model = _mat(folder, name)
    whole = _take(model, "shapeMU", name).reshape(-1, 3) / 1e3
    if (folder / "BFM_front_idx.mat").exists():
        info = _mat(folder, "facemodel_info.mat")
        front = _index(_mat(folder, "BFM_front_idx.mat"), "idx", "BFM_front_idx.mat")
        keep = _index(_mat(folder, "BFM_exp_idx.mat"), "trimIndex", "BFM_exp_idx.mat")[front]
        expression = _expressions(folder)[:, front]
        triangles = _index(info, "tri", "facemodel_info.mat").reshape(-1, 3)
        landmarks = _index(info, "keypoints", "facemodel_info.mat")
    else:
        cropped = _from_front(folder) if (folder / "BFM_model_front.mat").exists() else None
        if cropped is None:
            raise AssetError(
                f"{folder.name}: {name} needs BFM_front_idx.mat, BFM_exp_idx.mat and facemodel_info.mat, "
                "or BFM_model_front.mat, to be cropped"
            )
        keep = _same_places(cropped["mean"], whole)
        expression, triangles, landmarks = cropped["expression"], cropped["triangles"], cropped["landmarks"]

    def scaled(kind: str, unit: float) -> FloatArray:
        basis, spread = _take(model, f"{kind}PC", name), _take(model, f"{kind}EV", name)
        return _modes(basis * (spread.ravel() / unit), len(whole))[:, keep]

    return {
        "mean": whole[keep],
        "identity": scaled("shape", 1e3),
        "expression": expression[:MAX_EXP],
        "texture_mean": _take(model, "texMU", name).reshape(-1, 3)[keep] / 255,
        "texture": scaled("tex", 255.0),
        "triangles": triangles,
        "landmarks": landmarks,
    }


def _expressions(folder: Path) -> FloatArray:
    """Exp_Pca.bin (int32 count, float32 mean, float32 modes, micrometres) scaled by std_exp.txt: (K, 53215,
    3) mm."""
    try:
        raw = (folder / "Exp_Pca.bin").read_bytes()
        spread = np.loadtxt(folder / "std_exp.txt", ndmin=1).ravel()
    except (OSError, ValueError) as error:
        raise AssetError(f"{folder.name}: Exp_Pca.bin and std_exp.txt are needed ({error})") from error
    count = int(np.frombuffer(raw[:4], "<i4")[0]) if len(raw) >= 4 else 0
    values = np.frombuffer(raw, "<f4", offset=4) if len(raw) % 4 == 0 and len(raw) > 4 else np.empty(0, "<f4")
    if not 0 < count <= 1000 or len(values) < (1 + count) * 3 * N_EXP_VERTS or len(spread) < count:
        raise AssetError(
            "Exp_Pca.bin: too short for its count of expressions, or std_exp.txt is; both damaged?"
        )
    modes = values[3 * N_EXP_VERTS : (1 + count) * 3 * N_EXP_VERTS].reshape(count, N_EXP_VERTS, 3)
    return np.asarray(modes[:MAX_EXP] * (spread[:count][:MAX_EXP, None, None] / 1e3), np.float32)


def _mat(folder: Path, name: str) -> dict[str, Any]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise AssetError(f"{name}: reading .mat files needs scipy; pip install scipy") from error
    try:
        return dict(loadmat(str(folder / name)))
    except Exception as error:  # scipy has no common class for a file it cannot read
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AssetError(f"{name}: cannot be read as a MATLAB file ({reason})") from error


def _take(content: dict[str, Any], key: str, name: str) -> FloatArray:
    if key not in content:
        raise AssetError(f"{name}: has no {key}; not the file that is expected")
    return np.asarray(content[key], np.float32)


def _index(content: dict[str, Any], key: str, name: str) -> IndexArray:
    """Indices from 1 as indices from 0, flat unless two-dimensional in truth."""
    index = np.asarray(_take(content, key, name), np.int64) - 1
    return index if min(index.shape, default=0) > 1 else index.ravel()


def _modes(basis: npt.NDArray[Any], verts: int) -> FloatArray:
    """(3V, K) columns -> (K, V, 3)."""
    if basis.ndim != 2 or basis.shape[0] != 3 * verts:
        raise AssetError(f"a basis has shape {basis.shape}, expected ({3 * verts}, K); the file is damaged")
    return np.ascontiguousarray(basis.T, np.float32).reshape(-1, verts, 3)


def _same_places(cropped: FloatArray, whole: FloatArray) -> IndexArray:
    """Which vertex of `whole` each vertex of `cropped` is: the same mean face up to a shift, both mm."""
    from scipy.spatial import cKDTree

    # The shift is found from the extremes that no crop removes: the nose tip is the foremost point of both.
    shift = whole[whole[:, 2].argmax()] - cropped[cropped[:, 2].argmax()]
    distance, index = cKDTree(whole).query(cropped + shift)
    if float(distance.max()) > 0.05:
        raise AssetError("BFM_model_front.mat and 01_MorphableModel.mat hold different mean faces")
    return np.asarray(index, np.int64)


def _outward(verts: FloatArray, triangles: IndexArray) -> IndexArray:
    """The triangles counter-clockwise seen from outside: most of a face mask looks along +z."""
    a, b, c = (verts[triangles[:, i]] for i in range(3))
    return triangles if np.cross(b - a, c - a)[:, 2].sum() > 0 else np.ascontiguousarray(triangles[:, ::-1])


def _embed(points: IndexArray, triangles: IndexArray) -> tuple[IndexArray, FloatArray]:
    """Landmark vertices as (triangle, barycentric) places."""
    order = np.argsort(triangles.ravel(), kind="stable")
    first = np.searchsorted(triangles.ravel()[order], points)
    if len(points) != 68 or first.max() >= len(order) or (triangles.ravel()[order[first]] != points).any():
        raise AssetError("keypoints: 68 vertices of the mesh are expected; the file is damaged")
    corner = order[first]
    return corner // 3, np.eye(3, dtype=np.float32)[corner % 3]


def _packed(basis: FloatArray) -> tuple[npt.NDArray[np.float16], FloatArray]:
    """Half floats in -1..1 and one scale per mode."""
    scale = np.maximum(np.abs(basis).max((1, 2)), 1e-12).astype(np.float32)
    return (basis / scale[:, None, None]).astype(np.float16), scale


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    try:
        save_bfm(args.folder, args.out)
        model = FaceModel.load(args.out)
    except AssetError as error:
        raise SystemExit(f"error: {error}") from None
    print(f"{model.n_verts} vertices, {model.n_id}/{model.n_tex}/{model.n_exp} identity/albedo/expression")


if __name__ == "__main__":
    main()
