"""Labels from hand-made points: weights by visibility, outliers, the held-out photos, and what is kept."""

from pathlib import Path

import numpy as np

from training.labels.archive import OFFSET_STEP, expand
from training.labels.hand_points import (
    HIDDEN_WEIGHT,
    MAX_RESIDUAL,
    SELF_OCCLUDED_WEIGHT,
    contradicting,
    held_out_photos,
    photo_numbers,
    point_weights,
)
from training.shards.pack import arrays_of

ROOT = Path(__file__).parents[3]
LABELS, FACE_MODEL = ROOT / "training/labels/hand_points.npz", ROOT / "facesdk/assets/face_model.safetensors"


def kept(count: int = 200) -> dict[str, np.ndarray]:
    with np.load(LABELS) as z:
        return {n: z[n][:count] if z[n].ndim and n != "sets" else z[n] for n in z.files}


def test_points_count_by_what_the_annotator_saw() -> None:
    visibility = np.ones((1, 68), np.int8)
    visibility[0, 40], visibility[0, 41], visibility[0, 3] = 2, 0, 0
    weight = point_weights(visibility)[0]
    assert weight[30] == 1
    assert weight[40] == HIDDEN_WEIGHT
    assert weight[41] == SELF_OCCLUDED_WEIGHT
    assert weight[3] < weight[8] < 1  # the jaw is the visible boundary there: less, least where it is hidden


def test_a_face_whose_teacher_or_fit_is_elsewhere_is_dropped() -> None:
    rng = np.random.default_rng(0)
    hand = rng.uniform(-0.3, 0.3, (4, 51, 2))
    mesh, teacher = hand + 0.005, hand + 0.01
    mesh[1] += 0.05
    teacher[2] += 0.1
    seen = np.ones((4, 51), bool)
    seen[3, 5:] = False  # too few points to tell: kept whatever they say
    mesh[3] += 0.5
    np.testing.assert_array_equal(contradicting(hand, mesh, teacher, seen), [False, True, True, False])


def test_a_hidden_point_does_not_make_a_face_wrong() -> None:
    hand, seen = np.zeros((1, 51, 2)), np.ones((1, 51), bool)
    mesh = hand.copy()
    mesh[0, :20] = 0.4
    assert contradicting(hand, mesh, hand, seen)[0]
    seen[0, :20] = False
    assert not contradicting(hand, mesh, hand, seen)[0]


def test_faces_of_one_photo_are_on_one_side() -> None:
    names = [f"afw_{p}_{k}.webp" for p in range(100) for k in (1, 2)] + ["image00001.webp"]
    held, photo = held_out_photos(names), photo_numbers(names)
    np.testing.assert_array_equal(held[0:200:2], held[1:200:2])
    assert 0 < held.sum() < 40
    np.testing.assert_array_equal(photo[0:200:2], photo[1:200:2])
    assert photo[-1] == -1
    assert len(np.unique(photo[:200])) == 100


def test_the_kept_labels_hold_targets_beside_the_mesh() -> None:
    small = kept()
    full = expand(small, FACE_MODEL)
    plain = expand({k: v for k, v in small.items() if not k.startswith("points_")}, FACE_MODEL)
    moved = full["points"] - plain["points"]
    np.testing.assert_allclose(moved, small["points_offset"] * np.float32(OFFSET_STEP), atol=1e-5)
    assert 0.002 < np.abs(moved[:, 17:]).mean() < MAX_RESIDUAL / 2
    assert not moved[:, :17].any()  # hand-made contours are no fixed places on the head


def test_the_weights_reach_the_shards() -> None:
    full = expand(kept(), FACE_MODEL)
    packed = arrays_of(full, np.arange(50))
    np.testing.assert_allclose(packed["points_weight"], full["points_weight"][:50])
    assert (packed["points_weight"] < 0.3).any()
    assert (packed["points_weight"] == 1).any()
