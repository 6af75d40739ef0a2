"""Which vertices the camera sees."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import ops
from facesdk.core.rotation import rotation_from_euler
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.render import visible_vertices


def wall(depth_mm: float, half_mm: float, cells: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """A square grid that faces the camera."""
    side = np.linspace(-half_mm, half_mm, cells + 1)
    x, y = np.meshgrid(side, side)
    verts = np.stack([x, y, np.full_like(x, depth_mm)], -1).reshape(-1, 3).astype(np.float32)
    i = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    a, b, c, d = i, i + 1, i + cells + 1, i + cells + 2
    return verts, np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)


def normals_towards_camera(verts: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    normals = ops.normals(verts, triangles)
    return (normals, triangles) if normals[0, 2] < 0 else (-normals, triangles[:, ::-1].copy())


def test_what_stands_behind_is_hidden() -> None:
    far, triangles = wall(1000, 100)
    near, _ = wall(900, 40)
    normals, triangles = normals_towards_camera(far, triangles)
    verts = np.concatenate([far, near])
    both = np.concatenate([triangles, triangles + len(far)])
    seen = visible_vertices(verts, np.concatenate([normals, normals]), both)
    covered = (np.abs(far[:, :2]) < 40 * 1000 / 900 - 5).all(1)
    beside = (np.abs(far[:, :2]) > 40 * 1000 / 900 + 5).any(1)
    assert seen[len(far) :].all()
    assert not seen[: len(far)][covered].any()
    assert seen[: len(far)][beside].all()


def test_what_faces_away_is_not_seen() -> None:
    verts, triangles = wall(1000, 100)
    normals, triangles = normals_towards_camera(verts, triangles)
    assert visible_vertices(verts, normals, triangles).all()
    assert not visible_vertices(verts, -normals, triangles).any()


@pytest.mark.parametrize("yaw", [-80.0, 80.0])
def test_in_profile_the_far_half_is_hidden(yaw: float) -> None:
    model = FaceModel.load()
    face = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    verts = ops.transform(face, rotation_from_euler(yaw, 0, 0), np.array([0, 0, 1300], np.float32))
    seen = visible_vertices(verts, ops.normals(verts, model.triangles), model.triangles)
    skin = np.arange(len(face)) < model.n_skin_verts
    # With the nose to the picture's right (yaw > 0) it is the face's own left half, +x, that turns away.
    turned_away = face[:, 0] * np.sign(yaw) > 25
    assert seen[skin & (face[:, 0] * np.sign(yaw) < -25) & (face[:, 2] > 0)].mean() > 0.8
    assert seen[skin & turned_away & (face[:, 2] > 0)].mean() < 0.05
