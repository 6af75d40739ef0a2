"""Rows for presence, and the views that they come from."""

from __future__ import annotations

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")
pytest.importorskip("torch")

from facesdk.core.crop import crop_from_detection, make_crop  # noqa: E402
from facesdk.observations import Observations  # noqa: E402
from training.candidate_filter.hard_negatives import Rows  # noqa: E402
from training.datasets.crop_frame import PACK_MARGIN, PACK_SIZE  # noqa: E402
from training.detector.geometry import box_overlaps  # noqa: E402
from training.reconstruction.evaluate import area_under_curve  # noqa: E402


def test_both_crops_of_a_candidate_are_kept_with_its_landmarks() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[80:120, 130:170] = (250, 20, 20)  # RGB: what is red stays red
    box = np.array([[120, 70, 180, 130]], np.float32)
    landmarks = np.tile(np.array([150, 100], np.float32), (1, 68, 1))
    crop = make_crop((150, 100), 40.0, 0.0, 96)
    zeros = np.zeros((1, 1), np.float32)
    found = Observations(
        boxes_px=box, scores=np.float32([0.4]), five_points_px=np.full((1, 5, 2), np.nan, np.float32),
        detected_roll_deg=np.float32([np.nan]), crops=np.array([crop.geometry]), identity=zeros, albedo=zeros,
        expression=zeros, rotation=np.eye(3, dtype=np.float32)[None], translation_mm=zeros, sh=zeros,
        gray=np.zeros((1, 96, 96), np.float32), landmarks_crop=landmarks, landmarks_px=landmarks,
        landmark_disagreement=np.array([0.01]),
    )  # fmt: skip
    rows = Rows()
    rows.add(picture, found, 0, 0, 5)
    arrays = rows.arrays(6, 4, 3)
    assert arrays["presence"].tolist() == [0, 0]
    assert arrays["alpha"].shape == (2, 6)
    assert not arrays["weight"].any()
    assert not arrays["points_weight"].any()
    first = crop_from_detection(box[0], None, 96)
    for k, used in enumerate((first, crop)):
        shown = cv2.imdecode(np.frombuffer(rows.pictures[k], np.uint8), cv2.IMREAD_COLOR)
        at = arrays["points"][k][0]
        scale = PACK_SIZE / (PACK_MARGIN * used.side)
        expected = (np.array([150, 100]) - used.center) * scale + (PACK_SIZE - 1) / 2
        assert np.allclose(at, expected, atol=1e-3)
        assert shown[round(at[1]), round(at[0]), 2] > 200


def test_area_under_curve_counts_ordered_pairs() -> None:
    import torch

    values = torch.tensor([0.9, 0.1, 0.8, 0.3])
    assert area_under_curve(values, torch.tensor([True, False, True, False])) == 1.0
    assert area_under_curve(values, torch.tensor([True, True, False, False])) == 0.5


def test_overlaps_of_boxes() -> None:
    others = [[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [10, 0, 20, 10]]
    np.testing.assert_allclose(box_overlaps(np.array([0, 0, 10, 10]), np.array(others)), [1, 1 / 3, 0, 0])
    assert box_overlaps(np.array([0, 0, 10, 10]), np.zeros((0, 4))).shape == (0,)
