"""What the chain knows of its candidates, with and without the candidate filter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, Options, _core, manifest
from facesdk.core.crop import crop_from_landmarks
from facesdk.detect import Detector
from facesdk.io.image import load_image
from facesdk.reference import refine as reference


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(backend="native", max_faces=1000, min_detector_score=0.0))


def test_every_candidate_is_observed_and_the_filter_keeps_the_face(sdk: FaceSDK, photo: Any) -> None:
    detections = Detector(manifest.asset_path(manifest.DETECTOR_PLAN), threshold=0.05)(photo)
    assert len(detections) > 2
    every = sdk.observe(photo, detections, verify=False)
    assert len(every) == len(detections)
    sides = detections.boxes_xyxy[:, 2:] - detections.boxes_xyxy[:, :2]
    order = np.argsort(-detections.scores * np.sqrt(np.prod(sides, axis=1)), kind="stable")
    np.testing.assert_array_equal(every.boxes_px, detections.boxes_xyxy[order])
    np.testing.assert_array_equal(every.scores, detections.scores[order])
    np.testing.assert_array_equal(every.five_points_px, detections.points[order])
    np.testing.assert_array_equal(every.detected_roll_deg, detections.roll_deg[order])
    kept = FaceSDK(Options(backend="native")).observe(photo, detections)
    assert len(kept) == 1
    assert (every.landmarks_px == kept.landmarks_px[0]).all(axis=(1, 2)).sum() == 1
    np.testing.assert_array_equal(kept.boxes_px[0], _core.face_box(kept.landmarks_px[0]))


def test_the_score_of_a_verified_face_is_its_probability(photo: Any) -> None:
    sdk = FaceSDK(Options(backend="native"))
    detections = Detector(manifest.asset_path(manifest.DETECTOR_PLAN), threshold=0.15)(photo)
    before, after = (sdk.observe(photo, detections, verify=verify) for verify in (False, True))
    box, seen = before.boxes_px[0].astype(float), _core.face_box(before.landmarks_px[0]).astype(float)
    sides = np.minimum(box[2:], seen[2:]) - np.maximum(box[:2], seen[:2])
    areas = [float(np.prod(b[2:] - b[:2])) for b in (box, seen)]
    shared = float(np.prod(np.maximum(sides, 0)))
    expected = _core.face_probability(
        float(before.scores[0]), float(before.landmark_disagreement[0]), areas[0] ** 0.5,
        shared / (sum(areas) - shared), float(before.face_logit[0]), float(before.landmark_error[0]),
    )  # fmt: skip
    assert after.scores[0] == pytest.approx(expected, rel=1e-6)


def test_the_crop_of_the_last_pass_is_that_of_landmarks_near_the_final_ones(sdk: FaceSDK, photo: Any) -> None:
    found = sdk.observe(photo)
    crop = crop_from_landmarks(found.landmarks_px[0], None, 96)
    assert found.crop(0).side == pytest.approx(crop.side, rel=0.05)
    assert found.crop(0).roll_deg == pytest.approx(crop.roll_deg, abs=3)
    np.testing.assert_allclose(found.crop(0).center, crop.center, atol=0.05 * crop.side)
    inside = (found.crop(0).to_crop(found.landmarks_px[0]) + 0.5) / 96 - 0.5
    np.testing.assert_allclose(inside, found.landmarks_crop[0], atol=1e-4)


def test_refinement_moves_the_mesh_s_landmarks_to_the_mean_of_all_predictions(
    sdk: FaceSDK, photo: Any
) -> None:
    """Regress, mirror and refine by hand on the chain's last crop gives the chain's coefficients."""
    found = sdk.observe(photo)
    crop, regressor = found.crop(0), sdk.regressor
    plain, mirrored = (regressor.regress(photo, [crop], mirrored=m) for m in (False, True))

    def landmarks(x: Any) -> Any:
        face = sdk.model.landmarks_of(x.identity[0], x.expression[0]) @ x.rotation[0].T + x.translation_mm[0]
        return np.asarray(regressor.focal_ratio * face[:, :2] / face[:, 2:], np.float32)

    agreed = reference.agree_on_landmarks(
        [landmarks(plain), plain.points[0]], [landmarks(mirrored), mirrored.points[0]]
    )
    assert agreed is not None
    assert found.landmark_disagreement[0] == pytest.approx(agreed[1], rel=1e-3)
    assert found.face_logit[0] == pytest.approx((plain.face_logit[0] + mirrored.face_logit[0]) / 2, abs=1e-6)
    identity, _, rotation, translation = reference.refine(
        *sdk.model.landmark_bases, regressor.focal_ratio, agreed[0],
        plain.identity[0], plain.expression[0], plain.rotation[0], plain.translation_mm[0],
    )  # fmt: skip
    np.testing.assert_allclose(found.identity[0], identity, atol=2e-3)
    np.testing.assert_allclose(found.rotation[0], rotation, atol=2e-4)
    np.testing.assert_allclose(found.translation_mm[0], translation, atol=0.1)


def test_nothing_found_gives_empty_arrays(sdk: FaceSDK) -> None:
    blank = np.full((120, 160, 3), 90, np.uint8)
    none = sdk.observe(blank, np.zeros((0, 4)), verify=False)
    assert len(none) == 0
    assert none.landmarks_px.shape == (0, 68, 2)
    assert none.identity.shape == (0, sdk.model.n_id)
    assert none.crops.shape == (0, 4)


def test_boxes_without_points_or_roll_say_so(sdk: FaceSDK, photo: Any) -> None:
    found = sdk.observe(photo, [[150, 60, 330, 270]], verify=False)
    assert np.isnan(found.five_points_px).all()
    assert np.isnan(found.detected_roll_deg).all()
