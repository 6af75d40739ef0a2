"""Labels of our own model for every training face, from the teachers and the hand labels.

    python -m training.labels --data DATA --cache cache --out cache/labels.npz

Reads what `training.teach_mb05`, `training.teach_mediapipe` and `training.model` left in the cache. First
learns where each source's points sit on the mesh (alternating with fits of a sample of faces), then fits
every face to all its sources, drops and counts outliers, shares one identity among the pictures of a person,
and fits once more.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor
from tqdm import tqdm

from training.embedding import barycentric, nearest_vertices
from training.fit import Fit, Priors, fit, project
from training.landmarks import MEDIAPIPE_USED
from training.observations import Frames, Observations, collect, frames_of

Array = npt.NDArray[np.float64]
SOURCES = ("mb05", "mediapipe", "hand")


@dataclass
class Geometry:
    """The model's arrays as tensors; `dense` is the subdivision matrix, `bases` (n_id + n_exp, C, 3)."""

    mean: Tensor
    bases: Tensor
    n_id: int
    dense: sp.csr_matrix
    triangles: npt.NDArray[np.int64]
    exp_names: list[str]
    kit_landmarks: npt.NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> "Geometry":
        with np.load(path) as z:
            bases = torch.from_numpy(np.concatenate([z["identity"], z["expression"]]))
            dense = sp.csr_matrix((z["sub_val"], z["sub_idx"], z["sub_ptr"]))
            return cls(
                torch.from_numpy(z["mean_control_mm"]), bases, len(z["identity"]), dense,
                z["triangles"].astype(np.int64), [str(n) for n in z["exp_names"]], z["landmarks68_kit"],
            )  # fmt: skip

    def rows(self, triangles: npt.NDArray[np.int64], bary: npt.NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Basis (P, 3, K) and mean (P, 3) of surface points: dense triangle and barycentric coordinates."""
        points = len(triangles)
        pick = sp.csr_matrix(
            (bary.ravel(), (np.repeat(np.arange(points), 3), self.triangles[triangles].ravel())),
            (points, self.dense.shape[0]),
        )
        matrix = (pick @ self.dense).astype(np.float32)
        flat = self.bases.permute(1, 2, 0).reshape(len(self.mean), -1).numpy()
        basis = torch.from_numpy(matrix @ flat).reshape(points, 3, -1).contiguous()
        return basis, torch.from_numpy(matrix @ self.mean.numpy())

    def dense_projection(self, fitted: Fit, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Dense vertices of some fitted faces in crop sides, (len(rows), V, 2)."""
        out = []
        for r in rows:
            coefficients = torch.cat([fitted.alpha[r], fitted.delta[r]])
            control = self.mean + torch.einsum("k,kcx->cx", coefficients, self.bases)
            verts = torch.from_numpy(self.dense @ control.numpy()).float()
            out.append(project(verts[None], fitted.rotation[r][None], fitted.translation_mm[r][None])[0][0])
        return torch.stack(out).numpy()


Embedding = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def kit_embedding(geometry: Geometry) -> Embedding:
    """The kit's own 68 vertices as a first guess (control vertices keep their numbers in the dense mesh)."""
    first = np.array([np.flatnonzero((geometry.triangles == v).any(1))[0] for v in geometry.kit_landmarks])
    bary = (geometry.triangles[first] == geometry.kit_landmarks[:, None]).astype(np.float32)
    return first, bary


def yaw_of(points: Array) -> Array:
    """Rough |yaw| in degrees of faces (N, 68, 3) with depth: how far the line of the eyes turns away."""
    across = points[:, 42:48].mean(1) - points[:, 36:42].mean(1)
    return np.asarray(np.degrees(np.arctan2(np.abs(across[:, 2]), np.abs(across[:, 0]))))


class Targets:
    """Points and weights of all sources in crop sides, weighed where each source is strong."""

    def __init__(self, seen: Observations, frames: Frames) -> None:
        side = frames.side[:, None]
        self.yaw = yaw_of(seen.mb05)
        self.points = {
            "mb05": frames.to_crop(seen.mb05[..., :2]),
            "mediapipe": frames.to_crop(seen.mediapipe[:, MEDIAPIPE_USED]),
            "hand": frames.to_crop(seen.hand),
        }
        sigma = np.full(68, 0.010)
        sigma[:17] = 0.014
        self.weights = {"mb05": 1.0 / (sigma**2 + (1.5 * seen.mb05_spread / side) ** 2)}
        # MediaPipe holds to about 50 degrees; its points move together, so each counts for less.
        trust = np.exp(-((np.maximum(self.yaw - 25, 0) / 14) ** 2))[:, None]
        spread = np.nan_to_num(1.5 * seen.mediapipe_spread[:, MEDIAPIPE_USED] / side, nan=0.01)
        self.weights["mediapipe"] = 0.3 * trust / (0.006**2 + spread**2)
        self.weights["hand"] = 1.0 / seen.hand_sigma**2
        if seen.hand.shape[1] == 68:
            five = frames.to_crop(seen.five)
            known = np.isfinite(five[..., 0])
            for column, group in enumerate(((36, 42), (42, 48), (30, 31), (48, 49), (54, 55))):
                rows = known[:, column]
                # An eye's centre is asked of each of its six points as a shift from the teacher's own centre.
                shift = five[rows, column] - self.points["mb05"][rows, group[0] : group[1]].mean(1)
                for p in range(*group):
                    self.points["hand"][rows, p] = self.points["mb05"][rows, p] + shift
                    self.weights["hand"][rows, p] = 1.0 / 0.014**2 / (group[1] - group[0]) ** 0.5
        for name in SOURCES:
            missing = ~np.isfinite(self.points[name][..., 0])
            self.points[name][missing] = 0.0
            self.weights[name][missing] = 0.0


def priors_of(seen: Observations, geometry: Geometry, rows: npt.NDArray[np.int64], trust: Array) -> Priors:
    """Expression prior from MediaPipe's scores where the face is seen well, else towards zero."""
    to_arkit = {"_L": "Left", "_R": "Right"}
    columns = []
    for name in geometry.exp_names:
        arkit = name[:-2] + to_arkit[name[-2:]] if name[-2:] in to_arkit else name
        arkit = "browInnerUp" if arkit.startswith("browInnerUp") else arkit
        arkit = "cheekPuff" if arkit.startswith("cheekPuff") else arkit
        columns.append(seen.score_names.index(arkit))
    scores = seen.scores[rows][:, columns]
    known = np.isfinite(scores) * trust[rows, None]
    n_exp = len(geometry.exp_names)
    return Priors(
        torch.zeros(geometry.n_id),
        torch.ones(geometry.n_id),
        torch.from_numpy(np.nan_to_num(scores) * (known > 0.3)).float(),
        torch.from_numpy(4.0 + 8.0 * known).float().expand(len(rows), n_exp).clone(),
        delta_pull=0.5,
    )


def fit_rows(
    seen: Observations, targets: Targets, geometry: Geometry, places: dict[str, Embedding],
    rows: npt.NDArray[np.int64], steps: int, start: Fit | None = None,
    alpha: tuple[Tensor, Tensor] | None = None,
    batch: int = 48, title: str = "fit",
) -> Fit:  # fmt: skip
    """Fit the faces `rows` to every source that has a place on the mesh."""
    built = [geometry.rows(*places[name]) for name in places]
    basis, mean = torch.cat([b for b, _ in built]), torch.cat([m for _, m in built])
    points = np.concatenate([targets.points[name][:, : len(places[name][0])] for name in places], 1)
    weights = np.concatenate([targets.weights[name][:, : len(places[name][0])] for name in places], 1)
    trust = np.exp(-((np.maximum(targets.yaw - 25, 0) / 14) ** 2))
    done: list[Fit] = []
    for first in tqdm(range(0, len(rows), batch), desc=title, mininterval=5):
        some = rows[first : first + batch]
        priors = priors_of(seen, geometry, some, trust if "mediapipe" in places else trust * 0)
        if alpha is not None:
            priors = Priors(
                alpha[0][first : first + batch], alpha[1][first : first + batch],
                priors.delta_mean, priors.delta_precision, priors.delta_pull,
            )  # fmt: skip
        begun = None
        if start is not None:
            part = slice(first, first + batch)
            begun = Fit(
                start.rotation[part],
                start.translation_mm[part],
                start.alpha[part],
                start.delta[part],
                start.rms[part],
            )
        done.append(fit(
            basis, mean, geometry.n_id, torch.from_numpy(points[some]).float(),
            torch.from_numpy(weights[some]).float(), priors, begun, steps,
        ))  # fmt: skip
    return Fit(
        *(
            torch.cat([getattr(f, n) for f in done])
            for n in ("rotation", "translation_mm", "alpha", "delta", "rms")
        )
    )


def learn_places(
    seen: Observations, targets: Targets, geometry: Geometry, rows: npt.NDArray[np.int64], rounds: int = 3
) -> dict[str, Embedding]:
    """Alternate fits of the faces `rows` with re-estimates of where each source's points sit."""
    places = {"mb05": kit_embedding(geometry)}
    start = None
    for turn in range(rounds + 1):
        start = fit_rows(seen, targets, geometry, places, rows, 8, start, title=f"places {turn}")
        fine = np.flatnonzero((start.rms < start.rms.quantile(0.9)).numpy())
        projected = geometry.dense_projection(start, fine)
        for name in SOURCES if turn else ("mb05", "mediapipe"):
            points = targets.points[name][rows[fine]]
            weights = targets.weights[name][rows[fine]]
            known = (weights > 0).sum(0) >= 30
            if name == "hand":
                weights = weights * (targets.weights["hand"][rows[fine], 27] > 1.2e4)[:, None]
                known = (weights > 0).sum(0) >= 30
            vertices = nearest_vertices(projected, points, weights)
            place = barycentric(projected, points, weights, vertices, geometry.triangles)
            if not known.all():
                old = places["mb05"]
                place = (np.where(known, place[0], old[0]), np.where(known[:, None], place[1], old[1]))
            places[name] = place
    return places


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--places", type=Path, help="reuse the points' places of an earlier run")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    seen = collect(args.data, args.cache)
    frames = frames_of(seen.mb05[..., :2])
    targets = Targets(seen, frames)
    geometry = Geometry.load(args.cache / "geometry.npz")
    place_file = args.places or args.out.with_name("places.npz")
    if place_file.exists():
        with np.load(place_file) as z:
            places = {name: (z[f"{name}_triangles"], z[f"{name}_bary"]) for name in SOURCES}
    else:
        steady = seen.mb05_spread.mean(1) / frames.side < 0.01
        sample = np.flatnonzero(steady & (targets.yaw < 50) & (targets.weights["mediapipe"].sum(1) > 0))
        # Hand labels for the hand-made points' places, the other sets for variety.
        rng = np.random.default_rng(0)
        by_hand = np.isfinite(seen.hand_sigma[:, 36])
        chosen = [rng.permutation(sample[by_hand[sample] == want])[:180] for want in (True, False)]
        places = learn_places(seen, targets, geometry, np.concatenate(chosen))
        np.savez(
            place_file,
            **{f"{n}_triangles": places[n][0] for n in places},  # type: ignore[arg-type]
            **{f"{n}_bary": places[n][1] for n in places},  # type: ignore[arg-type]
        )
    everyone = np.arange(len(seen.row))
    rough = fit_rows(seen, targets, geometry, {"mb05": places["mb05"]}, everyone, 5, title="first fit")
    fitted = fit_rows(seen, targets, geometry, places, everyone, 6, rough, title="fit")
    points = landmarks_of(fitted, geometry, places["mb05"])
    wrong = outliers(seen, targets, frames, fitted, points)
    several = np.flatnonzero(seen.subject >= 0)
    shared = share_identity(seen.subject, fitted, ~wrong)
    part = Fit(
        *(getattr(fitted, n)[several] for n in ("rotation", "translation_mm", "alpha", "delta", "rms"))
    )
    again = fit_rows(
        seen,
        targets,
        geometry,
        places,
        several,
        4,
        part,
        (shared[0][several], shared[1][several]),
        title="people",
    )
    for n in ("rotation", "translation_mm", "alpha", "delta", "rms"):
        getattr(fitted, n)[several] = getattr(again, n)
    points = landmarks_of(fitted, geometry, places["mb05"])
    wrong = outliers(seen, targets, frames, fitted, points)
    for index, name in enumerate(seen.sets):
        mine = seen.set_index == index
        print(
            f"{name:14s} {mine.sum():5d} faces, {wrong[mine].sum():4d} dropped, "
            f"rms {fitted.rms[mine].median():.4f}"
        )
    # Half the fit, half the teacher itself: what the model cannot follow is not all noise.
    frontal = (targets.yaw < 60)[:, None, None] * 0.4
    truth = (1 - frontal) * points + frontal * targets.points["mb05"]
    np.savez_compressed(
        args.out, set_index=seen.set_index, row=seen.row, subject=seen.subject, sets=np.array(seen.sets),
        wrong=wrong, centre=frames.centre, side=frames.side, roll=frames.roll,
        rotation=fitted.rotation.numpy(),
        translation_mm=fitted.translation_mm.numpy(), alpha=fitted.alpha.numpy(), delta=fitted.delta.numpy(),
        rms=fitted.rms.numpy(), points=truth.astype(np.float32), points_fit=points.astype(np.float32),
        yaw=targets.yaw, mediapipe_used=targets.weights["mediapipe"].sum(1) > 0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
