"""Puts geometry, landmark places and albedo into the shipped asset `face_model.safetensors`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from safetensors.numpy import save_file

from facesdk.morphable.packing import packed_tensors
from training.options import FACE_MODEL, AlbedoFile, GeometryFile, Out

VERSION = "3.1"
N_FINE = 16  # identity modes with a second byte
SMALL_MM = 2e-3  # expression offsets below this are left out

Arrays = dict[str, npt.NDArray[Any]]


def quantise(basis: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """int8 values and one scale per row of a basis (K, ...)."""
    scale = np.abs(basis.reshape(len(basis), -1)).max(1) / 127
    values = np.rint(basis / scale.reshape(-1, *[1] * (basis.ndim - 1))).astype(np.int8)
    return values, scale.astype(np.float32)


def shape_tensors(geometry: Arrays) -> Arrays:
    """Mean, identity in bytes, expressions as sparse offsets."""
    used = np.abs(geometry["expression"]).max(2) > SMALL_MM
    identity_q, identity_scale = quantise(geometry["identity"])
    # The first modes move the face by centimetres: a second byte brings their error under 0.001 mm.
    step = identity_scale[:N_FINE, None, None]
    rest = geometry["identity"][:N_FINE] - identity_q[:N_FINE] * step
    offsets = [e[u] for e, u in zip(geometry["expression"], used, strict=True)]
    return {
        "mean_control_mm": geometry["mean_control_mm"],
        "identity_q": identity_q,
        "identity_low_q": np.rint(rest / (step / 254)).astype(np.int8),
        "identity_scale": identity_scale,
        "exp_ptr": np.r_[0, np.cumsum(used.sum(1))].astype(np.int32),
        "exp_idx": np.concatenate([np.flatnonzero(u) for u in used]).astype(np.uint16),
        "exp_val": np.concatenate(offsets).astype(np.float16),
        "arkit_map": geometry["arkit_map"],
    }


def mesh_tensors(geometry: Arrays) -> Arrays:
    """Subdivision, triangles, texture coordinates, mirror."""
    weights, code = np.unique(geometry["sub_val"].astype(np.float32), return_inverse=True)
    small = ("sub_idx", "triangles", "control_triangles", "uv_triangles", "mirror_control")
    return {
        "sub_ptr": geometry["sub_ptr"].astype(np.int32),
        "sub_code": code.astype(np.uint8),
        "sub_weights": weights,
        "uv": geometry["uv"],
        **{name: geometry[name].astype(np.uint16) for name in small},
    }


def albedo_tensors(albedo: Arrays, detail: Arrays) -> Arrays:
    """Mean albedo, its basis and its detail, in bytes."""
    basis, scale = quantise(albedo["directions"])
    parts = {name: quantise(detail[name]) for name in ("even", "odd", "gray_even", "gray_odd")}
    return {
        "albedo_mean_control": albedo["mean"].astype(np.float32),
        "albedo_basis_q": basis,
        "albedo_scale": scale,
        "detail_half": detail["half"].astype(np.uint16),
        **{f"detail_{name}_q": values for name, (values, _) in parts.items()},
        "detail_scale": np.concatenate([one for _, one in parts.values()]),
    }


def assemble_face_model(
    geometry: GeometryFile,
    places: Annotated[Path, typer.Option(help="places.npz of `label-photos`")],
    albedo: AlbedoFile,
    detail: Annotated[Path, typer.Option(help="what `detail` wrote")],
    out: Out = FACE_MODEL,
) -> None:
    """Write the shipped face model, with its packed shapes and landmark bases."""
    stored: list[Arrays] = []
    for path in (geometry, places, albedo, detail):
        with np.load(path) as z:
            stored.append({name: z[name] for name in z.files})
    arrays, landmarks, colours, finer = stored
    tensors = shape_tensors(arrays) | mesh_tensors(arrays) | albedo_tensors(colours, finer)
    tensors["landmark_triangles"] = landmarks["landmarks_triangles"].astype(np.int32)
    tensors["landmark_bary"] = landmarks["landmarks_bary"].astype(np.float32)
    tensors |= packed_tensors(tensors)
    metadata = {
        "version": VERSION,
        "units": "mm",
        "origin": "midway between the centres of the two eyeballs of the neutral mean face",
        "exp_names": json.dumps([str(n) for n in arrays["exp_names"]]),
        "arkit_names": json.dumps([str(n) for n in arrays["arkit_names"]]),
        "n_skin_verts": str(int(arrays["n_skin_verts"])),
        "n_skin_triangles": str(int(arrays["n_skin_triangles"])),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, out, metadata)
    for name, value in sorted(tensors.items(), key=lambda item: -item[1].nbytes):
        print(f"{name:22s} {value.shape!s:20s} {value.dtype} {value.nbytes / 1e6:.2f} MB")
    print(f"{out.stat().st_size / 1e6:.2f} MB")
