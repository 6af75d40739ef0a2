"""The error figures are right on made-up points, and the peer's on the evaluation sets."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.accuracy.landmark_table import Table, bounded, measure
from benchmarks.evaluation_sets import Case, cases
from benchmarks.metrics.landmark_errors import align, box_size, nme, overlap
from benchmarks.metrics.landmark_sets import CFP_HALF
from benchmarks.predictors import Mb05, choose
from facesdk.core.landmarks import MIRROR_68

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FACESDK_DATA", ROOT.parent / "shared" / "data"))


def square(offset: float = 0.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 100, (68, 2)) * [1, 0.5] + offset


def test_nme_is_per_cent_of_the_box() -> None:
    true = np.array([[0.0, 0.0], [100.0, 25.0]])
    assert box_size(true) == 50
    assert nme(true + np.array([3.0, 4.0]), true, box_size(true)) == pytest.approx(10)


def test_alignment_removes_scale_and_shift_only() -> None:
    true = square()
    assert np.allclose(align(true * 1.3 + [5, -7], true), true)
    turned = true[:, ::-1]
    assert nme(align(turned, true), true, box_size(true)) > 5


def test_mirror_is_its_own_inverse() -> None:
    assert (MIRROR_68[MIRROR_68] == np.arange(68)).all()
    assert len(CFP_HALF) == 30


def test_the_face_with_the_best_overlap_is_meant() -> None:
    true = square()
    assert overlap(true, true) == pytest.approx(1)
    assert choose([square(500), square(3)], true) is not None
    assert np.allclose(choose([square(500), square(3)], true), square(3))
    assert choose([square(500)], true) is None
    assert choose([], true) is None


def test_misses_are_listed_and_bins_are_kept(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    true = square()

    def score(found: np.ndarray) -> dict[str, float]:
        return {"aflw2000_aligned aligned": nme(found, true, box_size(true))}

    faces = [Case("s", tmp_path / "a.png", true, score, yaw) for yaw in (0.0, 45.0, 90.0)]
    answers = iter([[true + 1], [], [true + 2]])
    table, _ = measure(faces, lambda picture: next(answers))
    row = table.rows()["aflw2000_aligned aligned"]
    assert table.missed == ["s/a.png"]
    assert row["faces"] == 2
    assert row["yaw 60-90"] == pytest.approx(2 * row["yaw 0-30"])
    figures = bounded(table)
    assert figures["missed"] == pytest.approx(1 / 3)
    assert figures["aflw2000_aligned"] == row["mean"]
    assert bounded(Table()) == {"missed": 0.0}


@pytest.mark.skipif(not (DATA / "eval" / "aflw2000_exact").is_dir(), reason="evaluation data not present")
def test_the_peer_gives_its_known_figure() -> None:
    peer = Mb05(DATA / "teachers")
    _, theirs = measure(cases(DATA / "eval", ("aflw2000_exact",)), lambda picture: [], peer)
    assert theirs.rows()["aflw2000_exact exact"]["mean"] == pytest.approx(3.212, abs=0.02)
