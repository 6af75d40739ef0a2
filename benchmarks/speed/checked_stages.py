"""The stages of a tracked frame with the NumPy reference of each: what is timed must first be right."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np

from benchmarks.speed.stage import Stage
from benchmarks.speed.tracked_frame import TrackedFrame
from facesdk import reference
from facesdk.core.arrays import FloatArray, Picture


def checked_stages(frame: TrackedFrame) -> list[Stage]:
    """The stages of `frame` in their order, and the whole; network and whole have no reference."""
    model, x, size = frame.model, frame.x, frame.crop.size

    def warped() -> Picture:
        return reference.warp(frame.picture, frame.crop.matrix, size, normalize=False)[None]

    def decoded() -> FloatArray:
        return Dense(frame.sdk.options.face_model).decode(x.identity[0], x.expression[0])

    def lit() -> Any:
        return reference.shade_and_project(
            frame.verts,
            model.triangles,
            x.rotation[0],
            x.translation_mm[0],
            frame.intrinsics,
            frame.albedo,
            x.sh[0],
        )

    def rasterized() -> Any:
        return reference.rasterize(
            frame.points, model.triangles, frame.side, frame.side,
            colors=frame.colors, want=("color", "depth"),
        )  # fmt: skip

    references = {
        "warp": (warped, 1.0),  # of 255: a value halfway between two rounds either way
        "decode": (decoded, 0.05),  # mm
        "light": (lit, 1e-3),  # px, mm at a depth of a metre, and colours
        "rasterize": (rasterized, 1e-3),
    }
    return [
        Stage(stage.name, stage.run, *references.get(stage.name, (None, 0.0))) for stage in frame.stages()
    ]


class Dense:
    """A face model as one dense float32 basis, read from its file by itself: what decode must give.

    mean (3V,) mm and basis (3V, K) mm per unit coefficient: identity, then expression.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        from safetensors.numpy import load_file

        from facesdk import manifest

        path = path if path is not None else manifest.asset_path(manifest.FACE_MODEL)
        stored = load_file(path)
        scale = stored["identity_scale"].astype(np.float64)[:, None, None]
        identity = stored["identity_q"] * scale
        if "identity_low_q" in stored:
            fine = len(stored["identity_low_q"])
            identity[:fine] += stored["identity_low_q"] * (scale[:fine] / 254)
        ptr = stored["exp_ptr"].astype(int)
        expression = np.zeros((len(ptr) - 1, *identity.shape[1:]))
        for k, (start, stop) in enumerate(itertools.pairwise(ptr)):
            expression[k, stored["exp_idx"][start:stop]] = stored["exp_val"][start:stop]
        control = np.concatenate([stored["mean_control_mm"][None], identity, expression])
        if "sub_ptr" not in stored:  # its own dense mesh
            every = np.arange(control.shape[1] + 1)
            stored |= {"sub_ptr": every, "sub_idx": every[:-1], "sub_weights": np.ones(1)}
            stored["sub_code"] = np.zeros(len(every) - 1, np.uint8)
        rows = np.repeat(np.arange(len(stored["sub_ptr"]) - 1), np.diff(stored["sub_ptr"].astype(int)))
        dense = np.zeros((len(control), len(stored["sub_ptr"]) - 1, 3), np.float32)
        columns = stored["sub_idx"].astype(int)
        weights = stored["sub_weights"].astype(np.float64)[stored["sub_code"]]
        for shape, out in zip(control, dense, strict=True):
            for axis in range(3):
                out[:, axis] = np.bincount(rows, weights * shape[columns, axis], len(out))
        self.mean = dense[0].ravel()
        self.basis: FloatArray = np.ascontiguousarray(dense[1:].reshape(len(dense) - 1, -1).T)

    def decode(self, identity: FloatArray, expression: FloatArray) -> FloatArray:
        """(V, 3) mm by one dense product."""
        product = self.basis @ np.concatenate([identity, expression]).astype(np.float32)
        return np.asarray(self.mean + product, np.float32).reshape(-1, 3)
