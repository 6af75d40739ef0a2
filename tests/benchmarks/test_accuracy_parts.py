"""Each part of the accuracy table on made-up faces whose answer is known."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("skimage")

from benchmarks.accuracy.confidence import Confidence, most_confident_error
from benchmarks.accuracy.error_curve import cumulative, draw
from benchmarks.accuracy.expression import Expression, classify, eye_opening, mouth_gap
from benchmarks.accuracy.identity import Identity, label_deviations
from benchmarks.accuracy.rendering import region
from benchmarks.evaluation_sets import Case, thinned
from benchmarks.face_embedding import PLACES, five_points
from benchmarks.metrics.image_similarity import compare, ssim
from benchmarks.metrics.landmark_errors import align, box_size, nme
from benchmarks.metrics.rank_correlation import rank_correlation
from benchmarks.metrics.verification import accuracy, auc, best_threshold, pairs, rank_one
from benchmarks.occlusion.occluded_accuracy import ROW, Occlusion, covers
from benchmarks.occlusion.occluders import REACH, Templates, blobs
from benchmarks.video.jitter import acceleration


def face_points(scale: float = 100.0, centre: float = 128.0) -> np.ndarray:
    """68 points about where a frontal face has them."""
    points = np.zeros((68, 2))
    jaw = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.5 * np.cos(jaw), -0.1 + 0.6 * np.sin(jaw)], 1)
    points[17:27] = np.stack([np.linspace(-0.4, 0.4, 10), np.full(10, -0.3)], 1)
    points[27:31] = np.stack([np.zeros(4), np.linspace(-0.2, 0.1, 4)], 1)
    points[31:36] = np.stack([np.linspace(-0.1, 0.1, 5), np.full(5, 0.15)], 1)
    turn = np.array([np.pi, 2 * np.pi / 3, np.pi / 3, 0, -np.pi / 3, -2 * np.pi / 3])
    for start, x in ((36, -0.22), (42, 0.22)):
        points[start : start + 6] = np.stack([x + 0.08 * np.cos(turn), -0.18 - 0.03 * np.sin(turn)], 1)
    ring = np.linspace(np.pi, -np.pi, 13)[:12]
    points[48:60] = np.stack([0.2 * np.cos(ring), 0.3 - 0.07 * np.sin(ring)], 1)
    ring = np.linspace(np.pi, -np.pi, 9)[:8]
    points[60:68] = np.stack([0.14 * np.cos(ring), 0.3 - 0.03 * np.sin(ring)], 1)
    return points * scale + centre


@pytest.mark.parametrize("per_cent", [20, 40])
def test_blobs_cover_the_stated_share_and_are_the_same_at_every_run(per_cent: int) -> None:
    picture = np.full((256, 256, 3), 255, np.uint8)
    points = face_points()
    for number in range(12):
        covered = blobs(picture, points, per_cent, number)
        np.testing.assert_array_equal(covered, blobs(picture, points, per_cent, number))
        (x0, y0), (x1, y1) = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
        changed = (covered != picture).any(axis=2)
        assert changed[y0 : y1 + 1, x0 : x1 + 1].mean() == pytest.approx(per_cent / 100, abs=0.04)
        reach = int(REACH * max(x1 - x0, y1 - y0)) + 2
        changed[y0 - reach : y1 + 1 + reach, x0 - reach : x1 + 1 + reach] = False
        assert not changed.any()
    assert (blobs(picture, points, per_cent, 0) != blobs(picture, points, per_cent, 1)).any()


def test_blobs_at_the_border_of_a_picture() -> None:
    small = np.zeros((60, 80, 3), np.uint8)
    assert blobs(small, face_points(100, 10), 40, 3).shape == small.shape


def templates(folder: Path) -> Templates:
    """A mask that is a red rectangle between its anchors, and green glasses."""
    mask = np.zeros((100, 200, 4), np.uint8)
    mask[10:91, 20:181] = [0, 0, 255, 255]
    anchors = [[20, 10], [100, 10], [180, 10], [20, 90], [100, 90], [180, 90]]
    names = [f"mask_{kind}.png" for kind in ("surgical", "N95", "KN95", "cloth", "gas")]
    for name in [*names, "mask_surgical_blue.png", "mask_surgical_green.png"]:
        cv2.imwrite(str(folder / name), mask)
    glasses = np.zeros((40, 100, 4), np.uint8)
    glasses[5:35] = [0, 255, 0, 255]
    cv2.imwrite(str(folder / "sunglasses.png"), glasses)
    import json

    every = {name: anchors for name in [*names, "mask_surgical_blue.png", "mask_surgical_green.png"]}
    (folder / "mask_points.json").write_text(json.dumps(every))
    return Templates(folder)


def test_a_mask_covers_the_mouth_and_glasses_the_eyes(tmp_path: Path) -> None:
    stored, picture, points = templates(tmp_path), np.full((256, 256, 3), 255, np.uint8), face_points()

    def color(drawn: np.ndarray, point: np.ndarray) -> list[int]:
        x, y = np.rint(point).astype(int)
        return [int(v) for v in drawn[y, x]]

    masked = stored.mask(picture, points, 0)
    assert color(masked, points[48:68].mean(0)) == [255, 0, 0]
    assert color(masked, points[36:42].mean(0)) == [255, 255, 255]
    glasses = stored.sunglasses(picture, points)
    assert color(glasses, points[36:42].mean(0)) == [0, 255, 0]
    assert color(glasses, points[42:48].mean(0)) == [0, 255, 0]
    assert color(glasses, points[62]) == [255, 255, 255]
    assert color(glasses, points[8]) == [255, 255, 255]
    assert set(covers(tmp_path)) == {"uncovered", "blobs 20 %", "blobs 40 %", "mask", "sunglasses"}
    assert set(covers(tmp_path / "none")) == {"uncovered", "blobs 20 %", "blobs 40 %"}


def aligned_case(path: Path) -> Case:
    true = face_points()
    return Case("s", path, true, lambda found: {ROW: nme(align(found, true), true, box_size(true))})


def test_occlusion_lists_misses_and_compares_with_uncovered(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((256, 256, 3), 90, np.uint8))
    true = face_points()
    noise = np.random.default_rng(0).normal(size=true.shape)

    def predict(picture: np.ndarray) -> list[np.ndarray]:
        if (picture == 0).all():
            return []
        return [true + noise * (2.0 if (picture != 90).any() else 1.0)]

    found = Occlusion()
    cover = covers(None) | {"night": lambda picture, points, number: np.zeros_like(picture)}
    found.measure([aligned_case(tmp_path / "a.png")], cover, predict, None)
    figures = found.figures()
    assert figures["uncovered to uncovered"] == 1
    assert figures["blobs 20 % to uncovered"] == pytest.approx(2, abs=0.05)
    assert found.missed == {"night": ["a.png"]}
    assert "night" not in figures


def test_identical_pictures_compare_best_and_a_shift_is_measured() -> None:
    rng = np.random.default_rng(0)
    photo = rng.uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    inside = region((face_points() - 128) * 0.5 + 32, 64)
    assert 0.2 < inside.mean() < 0.7
    same = compare(photo, photo, inside)
    assert same["L1"] == 0
    assert same["SSIM"] == pytest.approx(1)
    assert same["windowed SSIM"] == pytest.approx(1)
    brighter = compare(photo, photo + 0.1, inside)
    assert brighter["L1"] == pytest.approx(0.1, abs=1e-5)
    assert brighter["PSNR"] == pytest.approx(20, abs=1e-3)
    assert brighter["SSIM"] < 1
    assert ssim(photo[inside], rng.permutation(photo[inside])) < 0.1
    outside = photo.copy()
    outside[~inside] = 0
    assert compare(photo, outside, inside)["L1"] == 0  # only the region counts


def test_five_points_of_a_frontal_face_are_in_the_order_of_the_teacher_s() -> None:
    mine, theirs = five_points(face_points()), PLACES
    assert np.corrcoef(mine[:, 0], theirs[:, 0])[0, 1] > 0.95
    assert np.corrcoef(mine[:, 1], theirs[:, 1])[0, 1] > 0.95


def people(n: int, each: int = 3) -> np.ndarray:
    return np.repeat([f"person {i:03d}" for i in range(n)], each)


def test_pairs_are_balanced_keep_their_fold_and_follow_the_seed() -> None:
    names = people(60)
    chosen = pairs(names)
    assert chosen.same.sum() == 60 * 3 == (~chosen.same).sum()
    assert ((names[chosen.first] == names[chosen.second]) == chosen.same).all()
    folds = {name: set(chosen.fold[chosen.first == row].tolist()) for row, name in enumerate(names)}
    assert all(len(found) <= 1 for found in folds.values())
    np.testing.assert_array_equal(chosen.second, pairs(names).second)
    assert (chosen.second != pairs(names, seed=1).second).any()


def test_verification_of_vectors_that_tell_people_apart_or_do_not() -> None:
    rng = np.random.default_rng(0)
    names = people(60)
    centres = np.repeat(rng.normal(size=(60, 20)), 3, axis=0)
    table = Identity()
    for name, good, bad in zip(
        names, centres + 0.1 * rng.normal(size=centres.shape), rng.normal(size=centres.shape), strict=True
    ):
        table.add(str(name), {"good": good, "noise": bad})
    figures = table.figures()
    assert figures["good"]["accuracy"] > 0.98
    assert figures["good"]["AUC"] > 0.99
    assert figures["good"]["rank 1"] == 1
    assert figures["noise"]["accuracy"] == pytest.approx(0.5, abs=0.1)
    assert figures["noise"]["AUC"] == pytest.approx(0.5, abs=0.1)
    assert figures["noise"]["rank 1"] < 0.1


def test_threshold_auc_and_rank_on_paper() -> None:
    scores, same = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, False, True, True])
    assert best_threshold(scores, same) == pytest.approx(0.5)
    assert auc(scores, same) == 1
    assert auc(np.array([0.1, 0.6, 0.4, 0.9]), same) == 0.75
    assert auc(np.ones(4), same) == 0.5
    # The last fold's own best threshold would be right twice; that of the others is right once.
    fold = np.array([0, 0, 1, 1])
    assert accuracy(np.array([0.1, 0.4, 0.3, 0.35]), np.array([False, True, False, True]), fold) == 0.75
    vectors = np.eye(3)[[0, 0, 1, 2]]
    assert rank_one(vectors, np.array(["a", "a", "b", "b"])) == 0.5


def test_the_labels_say_how_much_each_coefficient_varies() -> None:
    deviations = label_deviations()
    assert deviations.shape == (100,)
    assert deviations.min() > 0


def fake_face(points: np.ndarray, **more: Any) -> Any:
    return SimpleNamespace(landmarks_px=points, quality=SimpleNamespace(score=0.5), **more)


def test_confidence_that_is_right_and_absent() -> None:
    rng = np.random.default_rng(0)
    knows, silent, true = Confidence(), Confidence(), face_points()
    for amount in np.linspace(0.5, 5, 30):
        off = rng.normal(size=true.shape) * amount
        knows.add(fake_face(true + off, landmark_error_px=np.linalg.norm(off, axis=1)), true, aligned=False)
        silent.add(fake_face(true + off), true, aligned=False)
    figures = knows.figures()
    assert figures["predicted, rank correlation per face"] == pytest.approx(1)
    assert figures["predicted, rank correlation per landmark"] == pytest.approx(1)
    assert figures["predicted, error of the most confident fifth"] < 0.4 * figures["error of all"]
    assert figures["predicted over true, mean"] == pytest.approx(1)
    assert not any(name.startswith("predicted") for name in silent.figures())
    assert most_confident_error(np.array([3, 1, 2, 4, 5]), np.array([30.0, 10, 20, 40, 50])) == 10
    assert rank_correlation(np.array([1, 2, 3]), np.array([1, 10, 100])) == pytest.approx(1)
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5)))


def test_openings_and_their_classification() -> None:
    points = face_points()
    wide = points.copy()
    wide[66, 1] += 20
    assert mouth_gap(wide) > mouth_gap(points) + 0.3
    shut = points.copy()
    shut[[37, 38, 43, 44, 40, 41, 46, 47], 1] = points[36, 1]
    assert eye_opening(shut) == pytest.approx(0)
    assert eye_opening(points) > 0.25
    truth = np.arange(100) % 2 == 0
    assert classify(truth + 0.0, truth) == {"of each": 50, "AUC": 1, "accuracy": 1}
    assert set(classify(truth + 0.0, np.arange(100) < 3)) == {"of each"}


def test_expression_against_the_teacher() -> None:
    from facesdk.core.arkit import ARKIT_NAMES

    rng = np.random.default_rng(0)
    table = Expression()
    for _ in range(200):
        said = dict(zip(ARKIT_NAMES, rng.uniform(size=52).tolist(), strict=True))
        blink = float(rng.choice([0.05, 0.9]))
        said["eyeBlinkLeft"] = said["eyeBlinkRight"] = blink
        ours = {name: 0.5 * value for name, value in said.items()} | {"mouthLeft": 0.3}
        ours["jawOpen"] = 1 - said["jawOpen"]
        table.add(fake_face(face_points(), expression=ours), said, face_points())
    related = table.correlations()
    assert related["mouthSmileLeft"][0] == pytest.approx(1)
    assert related["jawOpen"][0] == pytest.approx(-1)
    assert np.isnan(related["mouthLeft"][0])
    figures = table.figures()
    assert figures["dead shapes"] == 1
    assert figures["eyes closed, weight, AUC"] == 1
    assert figures["eyes closed, mesh, AUC"] == 0.5


def test_acceleration_is_zero_in_even_motion_and_measures_a_jump() -> None:
    points = face_points()
    even = np.array([points + 3 * t for t in range(6)])
    np.testing.assert_allclose(acceleration(even), 0, atol=1e-9)
    jump = even.copy()
    jump[3] += [box_size(points) / 100, 0]
    assert acceleration(jump).tolist() == pytest.approx([0, 1, 2, 1])
    lost = even.copy()
    lost[2] = np.nan
    assert np.isnan(acceleration(lost)).sum() == 3


def test_the_curve_counts_misses_and_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    x, share = cumulative(np.array([1.0, 3.0, 50.0]), missed=1)
    assert share[x >= 1][0] == 0.25
    assert share[-1] == 0.5
    draw({"set": {"ours": (np.array([1.0, 2.0]), 0), "theirs": (np.array([2.0]), 1)}}, tmp_path / "c.png")
    assert cv2.imread(str(tmp_path / "c.png")) is not None


def test_thinned_takes_evenly_from_each_set() -> None:
    every = [Case(name, Path(f"{i}"), face_points(), lambda found: {}) for name in "ab" for i in range(10)]
    kept = [f"{case.set_name}{case.picture}" for case in thinned(iter(every), 4)]
    assert kept == ["a0", "a2", "a5", "a7", "b0", "b2", "b5", "b7"]
    assert len(list(thinned(iter(every), None))) == 20
