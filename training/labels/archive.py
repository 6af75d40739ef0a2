"""The fitted labels small enough to keep beside the code, so that a new machine can train without the
teachers.

Pose, coefficients and crop frame of every photo, no pictures: identity, albedo and expression in 8 bits.
`expand` gives back what `label-photos` wrote; the 68 points are then those of the fitted mesh, moved by
`points_offset` where `label-hand-points` wrote one.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from training.face_model.camera import FOCAL_RATIO, Z0_MM, project
from training.face_model.linear_face import load_linear_face
from training.options import LabelsFile, Out

STEP = 1 / 40
"""Quantum of identity and albedo coefficients, in standard deviations."""
OFFSET_STEP = 0.04 / 127
"""Quantum of `points_offset`, in crop sides."""
WEIGHT_STEP = 1 / 200
EXACT = ("set_index", "row", "subject", "sets", "wrong", "light_weight")
HALF = ("gamma",)
SINGLE = ("centre", "side", "roll", "translation_mm")
Arrays = dict[str, npt.NDArray[Any]]


def compact(labels: Arrays) -> Arrays:
    """Labels of `albedo` in their small form."""
    out: Arrays = {name: labels[name] for name in EXACT}
    out |= {name: labels[name].astype(np.float32) for name in SINGLE}
    out |= {name: labels[name].astype(np.float16) for name in HALF}
    for name in ("alpha", "beta"):
        out[name] = np.clip(np.rint(labels[name] / STEP), -127, 127).astype(np.int8)
    out["delta"] = np.rint(labels["delta"] * 255).astype(np.uint8)
    if "held_out" in labels:
        out["held_out"] = labels["held_out"]
    if "points_offset" in labels:  # targets beside the fitted mesh, where points were placed by hand
        offset = np.rint(labels["points_offset"] / OFFSET_STEP)
        out["points_offset"] = np.clip(offset, -127, 127).astype(np.int8)
        out["points_weight"] = np.rint(labels["points_weight"] / WEIGHT_STEP).astype(np.uint8)
    vectors = [cv2.Rodrigues(r.astype(np.float64))[0][:, 0] for r in labels["rotation"]]
    out["rotvec"] = np.stack(vectors).astype(np.float32)
    return out


def expand(small: Arrays, face_model: Path) -> Arrays:
    """The labels in the form that `pack-shards` reads."""
    out = dict(small)
    for name in ("alpha", "beta"):
        out[name] = small[name].astype(np.float32) * STEP
    out["delta"] = small["delta"].astype(np.float32) / 255
    out["gamma"] = small["gamma"].astype(np.float32)
    out["rotation"] = np.stack([cv2.Rodrigues(v.astype(np.float64))[0] for v in small["rotvec"]]).astype(
        np.float32
    )
    face = load_linear_face(face_model)
    verts = face.landmarks(torch.from_numpy(out["alpha"]), torch.from_numpy(out["delta"]))
    t = torch.from_numpy(out["translation_mm"])
    m = torch.cat([FOCAL_RATIO * t[:, :2] / t[:, 2:], torch.log(t[:, 2:] / Z0_MM)], 1)
    out["points"] = project(verts, torch.from_numpy(out["rotation"]), m).numpy()
    if "points_offset" in small:
        out["points_offset"] = small["points_offset"].astype(np.float32) * OFFSET_STEP
        out["points_weight"] = small["points_weight"].astype(np.float32) * WEIGHT_STEP
        out["points"] += out["points_offset"]
    return out


def load_labels(path: Path, face_model: Path) -> Arrays:
    """Labels from a file, expanded where they are in their small form."""
    with np.load(path) as z:
        labels = {name: z[name] for name in z.files}
    return expand(labels, face_model) if "rotvec" in labels else labels


def keep_labels(labels: LabelsFile, out: Out) -> None:
    """Write the fitted labels in a few MB (training/labels/fits.npz)."""
    with np.load(labels) as z:
        small = compact({name: z[name] for name in z.files})
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **small)  # type: ignore[arg-type]
    print(f"{len(small['row'])} faces, {out.stat().st_size / 1e6:.2f} MB")
