"""Fits of many faces to their weighed sources, and where on the mesh each source's points sit."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from training.labels.embedding import barycentric, nearest_vertices
from training.labels.fit import Fit, Priors, fit
from training.labels.geometry import Embedding, Geometry, kit_embedding
from training.labels.observations import Observations
from training.labels.source_weights import SOURCES, Targets, priors_of


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
