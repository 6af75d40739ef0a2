"""Rendering takes plain arrays: a wall in front of a camera, without any face."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, ops
from facesdk.core.intrinsics import assumed_intrinsics
from facesdk.rendering.pictures import depth_map, draw_shaded, normal_map
from facesdk.rendering.posed_mesh import PosedMesh

WIDTH, HEIGHT, DISTANCE_MM = 60, 40, 500.0


@pytest.fixture
def wall() -> PosedMesh:
    """A square of 100 mm that faces the camera."""
    corners = np.array([[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]], np.float32)
    return PosedMesh(
        verts_face_mm=corners,
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        rotation=np.diag([1.0, -1.0, -1.0]).astype(np.float32),
        translation_mm=np.array([0, 0, DISTANCE_MM], np.float32),
        intrinsics=assumed_intrinsics(WIDTH, HEIGHT, 40.0),
        width=WIDTH,
        height=HEIGHT,
    )


def test_depth_and_normals_are_the_wall_s(wall: PosedMesh) -> None:
    depth = depth_map(wall)
    covered = depth > 0
    side = wall.intrinsics[0, 0] * 100 / DISTANCE_MM
    assert depth.shape == (HEIGHT, WIDTH)
    assert np.sqrt(covered.sum()) == pytest.approx(side, abs=1.0)
    np.testing.assert_allclose(depth[covered], DISTANCE_MM, rtol=1e-5)
    np.testing.assert_allclose(
        normal_map(wall)[covered], np.tile([0, 0, -1.0], (covered.sum(), 1)), atol=1e-6
    )
    assert wall.visible.all()


def test_constant_light_shows_the_albedo(wall: PosedMesh) -> None:
    light = np.zeros((9, 3), np.float32)
    light[0] = 1 / 0.28209479
    canvas = np.full((HEIGHT, WIDTH, 3), 7, np.uint8)
    draw_shaded(wall, np.tile(np.float32([1.0, 0.5, 0.0]), (4, 1)), light, canvas)
    covered = depth_map(wall) > 0
    assert np.abs(canvas[covered].astype(int) - [255, 128, 0]).max() <= 1
    assert (canvas[~covered] == 7).all()


def test_a_zoomed_mesh_is_drawn_in_the_other_picture(wall: PosedMesh) -> None:
    zoom = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]], np.float32)  # pixel corners scale, centres do not
    twice = depth_map(wall.zoomed(zoom, 2 * WIDTH, 2 * HEIGHT))
    assert twice.shape == (2 * HEIGHT, 2 * WIDTH)
    assert (twice > 0).sum() == pytest.approx(4 * (depth_map(wall) > 0).sum(), rel=0.1)


def test_a_wall_beside_the_picture_draws_nothing(wall: PosedMesh) -> None:
    light = np.zeros((9, 3), np.float32)
    light[0] = 1 / 0.28209479
    for shift in (
        [4000, 0, DISTANCE_MM],
        [-4000, 0, DISTANCE_MM],
        [0, 4000, DISTANCE_MM],
        [0, 0, -DISTANCE_MM],
    ):
        beside = dataclasses.replace(wall, translation_mm=np.array(shift, np.float32))
        canvas = np.full((HEIGHT, WIDTH, 3), 7, np.uint8)
        draw_shaded(beside, np.ones((4, 3), np.float32), light, canvas)
        assert (canvas == 7).all()


def test_drawing_is_that_of_the_ops(wall: PosedMesh) -> None:
    """Shade and rasterize the whole picture; the window that the mesh touches gives the same."""
    light = np.random.default_rng(0).uniform(0, 1, (9, 3)).astype(np.float32)
    albedo = np.random.default_rng(1).uniform(0, 1, (4, 3)).astype(np.float32)
    canvas = np.full((HEIGHT, WIDTH, 3), 7, np.uint8)
    draw_shaded(wall, albedo, light, canvas)
    points, colors = ops.shade_and_project(
        wall.verts_face_mm, wall.triangles, wall.rotation, wall.translation_mm, wall.intrinsics, albedo, light
    )
    raster = ops.rasterize(points, wall.triangles, HEIGHT, WIDTH, colors=np.clip(colors, 0, 1))
    assert raster.color is not None
    assert raster.depth is not None
    covered = raster.depth > 0
    assert covered.sum() > 100
    expected = np.where(covered[..., None], raster.color * 255 + 0.5, 7).astype(np.uint8)
    assert np.abs(canvas.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("canvas", [
    np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((HEIGHT, WIDTH), np.uint8),
    np.zeros((HEIGHT, 2 * WIDTH, 3), np.uint8)[:, ::2],
])  # fmt: skip
def test_a_canvas_that_does_not_fit_is_named(canvas: Any, wall: PosedMesh) -> None:
    with pytest.raises(InvalidArray, match="canvas"):
        draw_shaded(wall, np.ones((4, 3), np.float32), np.zeros((9, 3), np.float32), canvas)


def test_a_read_only_canvas_is_named(wall: PosedMesh) -> None:
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    canvas.setflags(write=False)
    with pytest.raises(InvalidArray, match="canvas"):
        draw_shaded(wall, np.ones((4, 3), np.float32), np.zeros((9, 3), np.float32), canvas)
