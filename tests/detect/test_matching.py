"""Matching of finds to labels, on cases small enough to count by hand."""

from __future__ import annotations

import numpy as np

from benchmarks.detection import match

NONE = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def _boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_recall_and_false_alarms() -> None:
    truth = [_boxes((0, 0, 20, 20), (100, 0, 160, 60)), _boxes()]
    found = [(_boxes((1, 0, 21, 20), (2, 0, 22, 20), (200, 200, 230, 230)),
              np.array([0.9, 0.8, 0.6], np.float32)),
             (_boxes((0, 0, 10, 10)), np.array([0.7], np.float32))]
    result = match(found, truth)
    assert result.recall(16, 0.5) == 0.5
    assert result.recall(48, 0.5) == 0.0
    # a second box on a found face is a false alarm; one below 16 px is not counted
    assert result.false_alarms(0.5) == 1.0
    assert result.false_alarms(0.65) == 0.5
    assert result.false_alarms(0.5, smallest=0) == 1.5
    assert 0.6 < result.threshold_for(0.5) < 0.61


def test_ignored_regions_count_for_nothing() -> None:
    found = [(_boxes((0, 0, 20, 20)), np.array([0.9], np.float32))]
    assert match(found, [_boxes()], [_boxes((2, 2, 22, 22))]).false_alarms(0.5) == 0
    assert match([NONE], [_boxes((0, 0, 20, 20))]).recall(0, 0.5) == 0
