"""Decoding of dense meshes as contestants: ours, and a float32 product of the same size."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.metrics.landmark_errors import Array
from benchmarks.peers.contestants import DENSE_SHAPES, IDENTITY_SHAPES, DenseDecode
from benchmarks.speed.checked_stages import Dense
from benchmarks.speed.interleave import Timed, timed
from facesdk import FaceModel

PEOPLE = 50  # drawn at random; each call of "ours" decodes the next one


def decode_contestants(errors: dict[str, float]) -> dict[str, Timed]:
    """Ours and a float32 NumPy product of the same size, for our model and for a dense one of BFM's size.

    "decode ours" has another person and expression at every call, "one person" another expression. The
    distances of ours to float32 go into `errors`.
    """
    rng = np.random.default_rng(0)
    return _our_model(errors, rng) | _basel_model(errors, rng)


def _our_model(errors: dict[str, float], rng: np.random.Generator) -> dict[str, Timed]:
    model, dense = FaceModel.load(), Dense()
    faces = [
        (rng.normal(size=model.n_id).astype(np.float32), rng.uniform(0, 1, model.n_exp).astype(np.float32))
        for _ in range(PEOPLE)
    ]
    _store_errors(errors, "decode", [model.decode(*face) - dense.decode(*face) for face in faces])
    others = itertools.cycle(faces)
    identity, coeffs = faces[0][0], np.concatenate(faces[0])
    return {
        "decode ours": timed(lambda: model.decode(*next(others))),
        "decode ours, one person": timed(lambda: model.decode(identity, next(others)[1])),
        "decode NumPy": timed(lambda: dense.mean + dense.basis @ coeffs),
    }


def _basel_model(errors: dict[str, float], rng: np.random.Generator) -> dict[str, Timed]:
    dense = DenseDecode()
    model = dense.model()
    shift = model.mean_control_mm[0] - dense.mean[:3]  # its origin is between the eyes
    drawn = rng.normal(size=(PEOPLE, DENSE_SHAPES)).astype(np.float32)
    people = [(row[:IDENTITY_SHAPES], row[IDENTITY_SHAPES:]) for row in drawn]
    exact = [dense.numpy(row).reshape(-1, 3) for row in drawn]
    ours = [model.decode(*face) - shift for face in people]
    _store_errors(errors, "decode_bfm", [a - b for a, b in zip(ours, exact, strict=True)])
    others = itertools.cycle(people)
    return {
        "decode BFM ours": timed(lambda: model.decode(*next(others))),
        "decode BFM ours, one person": timed(lambda: model.decode(people[0][0], next(others)[1])),
        "decode BFM NumPy": timed(dense.numpy),
        "decode BFM ONNX Runtime": timed(dense.onnxruntime),
    }


def _store_errors(errors: dict[str, float], name: str, offsets: list[Array]) -> None:
    """Mean and largest length of offsets (V, 3) mm."""
    distances = np.linalg.norm(np.stack(offsets), axis=2)
    errors[f"{name}_mean_mm"], errors[f"{name}_max_mm"] = float(distances.mean()), float(distances.max())
