"""What a detector's cells say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import ops, reference
from facesdk.errors import InvalidArray

STRIDES = (8, 16, 32)


def cells(height: int, width: int) -> list[int]:
    return [(height // stride) * (width // stride) for stride in STRIDES]


def silent(height: int, width: int) -> NDArray[np.float32]:
    raw = np.zeros((sum(cells(height, width)), 15), np.float32)
    raw[:, 0] = -9
    return raw


def test_equals_the_reference() -> None:
    raw = np.random.default_rng(0).normal(0, 2, (sum(cells(64, 96)), 15)).astype(np.float32)
    ours, expected = (read(raw, 64, 96, 0.6) for read in (ops.decode_detections, reference.decode_detections))
    assert 10 < len(ours[0]) < len(raw)
    for a, b in zip(ours[:3], expected[:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-4)
    # Of points drawn at random some have eyes across from the mouth's direction: there a turn is half a turn.
    apart = np.abs(np.angle(np.exp(1j * np.radians(ours[3] - expected[3]))))
    assert (apart > 1e-3).mean() < 0.05


@pytest.mark.parametrize(
    ("cell", "centre", "stride"),
    [
        (13, (8 + 3.5, 8 + 3.5), 8),
        (96 + 7, (16 + 7.5, 16 + 7.5), 16),
        (96 + 24 + 5, (64 + 15.5, 32 + 15.5), 32),
    ],
)
def test_each_cell_has_its_place(cell: int, centre: tuple[float, float], stride: int) -> None:
    raw = silent(64, 96)
    raw[cell, 0] = 2
    boxes, scores, points, _ = ops.decode_detections(raw, 64, 96, 0.5)
    assert len(boxes) == 1
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-2)))
    np.testing.assert_allclose((boxes[0, :2] + boxes[0, 2:]) / 2, centre)
    np.testing.assert_allclose(boxes[0, 2:] - boxes[0, :2], 4 * stride)
    np.testing.assert_allclose(points[0], np.tile(centre, (5, 1)))


@pytest.mark.parametrize("degrees", [-60, -20, 0, 45])
@pytest.mark.parametrize("squeeze", [1.0, 0.1])  # a profile's eyes nearly meet
def test_roll(degrees: float, squeeze: float) -> None:
    upright = np.array([[-30, -25], [30, -25], [0, 5], [-20, 35], [20, 35]]) * (squeeze, 1)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # clockwise, y down
    raw = silent(32, 32)
    raw[-1, 0], raw[-1, 5:] = 3, (upright @ turn.T).ravel() / 32
    assert ops.decode_detections(raw, 32, 32, 0.5)[3][0] == pytest.approx(degrees, abs=0.5)


def test_numbers_that_are_none_are_no_face() -> None:
    raw = silent(32, 32)
    raw[:, 0] = np.nan
    assert all(len(part) == 0 for part in ops.decode_detections(raw, 32, 32, 0.5))


@pytest.mark.parametrize(
    ("rows", "height", "threshold"),
    [(20, 32, 0.5), (21, 0, 0.5), (21, 32, 0.0), (21, 32, 1.0), (21, 64, 0.5)],
)
def test_bad_input(rows: int, height: int, threshold: float) -> None:
    with pytest.raises(InvalidArray):
        ops.decode_detections(np.zeros((rows, 15), np.float32), height, 32, threshold)
