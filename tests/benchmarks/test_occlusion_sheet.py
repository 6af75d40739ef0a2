"""The sheet of covered faces is drawn from the bundled sample."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.occlusion.sheet import TILE, occlusion_sheet


def test_the_sample_behind_four_covers(tmp_path: Path) -> None:
    occlusion_sheet(tmp_path / "sheet.png")
    sheet = np.asarray(cv2.imread(str(tmp_path / "sheet.png")))
    assert sheet.shape == (4 * TILE, 5 * TILE, 3)
    seen, marked, completed = (
        sheet[2 * TILE : 3 * TILE, k * TILE : (k + 1) * TILE].astype(int) for k in range(3)
    )
    red = (marked[..., 2] > marked[..., :2].max(-1) + 40) & (np.abs(marked - seen).max(-1) > 20)
    assert red.mean() > 0.1  # the cloth is marked
    changed = np.abs(completed - seen).max(-1) > 20
    assert (changed & red).sum() > 0.8 * red.sum()  # and painted
