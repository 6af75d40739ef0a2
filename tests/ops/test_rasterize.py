"""Rasterizer: coverage, order, perspective, orientation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facesdk import ops, reference
from tests.ops.meshes import FRONTAL, FloatArray, IntArray, camera, soup, sphere

coordinate = st.one_of(
    st.integers(-4, 36).map(float),  # pixel centres
    st.integers(-8, 72).map(lambda v: v / 2),  # and half way between: edges that run through centres
    st.floats(-8, 40, width=32),
)


def coverage(points: FloatArray, triangles: IntArray, height: int, width: int) -> NDArray[np.int64]:
    """How many of the triangles, drawn one by one, cover each pixel."""
    count = np.zeros((height, width), np.int64)
    for triangle in triangles:
        drawn = ops.rasterize(points, triangle[None].copy(), height, width, want=("triangle",), cull=False)
        assert drawn.triangle is not None
        count += drawn.triangle >= 0
    return count


def flat(points: list[tuple[float, float]]) -> FloatArray:
    return np.array([(x, y, 1000) for x, y in points], np.float32)


@settings(deadline=None, max_examples=200)
@given(low=st.tuples(coordinate, coordinate), high=st.tuples(coordinate, coordinate), diagonal=st.booleans())
def test_rectangle_is_covered_exactly_once(
    low: tuple[float, float], high: tuple[float, float], diagonal: bool
) -> None:
    (x0, x1), (y0, y1) = sorted((low[0], high[0])), sorted((low[1], high[1]))
    points = flat([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    pair = [[0, 1, 2], [0, 2, 3]] if diagonal else [[0, 1, 3], [1, 2, 3]]
    snapped = np.rint(points * 4096) / 4096
    x, y = np.arange(33), np.arange(29)
    # The top-left rule owns the left and upper edge of a rectangle, not the right and lower one.
    inside_x = (x >= snapped[0, 0]) & (x < snapped[1, 0])
    inside_y = (y >= snapped[0, 1]) & (y < snapped[2, 1])
    expected = inside_y[:, None] & inside_x
    np.testing.assert_array_equal(coverage(points, np.array(pair, np.int32), 29, 33), expected)


@settings(deadline=None, max_examples=100)
@given(
    hub=st.tuples(st.floats(10, 22, width=32), st.floats(10, 18, width=32)),
    radii=st.lists(coordinate.map(abs), min_size=3, max_size=14),
    turn=st.floats(0, 6.28),
)
def test_fan_covers_each_pixel_once(hub: tuple[float, float], radii: list[float], turn: float) -> None:
    """Triangles around a point share all their inner edges: nothing is drawn twice or left out."""
    angles = turn + 2 * np.pi * np.arange(len(radii)) / len(radii)
    rim = np.array(hub) + (np.array(radii)[:, None] + 1) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = flat([hub, *rim])
    n = len(radii)
    fan = np.array([[0, 1 + i, 1 + (i + 1) % n] for i in range(n)], np.int32)
    count = coverage(points, fan, 29, 33)
    assert count.max(initial=0) <= 1
    # The hub's surroundings, well inside the fan, have no hole.
    y, x = np.mgrid[0:29, 0:33]
    inner = np.hypot(x - hub[0], y - hub[1]) < 0.9 * np.cos(np.pi / n)
    assert (count[inner] == 1).all()


def test_grid_leaves_no_hole_and_no_overlap() -> None:
    """A jittered grid of triangles from far below to far above a pixel in size."""
    rng = np.random.default_rng(0)
    for cells, size in ((60, 24), (7, 40)):
        line = np.linspace(-3, size + 2, cells + 1)
        step = line[1] - line[0]
        y, x = np.meshgrid(line, line, indexing="ij")
        points = np.stack([x, y, np.full_like(x, 900)], axis=-1)
        points[1:-1, 1:-1, :2] += rng.uniform(-0.3, 0.3, (cells - 1, cells - 1, 2)) * step
        corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
        quads = corner[:, None] + [0, 1, cells + 2, cells + 1]
        triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
        mesh = points.reshape(-1, 3).astype(np.float32)
        np.testing.assert_array_equal(coverage(mesh, triangles, size, size), 1)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 37), (53, 1), (31, 64), (97, 75)])
@pytest.mark.parametrize("cull", [True, False])
def test_equals_the_reference(height: int, width: int, cull: bool) -> None:
    rng = np.random.default_rng(height)
    points, triangles = soup(rng, 120, 400, max(height, width))
    points[:4] = np.array([[np.nan, 0, 900], [0, 0, -5], [0, 0, 0], [1e9, 3, 900]])
    colors = rng.uniform(size=points.shape).astype(np.float32)
    ours = ops.rasterize(points, triangles, height, width, colors=colors, cull=cull)
    wanted = reference.rasterize(points, triangles, height, width, colors=colors, cull=cull)
    # Integer coverage and the same float steps in the same order: equal to the bit, which triangle and where.
    np.testing.assert_array_equal(ours.triangle, wanted[2])
    assert np.any(np.asarray(ours.triangle) != -1) or height * width == 1
    for mine, theirs in ((ours.color, wanted[0]), (ours.depth, wanted[1]), (ours.bary, wanted[3])):
        assert mine is not None
        assert theirs is not None
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def test_weights_are_perspective_correct() -> None:
    """Depth and position from the weights lie on the triangle's plane in space, not in the picture."""
    verts = np.array([[-300, -300, 600], [400, -200, 2000], [-100, 350, 1200]], np.float32)
    intrinsics = camera(201, 200)
    triangle = np.array([[0, 2, 1]], np.int32)
    drawn = ops.rasterize(ops.project(verts, intrinsics), triangle, 201, 201, colors=verts)
    assert drawn.color is not None
    assert drawn.depth is not None
    assert drawn.bary is not None
    y, x = np.nonzero(drawn.depth)
    assert len(y) > 1000
    pixels = np.stack([x, y, drawn.depth[y, x]], axis=1).astype(np.float32)
    # Points are snapped to 1/4096 px, which is up to 0.002 mm sideways and more in depth on a slanted plane.
    np.testing.assert_allclose(drawn.color[y, x], ops.unproject(pixels, intrinsics), atol=0.1)
    np.testing.assert_allclose(drawn.bary[y, x] @ verts[triangle[0]][:, 2], drawn.depth[y, x], rtol=1e-4)
    np.testing.assert_allclose(drawn.bary[y, x].sum(axis=1), 1, atol=1e-6)


def test_near_side_of_a_sphere_is_seen() -> None:
    """Orientation, end to end: a mesh counter-clockwise from outside shows its outside."""
    verts, triangles = sphere(40, 80)
    verts_camera = ops.transform(verts, FRONTAL, np.array([0, 0, 1000], np.float32))
    normals = ops.normals(verts_camera, triangles)
    points = ops.project(verts_camera, camera(101, 400))
    drawn = ops.rasterize(points, triangles, 101, 101, colors=normals)
    assert drawn.depth is not None
    assert drawn.color is not None
    assert drawn.depth[50, 50] == pytest.approx(900, abs=0.1)
    hit = drawn.depth > 0
    assert (
        drawn.color[hit][:, 2].max() < 0.15
    )  # normals look back at the camera, up to the silhouette's slant
    # Without culling nothing changes but at the silhouette: the near side hides the far side.
    both = ops.rasterize(points, triangles, 101, 101, cull=False)
    np.testing.assert_array_equal(both.triangle, drawn.triangle)
    # Turned inside out, culling shows the far side.
    inside_out = np.ascontiguousarray(triangles[:, ::-1])
    far = ops.rasterize(points, inside_out, 101, 101)
    assert far.depth is not None
    assert far.depth[50, 50] == pytest.approx(1100, abs=0.1)


def test_equal_depth_goes_to_the_lower_index() -> None:
    points = flat([(-1, -1), (30, -1), (-1, 30), (25, 28)])
    triangles = np.array([[1, 0, 2], [0, 2, 1], [2, 0, 3], [0, 2, 1]], np.int32)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]):
        shuffled = np.ascontiguousarray(triangles[order])
        drawn = ops.rasterize(points, shuffled, 20, 20, cull=False)
        assert drawn.triangle is not None
        layers = np.stack(
            [ops.rasterize(points, t[None].copy(), 20, 20, cull=False).triangle == 0 for t in shuffled]
        )
        expected = np.where(layers.any(axis=0), layers.argmax(axis=0), -1)
        np.testing.assert_array_equal(drawn.triangle, expected)


def test_constant_colour_stays_constant() -> None:
    points, triangles = soup(np.random.default_rng(5), 60, 100, 50)
    colors = np.full_like(points, 0.3)
    drawn = ops.rasterize(points, triangles, 50, 50, colors=colors)
    assert drawn.color is not None
    assert drawn.triangle is not None
    np.testing.assert_array_equal(drawn.color[drawn.triangle >= 0], np.float32(0.3))
    assert not drawn.color[drawn.triangle < 0].any()


def test_only_what_is_wanted() -> None:
    points, triangles = soup(np.random.default_rng(6), 20, 20, 20)
    full = ops.rasterize(points, triangles, 20, 20)
    assert full.color is None  # no colors were given
    for name in ("depth", "triangle", "bary"):
        one = ops.rasterize(points, triangles, 20, 20, want=(name,))
        np.testing.assert_array_equal(getattr(one, name), getattr(full, name))
        assert sum(field is not None for field in one) == 1


def test_no_triangle_leaves_an_empty_picture() -> None:
    drawn = ops.rasterize(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), 3, 4)
    assert drawn.triangle is not None
    np.testing.assert_array_equal(drawn.triangle, np.full((3, 4), -1))
