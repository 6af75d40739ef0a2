"""The default face model's geometry, from the ICT-FaceKit arrays (MIT).

Control mesh: the kit's face area (9,409 vertices, quads) and the two scleras (770 each, whose cornea
carries the iris in the albedo). Dense mesh: the skin after one Catmull-Clark step, the eyes as they are.
Millimetres, face frame (x to the picture's right for a frontal face, y up, z towards the camera); the
origin is midway between the centres of the two eyeballs of the neutral mean face.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from training.face_model.subdivide import catmull_clark
from training.options import Data, Out

Array = npt.NDArray[np.floating[Any]]

N_SKIN = 9409
N_EXPRESSIONS = 53


def split(faces: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Triangles of a list of quads and triangles (-1 in the fourth place), in the order of the faces."""
    parts = [[f[:3], f[[0, 2, 3]]] if f[3] >= 0 else [f[:3]] for f in faces]
    return np.array([t for part in parts for t in part])


def arkit_map(names: list[str]) -> tuple[list[str], npt.NDArray[np.float32]]:
    """ARKit's 52 names and the (52, n_exp) matrix that turns the kit's weights into them.

    The kit splits browInnerUp and cheekPuff in two (mean taken); it has no tongueOut, whose row stays zero.
    """
    sides = {"_L": "Left", "_R": "Right"}
    to_arkit = [n[:-2] + sides[n[-2:]] if n[-2:] in sides else n for n in names]
    merged = [n[:-4] if n == "browInnerUpLeft" or n == "cheekPuffLeft" else n for n in to_arkit]
    merged = [n[:-5] if n == "browInnerUpRight" or n == "cheekPuffRight" else n for n in merged]
    arkit = [*dict.fromkeys(merged), "tongueOut"]
    matrix = np.zeros((len(arkit), len(names)), np.float32)
    for column, name in enumerate(merged):
        matrix[arkit.index(name), column] = 1.0 / merged.count(name)
    return arkit, matrix


def build(kit: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Every geometric array of the model, uncompressed (float32 bases)."""
    with np.load(kit / "neutral_topology.npz") as z:
        neutral, faces, uv, face_uv = z["neutral"].astype(float), z["faces"], z["uv"], z["face_uv"]
    meta = json.loads((kit / "meta.json").read_text())
    parts = {d["name"]: d for d in meta["details"] + meta["parts"]}
    scleras = [parts["sclera_left"], parts["sclera_right"]]
    keep = np.concatenate([np.arange(N_SKIN), *(np.arange(s["v0"], s["v1"]) for s in scleras)])
    new_index = np.full(len(neutral) + 1, -1)
    new_index[keep] = np.arange(len(keep))
    skin_quads = faces[: parts["face"]["f1"]].astype(np.int64)
    skin_uv = face_uv[: parts["face"]["f1"]].astype(np.int64)
    eye_faces = [new_index[faces[s["f0"] : s["f1"]]] for s in scleras]
    eye_uv = [face_uv[s["f0"] : s["f1"]].astype(np.int64) for s in scleras]
    centres = [sphere_centre(neutral[s["v0"] : s["v1"]]) for s in scleras]
    origin = np.mean(centres, axis=0)
    origin[0] = 0.0

    control = (neutral[keep] - origin) * 10.0
    matrix, finer = catmull_clark(skin_quads, N_SKIN)
    n_eyes = len(keep) - N_SKIN
    dense = sp.block_diag([matrix, sp.identity(n_eyes)]).tocsr()
    dense.sort_indices()
    n_skin = matrix.shape[0]
    eye_triangles = np.concatenate([split(f) for f in eye_faces])
    triangles = np.concatenate([split(finer), eye_triangles - N_SKIN + n_skin])
    control_triangles = np.concatenate([split(skin_quads), eye_triangles])

    uv_points, uv_triangles = texture_coordinates(uv, skin_uv, eye_uv)
    identity, expression, names = shape_bases(kit, keep, len(neutral))
    mirror = cKDTree(control).query(control * [-1, 1, 1])[1]
    arkit, to_arkit = arkit_map(names)
    return {
        "mean_control_mm": control.astype(np.float32),
        "identity": identity,
        "expression": expression,
        "exp_names": np.array(names),
        "arkit_names": np.array(arkit),
        "arkit_map": to_arkit,
        "sub_ptr": dense.indptr.astype(np.int32),
        "sub_idx": dense.indices.astype(np.int32),
        "sub_val": dense.data.astype(np.float32),
        "triangles": triangles.astype(np.int32),
        "control_triangles": control_triangles.astype(np.int32),
        "uv": uv_points.astype(np.float32),
        "uv_triangles": uv_triangles.astype(np.int32),
        "mirror_control": mirror.astype(np.int32),
        "landmarks68_kit": np.array(meta["landmarks68"]),
        "n_skin_verts": np.array(n_skin),
        "n_skin_triangles": np.array(len(finer) * 2),
    }


def texture_coordinates(
    uv: Array, skin_uv: npt.NDArray[np.int64], eye_uv: list[npt.NDArray[np.int64]]
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Texture coordinates (U, 2) of the dense mesh, and the corners of its triangles in them (T, 3)."""
    used, compact = np.unique(skin_uv, return_inverse=True)
    compact = compact.reshape(skin_uv.shape)
    uv_matrix, uv_finer = catmull_clark(compact, len(used))
    # Linear in UV, so that the seams do not move: corners, face centres and edge middles only.
    uv_skin = linear_rows(compact, len(used)) @ uv[used].astype(float)
    assert len(uv_skin) == uv_matrix.shape[0]
    eye_used, eye_compact = np.unique(np.concatenate([split(f) for f in eye_uv]), return_inverse=True)
    uv_all = np.concatenate([uv_skin * [0.9, 1.0], uv[eye_used] * 0.1 + [0.9, 0.0]])
    uv_eye_triangles = eye_compact.reshape(-1, 3) + len(uv_skin)
    # The two eyes share one square of the kit's UV set; the left one moves up so that each has its own
    # texels.
    half = len(uv_eye_triangles) // 2
    left = np.unique(uv_eye_triangles[:half])
    lifted = np.full(len(uv_all), -1)
    lifted[left] = len(uv_all) + np.arange(len(left))
    uv_all = np.concatenate([uv_all, uv_all[left] + [0.0, 0.15]])
    uv_eye_triangles[:half] = lifted[uv_eye_triangles[:half]]
    kept = np.unique(np.r_[np.arange(len(uv_skin)), uv_eye_triangles.ravel()])
    renumber = np.full(len(uv_all), -1)
    renumber[kept] = np.arange(len(kept))
    return uv_all[kept], renumber[np.concatenate([split(uv_finer), uv_eye_triangles])]


def shape_bases(kit: Path, keep: npt.NDArray[np.int64], count: int) -> tuple[Array, Array, list[str]]:
    """Identity (K, C, 3) and expression bases (E, C, 3) of the vertices `keep` of `count`, mm; E names."""
    with np.load(kit / "identity_f16.npz") as z:
        identity = z["identity"][:, keep].astype(np.float32) * 10
    with np.load(kit / "expression_f16_sparse.npz") as z:
        names = [str(n) for n in z["names"][:N_EXPRESSIONS]]
        expression = np.zeros((N_EXPRESSIONS, count, 3), np.float32)
        for k in range(N_EXPRESSIONS):
            rows = slice(int(z["ptr"][k]), int(z["ptr"][k + 1]))
            expression[k, z["idx"][rows]] = z["val"][rows].astype(np.float32) * 10
    return identity, expression[:, keep], names


def sphere_centre(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Centre of the sphere nearest to the points (linear least squares)."""
    system = np.c_[2 * points, np.ones(len(points))]
    return np.asarray(np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0][:3])


def linear_rows(quads: npt.NDArray[np.int64], n_verts: int) -> sp.csr_matrix:
    """Like `catmull_clark`, but every point stays on the control mesh (rows in the same order)."""
    n_faces = len(quads)
    ends = np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2)
    edges = np.unique(np.sort(ends, 1), axis=0)
    faces = sp.coo_matrix(
        (np.full(quads.size, 0.25), (np.repeat(np.arange(n_faces), 4), quads.ravel())), (n_faces, n_verts)
    )
    middles = sp.coo_matrix(
        (np.full(edges.size, 0.5), (np.repeat(np.arange(len(edges)), 2), edges.ravel())),
        (len(edges), n_verts),
    )
    return sp.vstack([sp.identity(n_verts), faces, middles]).tocsr()


def make_geometry(data: Data, out: Out) -> None:
    """Build control mesh, subdivision, UVs and shapes of the face model from ICT-FaceKit."""
    arrays = build(data / "ict_facekit")
    np.savez(out, **arrays)  # type: ignore[arg-type]
    for name, value in arrays.items():
        print(name, value.shape, value.dtype)
