"""One rendered picture, looked at once and kept: the ops in a row still draw the same."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facesdk import ops
from tests.ops.meshes import FRONTAL, camera, sphere

GOLDEN = Path(__file__).parents[1] / "golden" / "shaded_mesh.png"
SIZE = 96


def render() -> NDArray[np.uint8]:
    """A lumpy ball with a nose at +z, lit from the picture's upper left, turned to the picture's right."""
    verts, triangles = sphere(48, 96)
    unit = verts / 100
    nose = np.exp(-8 * ((unit[:, :2] ** 2).sum(axis=1))) * (unit[:, 2] > 0)
    verts = verts * (1 + 0.05 * np.sin(7 * unit[:, :1]) * np.cos(6 * unit[:, 1:2]) + 0.35 * nose[:, None])
    albedo = (0.55 + 0.25 * np.sign(np.sin(9 * unit))).astype(np.float32)
    yaw = np.radians(30)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    pose = (FRONTAL @ turn).astype(np.float32)
    verts_camera = ops.transform(verts.astype(np.float32), pose, np.array([0, 0, 900], np.float32))
    light = np.zeros((9, 3), np.float32)
    light[0] = 2.2
    light[1:4] = np.array([[-0.7], [-0.9], [-0.7]])
    light[6] = [0.1, 0.0, -0.1]
    colors = ops.shade(albedo, ops.normals(verts_camera, triangles), light)
    points = ops.project(verts_camera, camera(SIZE, 330))
    drawn = ops.rasterize(points, triangles, SIZE, SIZE, colors=colors, want=("color",))
    assert drawn.color is not None
    return (np.clip(drawn.color, 0, 1) * 255 + 0.5).astype(np.uint8)


def test_picture_is_the_golden_one() -> None:
    """FACESDK_UPDATE_GOLDEN=1 writes it anew; look at it before committing it."""
    picture = render()
    if os.environ.get("FACESDK_UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(GOLDEN), picture[..., ::-1])
    golden = np.asarray(cv2.imread(str(GOLDEN)))[..., ::-1]
    difference = np.abs(picture.astype(int) - golden).max(axis=2)
    # Another machine's libm may round a colour the other way (1 of 255), and may move a point by 1/4096 px,
    # which changes the triangle at a few pixels on an edge of the albedo's pattern or the outline.
    assert (difference > 1).sum() <= 10
    assert difference.mean() < 0.1
