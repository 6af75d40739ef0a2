"""Candidates that are kept, and the boxes they get."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from facesdk import InvalidArray, _core
from facesdk.core.arrays import DoubleArray, FloatArray
from facesdk.reference import candidate_filter as reference

NONE = float("nan")


def landmark_places() -> DoubleArray:
    """68 places of an upright face in -1..1, y up: jaw, brows, nose, eyes, mouth."""
    jaw = np.linspace(np.pi, 2 * np.pi, 17)
    rows = [(10, 0.65, 0.5), (9, 0.1, 0.1), (12, 0.5, 0.3), (20, 0.25, -0.45)]
    flat = [np.stack([np.linspace(-x, x, n), np.full(n, y)], 1) for n, x, y in rows]
    return np.concatenate([np.stack([0.85 * np.cos(jaw), 0.1 + 0.9 * np.sin(jaw)], 1), *flat])


def face_at(x: float, y: float, size: float, turn_deg: float = 0.0) -> FloatArray:
    """Landmarks of an upright face (y down) of the given half size, turned about its middle."""
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    places = landmark_places() * [1, -1] @ np.array([[c, s], [-s, c]])
    return (places * size + [x, y]).astype(np.float32)


class Candidate(NamedTuple):
    landmarks: FloatArray
    score: float
    disagreement: float = NONE
    face_logit: float = NONE
    log_sigma: float = NONE
    landmark_error: float = 0.0


def columns(candidates: list[Candidate]) -> tuple[Any, ...]:
    """As filter_candidates takes them; each candidate's box is that of its landmarks."""
    landmarks = np.stack([c.landmarks for c in candidates])
    return (
        np.concatenate([landmarks.min(1), landmarks.max(1)], 1),
        np.array([c.score for c in candidates], np.float32),
        landmarks,
        np.array([c.disagreement for c in candidates]),
        np.array([c.face_logit for c in candidates]),
        np.tile(np.array([c.log_sigma for c in candidates], np.float32)[:, None], (1, 68)),
        np.array([c.landmark_error for c in candidates]),
    )


def kept(candidates: list[Candidate], min_score: float = 0.5) -> list[int]:
    return list(_core.filter_candidates(min_score, *columns(candidates))[0])


def test_agreement_score_and_presence_all_speak_for_a_face() -> None:
    def probability(*terms: float, landmark_error: float = 0.0) -> float:
        return float(_core.face_probability(*terms, landmark_error))

    assert probability(0.6, 0.01, 40, 0.6, 0) > probability(0.6, 0.02, 40, 0.6, 0)
    assert probability(0.7, 0.02, 40, 0.6, 0) > probability(0.6, 0.02, 40, 0.6, 0)
    assert probability(0.6, 0.02, 300, 0.6, 0) == probability(0.6, 0.02, 200, 0.6, 0)
    assert probability(0.6, 0.02, 40, 0.6, 3) > probability(0.6, 0.02, 40, 0.6, -3)
    assert probability(0.6, 0.02, 40, 0.6, 90) == probability(0.6, 0.02, 40, 0.6, 80)
    assert probability(0.6, 0.02, 40, 0.6, 0, landmark_error=0.1) < probability(0.6, 0.02, 40, 0.6, 0)
    assert probability(0.6, 0.02, 40, 0.6, 0, landmark_error=0.01) > probability(0.6, 0.02, 40, 0.6, 0)
    assert probability(0.9, 0.008, 60, 0.6, 4) > 0.95
    assert probability(0.2, 0.05, 60, 0.6, -5, landmark_error=0.15) < 0.1


@pytest.mark.parametrize("seed", range(20))
def test_the_probability_is_that_of_the_reference(seed: int) -> None:
    """The engine's own exp and log differ from the C library's in the last bits of a double."""
    rng = np.random.default_rng(seed)
    given = [float(rng.uniform(*span)) for span in ((0, 1), (0, 0.1), (0, 200), (0, 1), (-12, 12), (0, 0.2))]
    assert _core.face_probability(*given) == pytest.approx(reference.face_probability(*given), rel=1e-9)


def test_only_what_may_be_a_face_gets_a_second_pass() -> None:
    scores, logits = np.float32([0.4, 0.4, 0.2, 0.2, 0.9]), np.array([3.0, -6.0, NONE, -1.0, -6.0])
    assert list(_core.drop_hopeless(scores, logits)) == [0, 2, 4]  # the last one by its score
    assert reference.drop_hopeless(scores, logits) == [0, 2, 4]
    # The likeliest, rather than nothing.
    hopeless = np.float32([0.2, 0.2, 0.2, 0.2]), np.array([-7.0, -6.0, -9.0, -5.0])
    assert list(_core.drop_hopeless(*hopeless)) == [0, 1, 3] == reference.drop_hopeless(*hopeless)
    assert list(_core.drop_hopeless(np.zeros(0, np.float32), np.zeros(0))) == []


@pytest.mark.parametrize("seed", range(10))
def test_the_first_choice_is_the_reference_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, logits = rng.uniform(0, 0.6, 12).astype(np.float32), rng.uniform(-9, 5, 12)
    assert list(_core.drop_hopeless(scores, logits)) == reference.drop_hopeless(scores, logits)


def test_a_weak_candidate_needs_agreement() -> None:
    agreed, at_odds = (0.4, 0.009, NONE, NONE, 0.017), (0.4, 0.04, NONE, NONE, 0.12)
    given = [Candidate(face_at(50, 50, 20), *agreed), Candidate(face_at(150, 50, 20), *at_odds)]
    assert kept(given) == [0]


def test_a_face_found_twice_is_returned_once_and_neighbours_stay() -> None:
    twice = [Candidate(face_at(50, 50, 20), 0.6, 0.01), Candidate(face_at(52, 51, 20), 0.9, 0.01)]
    assert kept([*twice, Candidate(face_at(120, 50, 20), 0.8, 0.01)]) == [1, 2]


def test_without_a_second_prediction_the_detector_s_score_stands() -> None:
    given = [Candidate(face_at(50, 50, 20), 0.45), Candidate(face_at(150, 50, 20), 0.55)]
    chosen, _, scores = _core.filter_candidates(0.5, *columns(given))
    assert list(chosen) == [1]
    assert scores.tolist() == [np.float32(0.55)]


def test_the_only_hard_face_of_a_picture_is_kept_but_no_false_positive() -> None:
    assert kept([Candidate(face_at(50, 50, 20), 0.42), Candidate(face_at(150, 50, 20), 0.3)]) == [0]
    assert kept([Candidate(face_at(50, 50, 20), 0.05)]) == []
    # Where the network expects large errors, too, nothing is a last resort.
    sure, unsure = (Candidate(face_at(50, 50, 20), 0.4, 0.02, NONE, log_sigma) for log_sigma in (-5.0, -3.0))
    assert kept([sure], 0.9) == [0]
    assert kept([unsure], 0.9) == []


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_the_box_reaches_over_the_forehead_whichever_way_the_face_is_turned(turn_deg: int) -> None:
    upright = _core.face_box(face_at(0, 0, 50))
    landmarks = face_at(0, 0, 50)
    assert upright[1] < landmarks[:, 1].min() - 20
    np.testing.assert_allclose(upright[[0, 2, 3]], [*landmarks.min(0)[:1], *landmarks.max(0)], atol=1e-4)
    box = _core.face_box(face_at(0, 0, 50, turn_deg))
    c, s = np.round(np.cos(np.radians(turn_deg))), np.round(np.sin(np.radians(turn_deg)))
    corners = upright.reshape(2, 2) @ np.array([[c, s], [-s, c]])
    np.testing.assert_allclose(box, [*corners.min(0), *corners.max(0)], atol=1e-3)


def test_a_part_of_a_face_is_not_a_second_face() -> None:
    """A mouth taken for a face, a little less sure than the face round it."""
    whole, part = Candidate(face_at(50, 50, 30), 0.75), Candidate(face_at(50, 65, 10), 0.7)
    assert _core.same_face(whole.landmarks, part.landmarks)
    assert kept([part, whole]) == [1]


@pytest.mark.parametrize("seed", range(30))
def test_the_filter_is_the_reference_s(seed: int) -> None:
    """Crowds with weak and doubtful candidates, and networks with and without each output."""
    rng = np.random.default_rng(seed)
    has_points, has_logit, has_sigma = (bool(rng.random() < 0.7) for _ in range(3))
    candidates = [
        Candidate(
            face_at(*rng.uniform(0, 200, 2), float(rng.uniform(5, 40)), float(rng.uniform(-60, 60))),
            float(rng.uniform(0.1, 0.95)),
            float(rng.uniform(0.003, 0.05)) if has_points else NONE,
            float(rng.uniform(-9, 9)) if has_logit else NONE,
            float(rng.uniform(-5, -3)) if has_sigma else NONE,
        )
        for _ in range(int(rng.integers(1, 12)))
    ]
    given = columns(candidates)
    min_score = float(rng.choice([0.3, 0.5, 0.9, 0.99]))
    chosen, boxes, scores = _core.filter_candidates(min_score, *given)
    expected, expected_boxes, expected_scores = reference.filter_candidates(min_score, *given)
    assert list(chosen) == expected
    np.testing.assert_allclose(boxes, expected_boxes, atol=1e-4)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-6)
    for a in given[2][:4]:
        for b in given[2][:4]:
            assert _core.same_face(a, b) == reference.same_face(a, b)


@pytest.mark.parametrize(("index", "value", "name"), [
    (0, np.zeros((2, 4), np.float32), "scores"),
    (1, np.zeros(3, np.float32), "scores"),
    (2, np.zeros((1, 67, 2), np.float32), "landmarks"),
    (3, np.zeros(1, np.float32), "landmark_disagreement"),
    (4, np.zeros(2), "face_logits"),
    (5, np.zeros((1, 60), np.float32), "landmark_log_sigma"),
])  # fmt: skip
def test_columns_that_do_not_fit_are_named(index: int, value: Any, name: str) -> None:
    given = list(columns([Candidate(face_at(50, 50, 20), 0.6)]))
    given[index] = value
    with pytest.raises(InvalidArray, match=name):
        _core.filter_candidates(0.5, *given)
