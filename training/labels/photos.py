"""Labels of our own model for every training face, from the teachers and the hand labels.

First learns where each source's points sit on the mesh (alternating with fits of a sample of faces), then
fits every face to all its sources, drops and counts outliers, shares one identity among the pictures of a
person, and fits once more.
"""

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
import typer
from torch import Tensor

from training.datasets.crop_frame import Frames, frames_of
from training.labels.embedding_fit import fit_rows, learn_places
from training.labels.eyelids import lid_places, shut_labels
from training.labels.fit import Fit, project
from training.labels.geometry import Embedding, Geometry
from training.labels.observations import Observations, collect
from training.labels.source_weights import SOURCES, Targets
from training.options import Cache, Data, Out, Threads

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

FACING = 0.8  # cosine of the turn up to which lids are well seen


def landmarks_of(fitted: Fit, geometry: Geometry, place: Embedding) -> Array:
    """The fitted 68 points in crop sides, (N, 68, 2)."""
    basis, mean = geometry.rows(*place)
    coefficients = torch.cat([fitted.alpha, fitted.delta], 1)
    verts = (coefficients @ basis.reshape(-1, basis.shape[2]).T).reshape(len(coefficients), -1, 3) + mean
    return project(verts, fitted.rotation, fitted.translation_mm)[0].double().numpy()


def outliers(
    seen: Observations, targets: Targets, frames: Frames, fitted: Fit, points: Array
) -> npt.NDArray[np.bool_]:
    """Faces whose sources contradict each other or the model."""
    spread = seen.mb05_spread.mean(1) / frames.side
    teacher = np.linalg.norm(points - targets.points["mb05"], axis=-1)
    hand = np.linalg.norm(points - targets.points["hand"], axis=-1)
    hand_known = targets.weights["hand"] > 0
    hand_error = (hand * hand_known).sum(1) / np.maximum(hand_known.sum(1), 1)
    held = hand_known.sum(1) >= 12
    wrong = (spread > 0.05) | (fitted.rms.numpy() > 0.045) | (hand_error > 0.06)
    return np.asarray(wrong | (~held & (np.median(teacher, 1) > 0.045)))


def share_identity(
    subject: npt.NDArray[np.int32], fitted: Fit, good: npt.NDArray[np.bool_]
) -> tuple[Tensor, Tensor]:
    """Prior mean and precision of alpha: a person's mean over his pictures where there are several."""
    mean, precision = torch.zeros_like(fitted.alpha), torch.ones_like(fitted.alpha)
    for person in np.unique(subject[subject >= 0]):
        rows = np.flatnonzero((subject == person) & good)
        if len(rows) > 1:
            # A mean of ridge estimates is shrunk; the spread that is left between pictures is noise.
            mean[np.flatnonzero(subject == person)] = fitted.alpha[rows].mean(0) * 1.15
            precision[np.flatnonzero(subject == person)] = float(2 + len(rows))
    return mean, precision


def own_places(geometry: Geometry, fitted: Fit, points: Floats, known: Embedding) -> Embedding:
    """Where the model's own 68 landmarks sit: like 3DDFA_V2's, but on lids that shut."""
    blink = [geometry.exp_names.index(f"eyeBlink_{side}") for side in ("L", "R")]
    facing = fitted.rotation[:, 2, 2].numpy() < -FACING
    wide = (fitted.delta[:, blink] == 0).all(1).numpy() & facing
    wide &= (fitted.rms < fitted.rms.median()).numpy()
    rows = np.random.default_rng(0).permutation(np.flatnonzero(wide))[:300]
    projected = geometry.dense_projection(fitted, rows)
    return lid_places(geometry, projected, points[rows].astype(np.float64), known)


def sample_of_faces(seen: Observations, frames: Frames, targets: Targets) -> npt.NDArray[np.intp]:
    """Faces to learn the points' places from: half of them labelled by hand, the others for variety."""
    steady = seen.mb05_spread.mean(1) / frames.side < 0.01
    sample = np.flatnonzero(steady & (targets.yaw < 50) & (targets.weights["mediapipe"].sum(1) > 0))
    rng = np.random.default_rng(0)
    by_hand = np.isfinite(seen.hand_sigma[:, 36])
    chosen = [rng.permutation(sample[by_hand[sample] == want])[:180] for want in (True, False)]
    return np.concatenate(chosen)


def save_places(path: Path, places: dict[str, Embedding]) -> None:
    """Triangles and barycentric coordinates by name."""
    arrays = {f"{n}_triangles": place[0] for n, place in places.items()}
    np.savez(path, **arrays, **{f"{n}_bary": place[1] for n, place in places.items()})  # type: ignore[arg-type]


def label_photos(
    data: Data,
    cache: Cache,
    out: Out,
    places_file: Annotated[
        Path | None, typer.Option("--places", help="reuse the points' places of an earlier run")
    ] = None,
    threads: Threads = 1,
) -> None:
    """Fit pose, identity and expression of every photo to the teachers' points.

    Reads what `geometry`, `teach-mb05` and `teach-mediapipe` left in the cache.
    """
    torch.set_num_threads(threads)
    seen = collect(data, cache)
    frames = frames_of(seen.mb05[..., :2])
    targets = Targets(seen, frames)
    geometry = Geometry.load(cache / "geometry.npz")
    place_file = places_file or out.with_name("places.npz")
    if place_file.exists():
        with np.load(place_file) as z:
            places = {name: (z[f"{name}_triangles"], z[f"{name}_bary"]) for name in SOURCES}
    else:
        places = learn_places(seen, targets, geometry, sample_of_faces(seen, frames, targets))
        save_places(place_file, places)
    everyone = np.arange(len(seen.row))
    rough = fit_rows(seen, targets, geometry, {"mb05": places["mb05"]}, everyone, 5, title="first fit")
    fitted = fit_rows(seen, targets, geometry, places, everyone, 6, rough, title="fit")
    points = landmarks_of(fitted, geometry, places["mb05"])
    wrong = outliers(seen, targets, frames, fitted, points)
    several = np.flatnonzero(seen.subject >= 0)
    mean, precision = (one[several] for one in share_identity(seen.subject, fitted, ~wrong))
    names = [field.name for field in fields(Fit)]
    part = Fit(*(getattr(fitted, name)[several] for name in names))
    again = fit_rows(seen, targets, geometry, places, several, 4, part, (mean, precision), title="people")
    for name in names:
        getattr(fitted, name)[several] = getattr(again, name)
    points = landmarks_of(fitted, geometry, places["mb05"])
    wrong = outliers(seen, targets, frames, fitted, points)
    for index, name in enumerate(seen.sets):
        mine = seen.set_index == index
        rms = fitted.rms[mine].median()
        print(f"{name:14s} {mine.sum():5d} faces, {wrong[mine].sum():4d} dropped, rms {rms:.4f}")
    # Half the fit, half the teacher itself: what the model cannot follow is not all noise.
    frontal = (targets.yaw < 60)[:, None, None] * 0.4
    open_lids = ((1 - frontal) * points + frontal * targets.points["mb05"]).astype(np.float32)
    truth, delta = shut_labels(open_lids, fitted.delta.numpy(), geometry.exp_names)
    fitted.delta = torch.from_numpy(delta)
    save_places(place_file, places | {"landmarks": own_places(geometry, fitted, truth, places["mb05"])})
    np.savez_compressed(
        out, set_index=seen.set_index, row=seen.row, subject=seen.subject, sets=np.array(seen.sets),
        wrong=wrong, centre=frames.centre, side=frames.side, roll=frames.roll,
        rotation=fitted.rotation.numpy(),
        translation_mm=fitted.translation_mm.numpy(), alpha=fitted.alpha.numpy(), delta=delta,
        rms=fitted.rms.numpy(), points=truth, points_fit=points.astype(np.float32),
        yaw=targets.yaw, mediapipe_used=targets.weights["mediapipe"].sum(1) > 0,
    )  # fmt: skip
