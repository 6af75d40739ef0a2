"""How much each source of points counts for each face, and what is expected of its expression."""

import numpy as np
import numpy.typing as npt
import torch

from training.datasets.crop_frame import Frames
from training.labels.fit import Priors
from training.labels.geometry import Geometry
from training.labels.mediapipe_points import MEDIAPIPE_USED
from training.labels.observations import Observations

Array = npt.NDArray[np.float64]
SOURCES = ("mb05", "mediapipe", "hand")


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
    n_exp = len(geometry.exp_names)
    if not seen.score_names:  # no photo was shown to MediaPipe
        return Priors(
            torch.zeros(geometry.n_id), torch.ones(geometry.n_id), torch.zeros(len(rows), n_exp),
            torch.full((len(rows), n_exp), 4.0), delta_pull=0.5,
        )  # fmt: skip
    to_arkit = {"_L": "Left", "_R": "Right"}
    columns = []
    for name in geometry.exp_names:
        arkit = name[:-2] + to_arkit[name[-2:]] if name[-2:] in to_arkit else name
        arkit = "browInnerUp" if arkit.startswith("browInnerUp") else arkit
        arkit = "cheekPuff" if arkit.startswith("cheekPuff") else arkit
        columns.append(seen.score_names.index(arkit))
    scores = seen.scores[rows][:, columns]
    known = np.isfinite(scores) * trust[rows, None]
    return Priors(
        torch.zeros(geometry.n_id),
        torch.ones(geometry.n_id),
        torch.from_numpy(np.nan_to_num(scores) * (known > 0.3)).float(),
        torch.from_numpy(4.0 + 8.0 * known).float().expand(len(rows), n_exp).clone(),
        delta_pull=0.5,
    )
