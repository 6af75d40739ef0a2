"""Which candidates of the detector are faces, by what the network made of them.

The network says so itself (`presence`, learned from what the detector had taken for faces). It also places
the 68 landmarks twice: by the fitted mesh, and by the maps of its decoder; in a photo it is asked about the
mirrored crop, too. On a face all agree to about one per cent of the crop; on a wall or an ear each guesses
for itself. Together with the score, the size and the place of the landmarks this tells faces from false
alarms far better than the score alone, so the detector may name weaker candidates.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.boxes import FoundFace
from facesdk.crop import FOREHEAD, Crop
from facesdk.regress import Coefficients

FloatArray = npt.NDArray[np.float32]

CANDIDATE = 0.3
"""A candidate's score may be this share of the score that is asked of a face."""
MOST_CANDIDATES_PER_FACE = 4
"""Of the faces asked for: bounds the time that a crowd, or a wall of false alarms, can take."""
SAME_FACE = 0.5
"""Share of the smaller of two landmark boxes within the other, from which two candidates show one face."""

LAST_RESORT = 0.2
"""Share of the asked score that is enough for the only face of a picture."""
MOST_DOUBT = 0.02
"""Doubt, in crop sides, from which nothing is a last resort. Of 150 training photos of each set, boxes given,
no face of LFW and MTFL reaches it, 21 % of the masked ones and, in boxes guessed from half a face, half of
CFP's do; of textures, all."""

SMALL_PX, LARGE_PX = 14.0, 96.0

LEAST_PRESENCE = -6.0
"""A candidate whose first look says less is looked at no more."""
LEAST_FOLLOWED = 0.0
"""Presence from which a tracker stays with a face: no texture reaches it, and of the same photos all of LFW
and MTFL, 99 % of the masked ones and 93 % of CFP's do."""
MOST_PRESENCE = 8.0
"""Beyond it, on either side, presence says nothing more."""

# Logistic regression on the candidates in training scenes and close-ups, by training/verify.py.
BIAS, PER_SCORE, PER_LOG_DISAGREEMENT = -2.284, 10.885, -0.262
PER_LOG_SIZE, PER_OVERLAP, PER_PRESENCE = 0.358, -6.006, 0.629


@dataclasses.dataclass(frozen=True)
class Look:
    """A candidate and what the network made of it."""

    found: FoundFace
    crop: Crop
    x: Coefficients
    landmarks_px: FloatArray  # (68, 2), picture
    apart: float | None  # disagreement of the answers, crop sides; None where the network gives one
    gray: FloatArray  # (S, S) the crop in gray, 0..1
    presence: float | None = None  # logit of there being a face; None where the network does not say
    track: int | None = None  # number of the face that a tracker follows


def worth_another_look(presence: Sequence[float | None]) -> list[int]:
    """Which candidates, by the network's first look, may be faces; never none of them."""
    known = [0.0 if value is None else value for value in presence]
    kept = [i for i, value in enumerate(known) if value >= LEAST_PRESENCE]
    return kept or [max(range(len(known)), key=lambda i: known[i])]


def disagreement(answers: Sequence[FloatArray]) -> float:
    """Mean distance of several answers (68, 2) from their mean, doubled: for two, that between them."""
    if len(answers) == 2:
        return ops.mean_distance(*answers)
    stacked = np.stack(answers)
    apart = (stacked - stacked.mean(0)).reshape(-1, 2).T
    return float(2 * np.hypot(*apart).sum() / apart.shape[1])


def face_probability(
    score: float, apart: float, size_px: float, overlap: float, presence: float = 0.0
) -> float:
    """Probability that a candidate is a face: detector's score 0..1, disagreement in crop sides, sqrt(w * h),
    IoU of the detector's box and the landmarks', the network's own logit (0: it does not know).

    Most false alarms are small; from LARGE_PX on size says nothing more. Where the network sees no face it
    places the mean one in the middle of the box, so that too much overlap speaks against a face.
    """
    logit = BIAS + PER_SCORE * score + PER_LOG_DISAGREEMENT * math.log(max(apart, 1e-4))
    logit += PER_LOG_SIZE * math.log(min(max(size_px, SMALL_PX), LARGE_PX)) + PER_OVERLAP * overlap
    logit += PER_PRESENCE * min(max(presence, -MOST_PRESENCE), MOST_PRESENCE)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def face_box(landmarks_px: FloatArray) -> FloatArray:
    """Box x0, y0, x1, y1 from forehead to chin (4,) of the 68 landmarks (68, 2), upright or not.

    The network sees the face larger than the detector did, so its box is the tighter one.
    """
    landmarks = np.ascontiguousarray(landmarks_px, np.float32)
    return np.array(ops.landmark_roll_and_bbox(landmarks, FOREHEAD)[1], np.float32)


def faces_among(looks: list[Look], least: float) -> list[Look]:
    """The looks that show a face with at least the score `least`, each face once, in their order.

    A look's score becomes its probability where the network gives two answers, and its box that of the
    landmarks. Where no look reaches `least`, the best one is taken if it reaches LAST_RESORT times that and
    leaves little doubt: a picture is more often of a hard face than of none.
    """
    judged = [_judged(look) for look in looks]
    best = max((look.found.score for look in judged), default=0.0)
    if best < least:
        judged = [look for look in judged if doubt(look) <= MOST_DOUBT]
        best = max((look.found.score for look in judged), default=0.0)
    bar = least if best >= least else max(best, LAST_RESORT * least)
    surest: list[Look] = []
    # Of two candidates on one face, a part of it or a whole head and shoulders, the likelier one shows it.
    for look in sorted(judged, key=lambda look: -look.found.score):
        fresh = all(not same_face(look.landmarks_px, other.landmarks_px) for other in surest)
        if look.found.score >= bar and fresh:
            surest.append(look)
    return [look for look in judged if any(look is other for other in surest)]


def same_face(a: FloatArray, b: FloatArray) -> bool:
    """Whether two sets of landmarks (68, 2) are of one face: the smaller one's box lies in the other's."""
    inter, areas = _common(*([*p.min(0).tolist(), *p.max(0).tolist()] for p in (a, b)))
    return inter >= SAME_FACE * max(min(areas), 1e-6)


def is_followed(look: Look) -> bool:
    """Whether a tracker stays with a face: the network says that it is there or, where it says nothing of
    that, leaves little doubt."""
    if look.presence is None:
        return doubt(look) <= MOST_DOUBT
    return look.presence >= LEAST_FOLLOWED


def doubt(look: Look) -> float:
    """Geometric mean of how far the network's answers are apart and of the error it expects, crop sides."""
    if look.apart is None:
        return 0.0
    if look.x.spread is None:
        return look.apart
    return float(np.sqrt(look.apart * np.exp(look.x.spread).mean()))


def _judged(look: Look) -> Look:
    box, score = face_box(look.landmarks_px), look.found.score
    if look.apart is not None:
        own = look.found.box_xyxy_px
        overlap = box_overlap(own, box)
        score = face_probability(score, look.apart, _size(own), overlap, look.presence or 0.0)
    found = dataclasses.replace(look.found, score=score, box_xyxy_px=box)
    return dataclasses.replace(look, found=found)


def _size(box: FloatArray) -> float:
    """Square root of a box's area."""
    return math.sqrt(max(0.0, float((box[2] - box[0]) * (box[3] - box[1]))))


def box_overlap(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float:
    """IoU of two boxes x0, y0, x1, y1 (4,)."""
    inter, areas = _common(a.tolist(), b.tolist())
    return inter / max(sum(areas) - inter, 1e-6)


def _common(a: list[float], b: list[float]) -> tuple[float, tuple[float, float]]:
    """Area that two boxes share, and the area of each."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return width * height, ((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
