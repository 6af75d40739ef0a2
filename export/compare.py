"""What a graph's rounding changes: outputs against torch, landmarks and vertices of the whole chain, NME."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.accuracy.landmark_table import measure
from benchmarks.evaluation_sets import Case
from export.chain import Chain, ChainFace, landmark_distance, paired, session_of
from export.networks import ShippedNetwork
from facesdk.core.arrays import FloatArray, Picture
from training.detector.network import cells, decode

FACE_LOGIT = 3.0  # of presence; candidates of the background are below
DETECTED_LOGIT = 0.0  # of a detector's cell: a score of 0.5
NME_ROW = "aflw2000_aligned aligned"
Outputs = dict[str, FloatArray]


@dataclasses.dataclass
class Comparison:
    """One graph against float32."""

    network: str
    precision: str
    run_by: str
    bytes: int
    inputs: int  # rows given to the network
    outputs: dict[
        str, dict[str, float]
    ]  # output -> "mean" and "max" absolute difference from torch in float32
    felt: dict[str, float]  # what the outputs mean: px at the network's input, shares
    chain: dict[str, float] = dataclasses.field(default_factory=dict)  # of the whole chain, against float32
    nme: dict[str, float] = dataclasses.field(default_factory=dict)  # per cent


def compare_outputs(
    network: ShippedNetwork, precision: str, path: Path | None, form: nn.Module, single: nn.Module,
    inputs: list[FloatArray],
) -> Comparison:  # fmt: skip
    """Compare a graph's outputs with those of torch in float32.

    Args:
        network: which.
        precision: word of the table.
        path: ONNX file, run by ONNX Runtime; None: `form` is run by torch, which rounds after each layer.
        form: device form of the precision.
        single: device form in float32.
        inputs: batches as the network takes them in the chain.
    """
    call = _torch_call(form, network.outputs) if path is None else session_of(path).run
    exact = _torch_call(single, network.outputs)
    sums: dict[str, list[tuple[float, float]]] = {name: [] for name in network.outputs}
    felt: dict[str, list[float]] = {}
    for batch in inputs:
        found, expected = call(batch), exact(batch)
        for name in network.outputs:
            difference = np.abs(found[name] - expected[name])
            sums[name].append((float(difference.mean()), float(difference.max())))
        for name, value in FELT[network.role](batch, found, expected).items():
            felt.setdefault(name, []).append(value)
    return Comparison(
        network.name, precision, "torch" if path is None else "onnxruntime",
        0 if path is None else path.stat().st_size, sum(len(batch) for batch in inputs),
        {
            name: {"mean": float(np.mean([mean for mean, _ in v])), "max": max(worst for _, worst in v)}
            for name, v in sums.items()
        },
        {k: float(np.mean(v)) for k, v in felt.items()},
    )  # fmt: skip


def compare_chains(
    chain: Chain, exact: Sequence[list[ChainFace]], pictures: Iterable[Picture]
) -> dict[str, float]:
    """Compare a chain's faces with those of float32.

    Args:
        chain: with the graph that is compared.
        exact: faces of each photo by the float32 chain.
        pictures: the photos.

    Returns:
        "landmarks_px" of the photos and "vertices_mm" of the face frame, mean distances; "faces" that the
        float32 chain finds, and how many of them are "lost".
    """
    landmarks, vertices, lost = [], [], 0
    for faces, picture in zip(exact, pictures, strict=True):
        others = chain.faces(picture)
        for face in faces:
            other = paired(face, others)
            if other is None:
                lost += 1
                continue
            landmarks.append(landmark_distance(face.landmarks_px, other.landmarks_px))
            vertices.append(landmark_distance(face.verts_face_mm, other.verts_face_mm))
    return {
        "landmarks_px": float(np.mean(landmarks)) if landmarks else float("nan"),
        "vertices_mm": float(np.mean(vertices)) if vertices else float("nan"),
        "faces": float(len(landmarks) + lost),
        "lost": float(lost),
    }


def chain_nme(chain: Chain, labelled: list[Case]) -> dict[str, float]:
    """Measure the chain's NME (equation 18) on labelled faces, per cent, and the faces it missed."""
    table, _ = measure(labelled, lambda picture: [np.asarray(f.landmarks_px) for f in chain.faces(picture)])
    rows = table.rows()
    if NME_ROW not in rows:
        return {}
    return {
        "percent": rows[NME_ROW]["mean"],
        "faces": rows[NME_ROW]["faces"],
        "missed": float(len(table.missed)),
    }


def _torch_call(form: nn.Module, names: tuple[str, ...]) -> Callable[[FloatArray], Outputs]:
    def call(batch: FloatArray) -> Outputs:
        with torch.no_grad():
            values: Any = form(torch.from_numpy(batch))
        given: tuple[Tensor, ...] = values if isinstance(values, tuple) else (values,)
        return {name: value.numpy() for name, value in zip(names, given, strict=True)}

    return call


def _regressor_felt(batch: FloatArray, found: Outputs, expected: Outputs) -> dict[str, float]:
    face = expected["presence"][:, 0] > FACE_LOGIT
    if not face.any():
        return {}
    return {
        "landmarks_px": batch.shape[-1] * landmark_distance(found["points"][face], expected["points"][face])
    }


def _detector_felt(batch: FloatArray, found: Outputs, expected: Outputs) -> dict[str, float]:
    centres, strides = cells(*batch.shape[2:])
    first, second = (
        decode(torch.from_numpy(values["cells"]), centres, strides) for values in (found, expected)
    )
    certain = second[0] > DETECTED_LOGIT
    if not certain.any():
        return {}
    scores = (torch.sigmoid(first[0]) - torch.sigmoid(second[0])).abs()[certain]
    return {
        "five_points_px": landmark_distance(first[2][certain].numpy(), second[2][certain].numpy()),
        "score": float(scores.mean()),
    }


def _eyes_felt(_: FloatArray, found: Outputs, expected: Outputs) -> dict[str, float]:
    shut, true = (1 / (1 + np.exp(-values["logit"])) for values in (found, expected))
    return {"closure": float(np.abs(shut - true).mean())}


def _maps_felt(_: FloatArray, found: Outputs, expected: Outputs) -> dict[str, float]:
    (first,), (second,) = found.values(), expected.values()
    return {"changed_pixels_percent": float(100 * ((first > 0) != (second > 0)).mean())}


def _picture_felt(_: FloatArray, found: Outputs, expected: Outputs) -> dict[str, float]:
    return {"levels_of_255": float(255 * np.abs(found["picture"] - expected["picture"]).mean())}


FELT: dict[str, Callable[[FloatArray, Outputs, Outputs], dict[str, float]]] = {
    "regressor": _regressor_felt,
    "detector": _detector_felt,
    "eyes": _eyes_felt,
    "mask": _maps_felt,
    "contours": _maps_felt,
    "picture": _picture_felt,
}
