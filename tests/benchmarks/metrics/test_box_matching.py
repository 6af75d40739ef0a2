"""Matching of finds to labels, on cases small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.check import check
from benchmarks.metrics.box_matching import Array, match

NONE = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def _boxes(*rows: tuple[float, float, float, float]) -> Array:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_recall_and_false_alarms() -> None:
    truth = [_boxes((0, 0, 20, 20), (100, 0, 160, 60)), _boxes()]
    found = [
        (_boxes((1, 0, 21, 20), (0, 8, 20, 28), (200, 200, 230, 230)), np.array([0.9, 0.8, 0.6], np.float32)),
        (_boxes((0, 0, 10, 10)), np.array([0.7], np.float32)),
    ]
    result = match(found, truth)
    assert result.recall(16, 0.5) == 0.5
    assert result.recall(16, 0.95) == 0.0
    assert result.recall(48, 0.5) == 0.0
    # a box that lies badly on a face is no alarm unless asked for; one below 16 px is not counted
    assert result.false_alarms(0.5) == 0.5
    assert result.false_alarms(0.5, apart=0.5) == 1.0
    assert result.false_alarms(0.65) == 0.0
    assert result.false_alarms(0.5, smallest=0) == 1.0
    assert result.threshold_for(0.4) == pytest.approx(0.6, abs=1e-4)


def test_ignored_regions_count_for_nothing() -> None:
    found = [(_boxes((0, 0, 20, 20)), np.array([0.9], np.float32))]
    assert match(found, [_boxes()], [_boxes((2, 2, 22, 22))]).false_alarms(0.5) == 0
    assert match([NONE], [_boxes((0, 0, 20, 20))]).recall(0, 0.5) == 0
    assert match([NONE], [_boxes()]).false_alarms(0.5) == 0


def test_bounds_say_what_falls_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bounds.toml"
    path.write_text("[detector]\nrecall = { min = 0.7 }\nalarms = { max = 0.3 }\n")
    assert check("detector", {"recall": 0.8, "alarms": 0.2}, path)
    assert not check("detector", {"recall": 0.8}, path)  # not measured
    assert capsys.readouterr().out.count("SHORT") == 1
