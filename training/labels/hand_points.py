"""Labels of photos with 68 hand-made points: the face model fitted to the points that are seen, targets and
weights per landmark.

Where each source's points sit on the mesh is learned from the kept fits of `aflw_merl`, so that new labels
agree with the old ones. Then every face is fitted to its visible hand-made points, to 3DDFA_V2's 68 points
and, up to half-turned heads, to MediaPipe's. Contour points of turned heads mark the visible boundary, which
is no fixed place on the head: they are left out, the jaw follows the teacher and the model.

A landmark's target is the fitted mesh's, moved by the residual between the hand-made point and the mesh at
the hand-made point's own place. `points_weight` is 1 for a visible inner point and HIDDEN_WEIGHT where the
annotator guessed it behind hair, a hand or glasses; self-occluded points and the jaw have no hand-made
position there and count SELF_OCCLUDED_WEIGHT and JAW_WEIGHT.

Faces whose sources contradict each other are marked `wrong`. `held_out` marks every 12th photo.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
import typer

from training.datasets.crop_frame import Frames, frames_of
from training.datasets.face_sets import HAND_POINT_SETS, open_set
from training.labels.archive import compact, load_labels
from training.labels.embedding import barycentric, nearest_vertices
from training.labels.embedding_fit import fit_rows
from training.labels.eyelids import shut_labels
from training.labels.fit import Fit
from training.labels.geometry import Embedding, Geometry
from training.labels.observations import Observations, collect
from training.labels.photos import landmarks_of, outliers
from training.labels.source_weights import SOURCES, Targets
from training.options import FACE_MODEL, Cache, Data, FaceModelFile, Out, Threads

Array = npt.NDArray[np.float64]

KEPT = Path(__file__).parent / "fits.npz"
HELD_OUT_EVERY = 12
HIDDEN_WEIGHT = 0.5
SELF_OCCLUDED_WEIGHT = 0.25  # of a fitted point that no annotator saw
JAW_WEIGHT = 0.5  # as in shards/pack.py; half of it where the jaw is self-occluded
TEACHER_SHARE = 0.3  # of the teachers' weight that is left at a point with a visible hand-made position
MAX_RESIDUAL = 0.04  # crop sides; a hand-made point farther from the fitted mesh is not believed
MAX_HAND_ERROR = 0.020  # crop sides; mean residual of the visible inner points of a believed face
MAX_TEACHER_ERROR = 0.045  # crop sides; median over visible inner points, teacher against hand


def places_of_kept_fits(seen: Observations, kept: dict[str, Any], geometry: Geometry) -> dict[str, Embedding]:
    """Places on the dense mesh of every source's points, from fits of the same photos.

    Args:
        seen: observations of `aflw_merl`.
        kept: expanded labels that hold the fits of `aflw_merl`.
        geometry: the face model's arrays.
    """
    set_index = [str(s) for s in kept["sets"]].index("aflw_merl")
    which = np.flatnonzero((kept["set_index"] == set_index) & ~kept["wrong"].astype(bool))
    which = which[np.random.default_rng(0).permutation(len(which))[:500]]
    rows = kept["row"][which].astype(int)
    fitted = Fit(
        rotation=torch.from_numpy(kept["rotation"][which]).float(),
        translation_mm=torch.from_numpy(kept["translation_mm"][which]).float(),
        alpha=torch.from_numpy(kept["alpha"][which]).float(),
        delta=torch.from_numpy(kept["delta"][which]).float(),
        rms=torch.zeros(len(which)),
    )
    frames = Frames(*(kept[n][which].astype(np.float64) for n in ("centre", "side", "roll")))
    columns = {n: v[rows] for n, v in vars(seen).items() if isinstance(v, np.ndarray)}
    part = replace(seen, **columns)
    targets = Targets(part, frames)
    projected = geometry.dense_projection(fitted, np.arange(len(which)))
    places: dict[str, Embedding] = {}
    for name in SOURCES:
        points, weights = targets.points[name], targets.weights[name]
        if not weights.any():  # this teacher has not seen the set
            continue
        vertices = nearest_vertices(projected, points, weights)
        places[name] = barycentric(projected, points, weights, vertices, geometry.triangles)
    return places


def prefer_hand(targets: Targets) -> None:
    """Let the teachers count less where a visible hand-made inner point is known, in place."""
    seen = targets.weights["hand"] > 1 / 0.01**2
    targets.weights["mb05"][seen] *= TEACHER_SHARE
    known = seen[:, 17:].sum(1) >= 20
    targets.weights["mediapipe"][known] *= TEACHER_SHARE


def point_weights(visibility: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Weight of each landmark's target (N, 68) from visibility: 1 seen, 2 hidden, 0 self-occluded."""
    weight = np.where(visibility == 1, 1.0, np.where(visibility == 2, HIDDEN_WEIGHT, SELF_OCCLUDED_WEIGHT))
    jaw = np.where(visibility[:, :17] == 0, JAW_WEIGHT / 2, JAW_WEIGHT)
    weight[:, :17] = jaw
    return weight.astype(np.float32)


def contradicting(hand: Array, mesh: Array, teacher: Array, seen: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Faces (N,) whose hand-made points disagree with the fit or with the teacher.

    Args:
        hand, mesh, teacher: inner points (N, 51, 2) in crop sides.
        seen: (N, 51) visible and labelled.
    """
    residual = np.where(seen, np.linalg.norm(hand - mesh, axis=-1), np.nan)
    teacher_error = np.where(seen, np.linalg.norm(hand - teacher, axis=-1), np.nan)
    few = seen.sum(1) < 8
    residual[few], teacher_error[few] = 0.0, 0.0  # too few points to tell
    return np.asarray(
        (np.nanmean(residual, 1) > MAX_HAND_ERROR) | (np.nanmedian(teacher_error, 1) > MAX_TEACHER_ERROR)
    )


def held_out_photos(names: list[str]) -> npt.NDArray[np.bool_]:
    """Every 12th photo by a checksum of its name; crops of one AFW photo stay together."""
    stems = [Path(n).stem for n in names]
    photos = [s.rsplit("_", 1)[0] if s.startswith("afw_") else s for s in stems]
    return np.array([zlib.crc32(p.encode()) % HELD_OUT_EVERY == 0 for p in photos])


def photo_numbers(names: list[str]) -> npt.NDArray[np.int32]:
    """One number per photo, the same for crops of one AFW photo; -1 where the crop is alone in its photo."""
    stems = [Path(n).stem for n in names]
    photos = {s.rsplit("_", 1)[0] for s in stems if s.startswith("afw_")}
    order = {p: i for i, p in enumerate(sorted(photos))}
    return np.array([order.get(s.rsplit("_", 1)[0], -1) for s in stems], np.int32)


def names_and_visibility(data: Path) -> tuple[list[str], npt.NDArray[np.generic]]:
    """Files of all sets, and which landmarks an annotator saw (N, 68), see `point_weights`."""
    sets = [open_set(data, name) for name in HAND_POINT_SETS]
    visibility = [one.labels.get("visibility", np.ones((len(one.files), 68), np.int8)) for one in sets]
    return [file for one in sets for file in one.files], np.concatenate(visibility)


def label_hand_points(
    data: Data,
    cache: Cache,
    out: Out,
    kept_labels: Annotated[Path, typer.Option("--kept", help="fits of the other photos")] = KEPT,
    face_model: FaceModelFile = FACE_MODEL,
    threads: Threads = 1,
) -> None:
    """Label the photos with 68 hand-made points and visibility.

    Needs the points of the teachers in CACHE: `teach-mb05 --sets aflw_merl --sets aflw_turned --sets
    helen_afw` and, where it is installed, `teach-mediapipe` with the same sets.
    """
    torch.set_num_threads(threads)
    geometry, kept = Geometry.load(cache / "geometry.npz"), load_labels(kept_labels, face_model)
    places = places_of_kept_fits(collect(data, cache, ("aflw_merl",)), kept, geometry)
    seen = collect(data, cache, HAND_POINT_SETS)
    frames = frames_of(seen.mb05[..., :2])
    targets = Targets(seen, frames)
    prefer_hand(targets)
    places = {name: place for name, place in places.items() if targets.weights[name].any()}
    everyone = np.arange(len(seen.row))
    rough = fit_rows(seen, targets, geometry, {"mb05": places["mb05"]}, everyone, 5, title="first fit")
    fitted = fit_rows(seen, targets, geometry, places, everyone, 6, rough, title="fit")
    nowhere = np.zeros((len(everyone), 68, 2), np.float32)
    _, delta = shut_labels(nowhere, fitted.delta.numpy(), geometry.exp_names)
    wrong = outliers(seen, targets, frames, fitted, landmarks_of(fitted, geometry, places["mb05"]))
    hand, mesh = targets.points["hand"], landmarks_of(fitted, geometry, places["hand"])
    visible = np.isfinite(seen.hand_sigma) & (seen.hand_sigma < 0.01)
    inner = np.s_[:, 17:]
    wrong |= contradicting(hand[inner], mesh[inner], targets.points["mb05"][inner], visible[inner])
    residual = np.where(np.isfinite(seen.hand_sigma)[..., None], hand - mesh, 0.0)
    residual[:, :17] = 0.0
    believed = np.linalg.norm(residual, axis=-1) < MAX_RESIDUAL
    names, visibility = names_and_visibility(data)
    weight = point_weights(visibility) * np.where(believed, 1.0, 0.25).astype(np.float32)
    errors = np.linalg.norm(residual, axis=-1)[inner]
    for index, name in enumerate(HAND_POINT_SETS):
        mine = seen.set_index == index
        error = 100 * errors[mine][visible[inner][mine]].mean()
        rms = fitted.rms[mine].median()
        print(f"{name:12s} {mine.sum()} faces, {wrong[mine].sum()} dropped, rms {rms:.4f}")
        print(f"{name:12s} visible inner points lie {error:.2f} % of the crop from the mesh")
    n = len(everyone)
    labels = {
        "sets": np.array(HAND_POINT_SETS), "set_index": seen.set_index, "row": seen.row,
        "subject": photo_numbers(names),
        "wrong": wrong, "held_out": held_out_photos(names), "light_weight": np.zeros(n, np.float32),
        "centre": frames.centre, "side": frames.side, "roll": frames.roll,
        "translation_mm": fitted.translation_mm.numpy(), "rotation": fitted.rotation.numpy(),
        "alpha": fitted.alpha.numpy(), "beta": np.zeros((n, kept["beta"].shape[1])), "delta": delta,
        "gamma": np.zeros((n, *kept["gamma"].shape[1:])), "points_weight": weight,
        "points_offset": np.clip(residual, -MAX_RESIDUAL, MAX_RESIDUAL),
    }  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **compact(labels))  # type: ignore[arg-type]
    print(f"{n} faces, {wrong.sum()} dropped, {out.stat().st_size / 1e6:.2f} MB")
