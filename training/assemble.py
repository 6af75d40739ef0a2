"""Puts geometry, landmark places and albedo into the shipped asset `face_model.safetensors`.

python -m training.assemble --cache cache --places cache/places.npz --albedo cache/albedo.npz
                            --detail cache/detail.npz --out facesdk/assets/face_model.safetensors
"""

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from facesdk.morphable.packing import packed_tensors

VERSION = "3.1"
N_FINE = 16
SMALL_MM = 2e-3
"""Expression offsets below this are left out."""


def quantise(basis: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """int8 values and one scale per row of a basis (K, ...)."""
    scale = np.abs(basis.reshape(len(basis), -1)).max(1) / 127
    return np.rint(basis / scale.reshape(-1, *[1] * (basis.ndim - 1))).astype(np.int8), scale.astype(
        np.float32
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--places", type=Path, required=True)
    parser.add_argument("--albedo", type=Path, required=True)
    parser.add_argument("--detail", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with np.load(args.cache / "geometry.npz") as z:
        geometry = {k: z[k] for k in z.files}
    with np.load(args.places) as z:
        places = {k: z[k] for k in z.files}
    with np.load(args.albedo) as z:
        albedo = {k: z[k] for k in z.files}
    with np.load(args.detail) as z:
        detail = {k: z[k] for k in z.files}
    used = np.abs(geometry["expression"]).max(2) > SMALL_MM
    ptr = np.r_[0, np.cumsum(used.sum(1))].astype(np.int32)
    idx = np.concatenate([np.flatnonzero(u) for u in used]).astype(np.uint16)
    val = np.concatenate([e[u] for e, u in zip(geometry["expression"], used, strict=True)]).astype(np.float16)
    identity_q, identity_scale = quantise(geometry["identity"])
    # The first modes move the face by centimetres: a second byte brings their error under 0.001 mm.
    step = identity_scale[:N_FINE, None, None]
    low_q = np.rint((geometry["identity"][:N_FINE] - identity_q[:N_FINE] * step) / (step / 254)).astype(
        np.int8
    )
    albedo_q, albedo_scale = quantise(albedo["directions"])
    even_q, even_scale = quantise(detail["even"])
    odd_q, odd_scale = quantise(detail["odd"])
    gray_even_q, gray_even_scale = quantise(detail["gray_even"])
    gray_odd_q, gray_odd_scale = quantise(detail["gray_odd"])
    weights, code = np.unique(geometry["sub_val"].astype(np.float32), return_inverse=True)
    tensors = {
        "mean_control_mm": geometry["mean_control_mm"],
        "identity_q": identity_q,
        "identity_low_q": low_q,
        "identity_scale": identity_scale,
        "exp_ptr": ptr,
        "exp_idx": idx,
        "exp_val": val,
        "sub_ptr": geometry["sub_ptr"].astype(np.int32),
        "sub_idx": geometry["sub_idx"].astype(np.uint16),
        "sub_code": code.astype(np.uint8),
        "sub_weights": weights,
        "triangles": geometry["triangles"].astype(np.uint16),
        "control_triangles": geometry["control_triangles"].astype(np.uint16),
        "uv": geometry["uv"],
        "uv_triangles": geometry["uv_triangles"].astype(np.uint16),
        "landmark_triangles": places["landmarks_triangles"].astype(np.int32),
        "landmark_bary": places["landmarks_bary"].astype(np.float32),
        "mirror_control": geometry["mirror_control"].astype(np.uint16),
        "albedo_mean_control": albedo["mean"].astype(np.float32),
        "albedo_basis_q": albedo_q,
        "albedo_scale": albedo_scale,
        "detail_half": detail["half"].astype(np.uint16),
        "detail_even_q": even_q,
        "detail_odd_q": odd_q,
        "detail_gray_even_q": gray_even_q,
        "detail_gray_odd_q": gray_odd_q,
        "detail_scale": np.concatenate([even_scale, odd_scale, gray_even_scale, gray_odd_scale]),
        "arkit_map": geometry["arkit_map"],
    }
    tensors |= packed_tensors(tensors)
    metadata = {
        "version": VERSION,
        "units": "mm",
        "origin": "midway between the centres of the two eyeballs of the neutral mean face",
        "exp_names": json.dumps([str(n) for n in geometry["exp_names"]]),
        "arkit_names": json.dumps([str(n) for n in geometry["arkit_names"]]),
        "n_skin_verts": str(int(geometry["n_skin_verts"])),
        "n_skin_triangles": str(int(geometry["n_skin_triangles"])),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, args.out, metadata)
    for name, value in sorted(tensors.items(), key=lambda item: -item[1].nbytes):
        print(f"{name:22s} {value.shape!s:20s} {value.dtype} {value.nbytes / 1e6:.2f} MB")
    print(f"{args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
