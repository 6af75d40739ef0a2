"""Stored results: written and read alike, matched face by face, differences seen by the comparison."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import typer

from benchmarks.compare_results import compare_results
from benchmarks.metrics.stored_results import (
    StoredFaces,
    differences,
    match_faces,
    read_faces,
    result_path,
    write_faces,
)


def make_faces(count: int, seed: int = 0) -> StoredFaces:
    """Faces far from each other, 100 px wide."""
    rng = np.random.default_rng(seed)
    landmarks = rng.uniform(0, 100, (count, 68, 2)) + 300 * np.arange(count)[:, None, None]
    return StoredFaces(
        boxes_xyxy_px=np.zeros((count, 4), np.float32),
        scores=rng.uniform(0.5, 1, count).astype(np.float32),
        landmarks_px=landmarks.astype(np.float32),
        verts_face_mm=rng.normal(0, 50, (count, 9, 3)).astype(np.float32),
        expression_weights=rng.uniform(0, 1, (count, 53)).astype(np.float32),
        rotation=np.zeros((count, 3, 3), np.float32),
        translation_mm=np.zeros((count, 3), np.float32),
        quality=np.ones(count, np.float32),
        reasons=np.array(["small;blurred"] * count),
    )


def take(faces: StoredFaces, order: list[int]) -> StoredFaces:
    return StoredFaces(**{name: values[order] for name, values in dataclasses.asdict(faces).items()})


@pytest.mark.parametrize("count", [0, 2])
def test_round_trip(tmp_path: Path, count: int) -> None:
    faces = make_faces(count)
    path = result_path(tmp_path, "some_set", "picture.jpg")
    write_faces(faces, path)
    back = read_faces(path)
    for name, values in dataclasses.asdict(faces).items():
        np.testing.assert_array_equal(getattr(back, name), values)


def test_faces_are_matched_in_any_order() -> None:
    faces = make_faces(3)
    assert sorted(match_faces(faces, take(faces, [2, 0]))) == [(0, 1), (2, 0)]


def test_differences_are_the_largest_of_each_face() -> None:
    before, after = make_faces(2), make_faces(2)
    after.landmarks_px[1, 5] += (0.3, 0.4)
    after.expression_weights[0, 7] += 0.01
    found = differences(before, after, [(0, 0), (1, 1)])
    np.testing.assert_allclose(found["landmarks_px"], [0, 0.5], atol=1e-4)
    np.testing.assert_allclose(found["expression"], [0.01, 0], atol=1e-6)
    np.testing.assert_array_equal(found["vertices_mm"], [0, 0])


def test_check_fails_beyond_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = make_faces(2), take(make_faces(2), [0])
    write_faces(before, result_path(tmp_path / "before", "some_set", "a.jpg"))
    write_faces(after, result_path(tmp_path / "after", "some_set", "a.jpg"))
    compare_results(tmp_path / "before", tmp_path / "after", check_bounds=True)
    assert "1 pictures, 1 faces matched, 1 only before, 0 only after" in capsys.readouterr().out
    after.verts_face_mm[0, 3, 2] += 0.06
    write_faces(after, result_path(tmp_path / "after", "some_set", "a.jpg"))
    with pytest.raises(typer.Exit):
        compare_results(tmp_path / "before", tmp_path / "after", check_bounds=True)
    out = capsys.readouterr().out
    assert "vertices_mm beyond 0.05, 1 faces: a.jpg" in out
    assert "landmarks_px beyond" not in out
