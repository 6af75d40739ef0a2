"""The interior's builder: sewing without cracks, rigid motion, shelves that go on where the skin ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facesdk import FaceModel, manifest
from facesdk.morphable.interior import Interior
from training.face_model.mouth_interior import (
    affine_maps,
    border_edges,
    build,
    grown,
    lid_shelves,
    mapped,
    read_kit,
    sewn,
)

OFFSET = 20000


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


@pytest.mark.parametrize(("quads", "count"), [
    ([[0, 1, 9500, 9501]], 3),  # one edge at the rim, split in two
    ([[0, 1, 2, 9500]], 4),  # a corner of the rim: two edges
    ([[9500, 9501, 9502, 9503]], 2),  # none
    ([[0, 1, 9500, -1]], 2),  # a triangle
])  # fmt: skip
def test_sewn_faces_have_the_middles_of_their_rim_edges(quads: list[list[int]], count: int) -> None:
    middles = {(0, 1): 30, (1, 2): 31}
    triangles = sewn(np.array(quads), middles, OFFSET)
    assert len(triangles) == count
    assert all(len(set(triangle)) == 3 for triangle in triangles.tolist())
    border = {tuple(sorted(edge)) for edge in border_edges(triangles.astype(np.int32)).tolist()}
    for (a, b), middle in middles.items():
        if {a, b} <= set(quads[0]):
            halves = {tuple(sorted((OFFSET + end, OFFSET + middle))) for end in (a, b)}
            assert halves <= border
            assert (OFFSET + a, OFFSET + b) not in border


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_affine_maps_are_exact_for_affine_motion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(-60, 60, (30, 3)).astype(np.float32)
    turn, shift = rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 1, 3))
    moved = (places @ turn + shift).astype(np.float32)
    np.testing.assert_allclose(mapped(affine_maps(places, moved), places), moved, atol=1e-3)


def test_grown_keeps_whole_rings() -> None:
    strip = np.array([[i, i + 1, i + 2] for i in range(10)])
    seen = np.arange(10) == 4
    assert [int(grown(seen, strip, rings).sum()) for rings in (0, 1, 2)] == [1, 5, 9]


def test_shelves_go_on_where_the_lids_end(model: FaceModel) -> None:
    """Skin and shelf use each edge once, in opposite orders: one continuous surface."""
    shelves = lid_shelves(model)
    assert np.bincount(shelves.eye).tolist() == [84, 84]
    skin = {tuple(edge) for edge in border_edges(model.triangles).tolist()}
    own = shelves.triangles[shelves.triangles.max(axis=1) >= len(shelves.edges)]
    edges = np.concatenate([own[:, [i, (i + 1) % 3]] for i in range(3)])
    outer = edges[(edges < len(shelves.edges)).all(axis=1)]
    assert len(outer) == 168
    assert all((int(shelves.edges[b]), int(shelves.edges[a])) in skin for a, b in outer)


@pytest.mark.slow
def test_the_shipped_interior_is_what_the_builder_makes(data_dir: Path, model: FaceModel) -> None:
    tensors, metadata = build(read_kit(data_dir / "ict_facekit"), model)
    made, shipped = Interior(tensors, metadata), model.interior
    np.testing.assert_array_equal(made.triangles, shipped.triangles)
    rng = np.random.default_rng(0)
    for _ in range(3):
        identity = rng.normal(size=model.n_id).astype(np.float32)
        expression = rng.uniform(size=model.n_exp).astype(np.float32)
        dense = model.decode(identity, expression)
        one, two = (some.verts(identity, expression, dense) for some in (made, shipped))
        np.testing.assert_allclose(one, two, atol=0.05)
    assert manifest.manifest()[manifest.INTERIOR]["version"] == metadata["version"]
