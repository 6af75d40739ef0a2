"""Videos of the frame-time benchmark, and its figures on a short one."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.video.frame_times import TILE, endless, entry_delays, entry_scene, frame_times, side_by_side
from facesdk import FaceSDK, Options


def numbered(count: int) -> list[np.ndarray]:
    return [np.full((40, 60, 3), number, np.uint8) for number in range(count)]


def test_a_clip_goes_on_without_a_cut() -> None:
    seen = [int(frame[0, 0, 0]) for frame in itertools.islice(endless(numbered(4)), 9)]
    assert seen == [0, 1, 2, 3, 2, 1, 0, 1, 2]


def test_four_clips_share_a_picture() -> None:
    clips = [numbered(2 + i)[i:] for i in range(4)]
    first = next(side_by_side(clips))
    assert first.shape == (2 * TILE, 2 * TILE, 3)
    assert [int(first[y, x, 0]) for y in (0, -1) for x in (0, -1)] == [0, 1, 2, 3]


def test_times_of_a_short_video_and_the_delay_of_a_face() -> None:
    sdk = FaceSDK(Options(backend="native", preset="tiny"))
    row = frame_times(sdk, endless([entry_scene((100,))] * 3), 20)
    assert row["faces"] == 1.0
    assert 0.0 < row["p50"] <= row["p99"] <= row["max"]
    assert row["p99 to p50"] == row["p99"] / row["p50"]
    delays = entry_delays(sdk, 40)
    assert 1 <= min(delays) < max(delays) <= 10
