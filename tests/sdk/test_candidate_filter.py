"""Candidates that are kept, and the boxes they get."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facesdk import candidate_filter
from facesdk.boxes import FoundFace
from facesdk.crop import make_crop
from facesdk.regress import Coefficients

FloatArray = npt.NDArray[np.float32]


def landmark_places() -> npt.NDArray[np.float64]:
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


def look(landmarks: FloatArray, score: float, apart: float | None) -> candidate_filter.Look:
    zeros = np.zeros(1, np.float32)
    x = Coefficients(zeros, zeros, zeros, np.eye(3, dtype=np.float32), zeros, zeros)
    box = np.concatenate([landmarks.min(0), landmarks.max(0)]).astype(np.float32)
    return candidate_filter.Look(
        FoundFace(box, score), make_crop((0, 0), 10, 0, 64), x, landmarks, apart, zeros
    )


def test_agreement_score_and_size_all_speak_for_a_face() -> None:
    assert candidate_filter.face_probability(0.6, 0.01, 40, 0.6) > candidate_filter.face_probability(
        0.6, 0.02, 40, 0.6
    )
    assert candidate_filter.face_probability(0.7, 0.02, 40, 0.6) > candidate_filter.face_probability(
        0.6, 0.02, 40, 0.6
    )
    assert candidate_filter.face_probability(0.6, 0.02, 80, 0.6) > candidate_filter.face_probability(
        0.6, 0.02, 20, 0.6
    )
    assert candidate_filter.face_probability(0.6, 0.02, 300, 0.6) == candidate_filter.face_probability(
        0.6, 0.02, 200, 0.6
    )
    assert candidate_filter.face_probability(0.6, 0.02, 40, 0.6, 3) > candidate_filter.face_probability(
        0.6, 0.02, 40, 0.6, -3
    )
    assert candidate_filter.face_probability(0.6, 0.02, 40, 0.6, 90) == candidate_filter.face_probability(
        0.6, 0.02, 40, 0.6, 80
    )
    assert candidate_filter.face_probability(0.9, 0.008, 60, 0.6, 4) > 0.95
    assert candidate_filter.face_probability(0.2, 0.05, 60, 0.6, -5) < 0.1


def test_only_what_may_be_a_face_is_looked_at_again() -> None:
    sure_not = candidate_filter.LEAST_PRESENCE - 1
    assert candidate_filter.worth_another_look([3.0, sure_not, None, candidate_filter.LEAST_PRESENCE]) == [
        0,
        2,
        3,
    ]
    assert candidate_filter.worth_another_look([sure_not - 1, sure_not]) == [
        1
    ]  # the likeliest, rather than nothing


def test_a_weak_candidate_needs_agreement() -> None:
    agreeing, guessing = look(face_at(50, 50, 20), 0.4, 0.009), look(face_at(150, 50, 20), 0.4, 0.04)
    kept = candidate_filter.faces_among([agreeing, guessing], 0.5)
    assert [k.landmarks_px is agreeing.landmarks_px for k in kept] == [True]


def test_a_face_found_twice_is_returned_once_and_neighbours_stay() -> None:
    twice = [look(face_at(50, 50, 20), 0.6, 0.01), look(face_at(52, 51, 20), 0.9, 0.01)]
    kept = candidate_filter.faces_among([*twice, look(face_at(120, 50, 20), 0.8, 0.01)], 0.5)
    assert [k.landmarks_px[0, 0] for k in kept] == [twice[1].landmarks_px[0, 0], face_at(120, 50, 20)[0, 0]]


def test_without_a_second_answer_the_detectors_score_stands() -> None:
    looks = [look(face_at(50, 50, 20), 0.45, None), look(face_at(150, 50, 20), 0.55, None)]
    kept = candidate_filter.faces_among(looks, 0.5)
    assert [k.found.score for k in kept] == [0.55]


def test_the_only_hard_face_of_a_picture_is_kept_but_not_a_guess() -> None:
    hard, guess = look(face_at(50, 50, 20), 0.42, None), look(face_at(150, 50, 20), 0.3, None)
    assert [k.found.score for k in candidate_filter.faces_among([hard, guess], 0.5)] == [0.42]
    assert not candidate_filter.faces_among([look(face_at(50, 50, 20), 0.05, None)], 0.5)


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_the_box_reaches_over_the_forehead_whichever_way_the_face_is_turned(turn_deg: int) -> None:
    upright = candidate_filter.face_box(face_at(0, 0, 50))
    landmarks = face_at(0, 0, 50)
    assert upright[1] < landmarks[:, 1].min() - 20
    np.testing.assert_allclose(upright[[0, 2, 3]], [*landmarks.min(0)[:1], *landmarks.max(0)], atol=1e-4)
    box = candidate_filter.face_box(face_at(0, 0, 50, turn_deg))
    c, s = np.round(np.cos(np.radians(turn_deg))), np.round(np.sin(np.radians(turn_deg)))
    corners = upright.reshape(2, 2) @ np.array([[c, s], [-s, c]])
    np.testing.assert_allclose(box, [*corners.min(0), *corners.max(0)], atol=1e-3)


def test_a_part_of_a_face_is_not_a_second_face() -> None:
    """A mouth taken for a face, a little less sure than the face round it."""
    whole, part = look(face_at(50, 50, 30), 0.75, None), look(face_at(50, 65, 10), 0.7, None)
    assert candidate_filter.same_face(whole.landmarks_px, part.landmarks_px)
    kept = candidate_filter.faces_among([part, whole], 0.5)
    assert len(kept) == 1
    assert kept[0].landmarks_px is whole.landmarks_px
