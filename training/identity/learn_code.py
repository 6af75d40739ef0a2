"""What tells people apart in a face's coefficients: facesdk/assets/identity.safetensors.

Reconstructs the labelled training photos with the shipped FaceSDK, faces given, and maps identity, albedo and
its detail linearly onto the identity teacher's embedding (teachers/identity.py) by ridge regression. The
strength of the ridge is that which tells people apart best whom the map has not seen, in folds; the map is
then learned from all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
import typer
from safetensors.numpy import save_file
from tqdm import tqdm

from benchmarks.metrics.verification import accuracy, auc, pairs, rank_one
from facesdk import FaceSDK, Options, manifest
from facesdk.core.crop import DETECTION_SHIFT_DOWN, DETECTION_TO_LANDMARKS, MARGIN
from training.datasets.face_sets import open_set
from training.options import Data, IdentityFile, LabelsFile, Out, Threads

Array = npt.NDArray[np.float64]

ASSET = manifest.ASSETS / manifest.IDENTITY
MOST_TURN = 0.64  # sine of the yaw: beyond 40 degrees half of the albedo is a guess
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
FOLDS = 5  # of the people with several photos: each is judged by a map that has not seen him


def reconstruct(
    data: Path, labels: dict[str, npt.NDArray[np.generic]], rows: npt.NDArray[np.intp], threads: int
) -> Array:
    """Coefficients (n, K) of the labelled faces `rows`: identity, albedo, its detail."""
    sdk = FaceSDK(Options(max_faces=1, fit_appearance=True))
    sets = [open_set(data, str(name)) for name in labels["sets"]]
    # The labels' crops are those of the network: back to the detection that would give such a crop.
    scale = labels["side"].astype(float) / (MARGIN * DETECTION_TO_LANDMARKS)

    def one(row: np.intp) -> Array:
        picture = sets[int(labels["set_index"][row])].read(int(labels["row"][row]))
        centre = labels["centre"][row].astype(float) - [0, DETECTION_SHIFT_DOWN * scale[row]]
        box = np.concatenate([centre - scale[row] / 2, centre + scale[row] / 2])
        face = sdk.reconstruct(np.ascontiguousarray(picture[..., ::-1]), boxes=box[None]).faces[0]
        return np.concatenate([face.identity, face.albedo_coefficients, face.albedo_detail]).astype(float)

    with ThreadPoolExecutor(threads) as pool:
        return np.array(list(tqdm(pool.map(one, rows), total=len(rows), mininterval=10)))


def ridge(coefficients: Array, target: Array, strength: float) -> tuple[Array, Array]:
    """Mean (K,) and directions (K, N) by least squares of target (n, N), each coefficient in deviations."""
    mean, deviation = coefficients.mean(0), coefficients.std(0) + 1e-6
    x = (coefficients - mean) / deviation
    system = x.T @ x + strength * len(x) * np.eye(x.shape[1])
    return mean, np.linalg.solve(system, x.T @ (target - target.mean(0))) / deviation[:, None]


def told_apart(codes: Array, people: npt.NDArray[np.generic]) -> dict[str, float]:
    """Verification and retrieval of people with several photos by codes (n, N)."""
    unit = codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9)
    chosen = pairs(people)
    scores = (unit[chosen.first] * unit[chosen.second]).sum(1)
    return {
        "accuracy": accuracy(scores, chosen.same, chosen.fold),
        "AUC": auc(scores, chosen.same),
        "rank 1": rank_one(unit, people),
    }


def learn_identity_code(
    data: Data,
    labels_file: LabelsFile,
    identity: IdentityFile,
    features: Annotated[Path, typer.Option(help="cache of the photos' coefficients")],
    out: Out = ASSET,
    threads: Threads = 1,
    photos: Annotated[int, typer.Option(help="at most so many")] = 10_000,
) -> None:
    """Learn the linear map from coefficients to a code of the person."""
    cv2.setNumThreads(1)
    with np.load(labels_file) as z:
        labels = {key: z[key] for key in z.files}
    with np.load(identity) as z:
        embedding = z["embedding"].astype(float)
    people = labels["subject"].astype(np.int64) + 1_000_000 * labels["set_index"].astype(np.int64)
    alone = labels["subject"] < 0
    turn = np.array([abs(cv2.Rodrigues(vector.astype(float))[0][0, 2]) for vector in labels["rotvec"]])
    usable = ~labels["wrong"] & (np.linalg.norm(embedding, axis=1) > 0.5) & (turn < MOST_TURN)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(np.flatnonzero(usable))[:photos])
    if features.exists():
        with np.load(features) as z:
            kept = usable[z["rows"]]
            rows, coefficients = z["rows"][kept], z["coefficients"][kept].astype(float)
    else:
        coefficients = reconstruct(data, labels, rows, threads)
        np.savez(features, rows=rows, coefficients=coefficients.astype(np.float32))
    target, who = embedding[rows], np.where(alone[rows], -1, people[rows])
    names, counts = np.unique(who[who >= 0], return_counts=True)
    several = rng.permutation(names[counts > 1])
    judged = np.isin(who, several)
    best, strength = -1.0, STRENGTHS[0]
    for value in STRENGTHS:
        codes = np.zeros(target.shape)
        for fold in range(FOLDS):
            held = np.isin(who, several[fold::FOLDS])
            mean, directions = ridge(coefficients[~held], target[~held], value)
            codes[held] = (coefficients[held] - mean) @ directions
        found = told_apart(codes[judged], who[judged])
        print(f"ridge {value}: " + "  ".join(f"{name} {v:.3f}" for name, v in found.items()), flush=True)
        if found["AUC"] > best:
            best, strength = found["AUC"], value
    mean, directions = ridge(coefficients, target, strength)
    directions /= np.abs(directions).max()
    save_file({"mean": mean.astype(np.float16), "directions": directions.astype(np.float16)}, out)
    print(f"{len(rows)} photos, ridge {strength}, {out.stat().st_size / 1e3:.0f} kB")
