"""Faces whose photo is their own rendering: what is to be found in it is known."""

from __future__ import annotations

import numpy as np

from facesdk import Face, Pose, Quality, ops
from facesdk.core.appearance import Appearance
from facesdk.core.intrinsics import assumed_intrinsics
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.render import lit_colors

SIZE = 200
FRONTAL = np.diag([1.0, -1.0, -1.0]).astype(np.float32)


def plain(model: FaceModel) -> Appearance:
    """The mean albedo under a light from everywhere."""
    sh = np.zeros((9, 3), np.float32)
    sh[0] = 0.8 / 0.2820948
    return Appearance(np.zeros(model.n_tex, np.float32), np.zeros(model.n_detail, np.float32), sh)


def photographed(model: FaceModel, true: Appearance, turn: np.ndarray | None = None) -> Face:
    """A face whose photo is its own rendering, and which does not know its colours; turn: (3, 3) of it."""
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    rotation = FRONTAL if turn is None else np.asarray(FRONTAL @ turn, np.float32)
    pose = Pose(rotation, np.array([0, 0, 900], np.float32), assumed_intrinsics(SIZE, SIZE, 25), False)
    camera = ops.transform(verts, pose.matrix, pose.translation_mm)
    albedo = np.clip(model.albedo(true.albedo, true.detail), 0, 1.5)
    colors = lit_colors(albedo, ops.normals(camera, model.triangles), true.sh)
    points = ops.project(camera, pose.intrinsics)
    drawn = ops.rasterize(points, model.triangles, SIZE, SIZE, colors=colors, want=("color",)).color
    assert drawn is not None
    photo = (np.clip(drawn, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Face(
        pose=pose,
        identity=np.zeros(model.n_id, np.float32),
        expression_weights=np.zeros(model.n_exp, np.float32),
        predicted_appearance=plain(model),
        verts_face_mm=verts,
        landmarks_px=landmarks_px(model, verts, pose),
        box_xyxy_px=np.zeros(4, np.float32),
        score=1.0,
        quality=Quality(1.0, ()),
        model=model,
        image=photo,
    )


def landmarks_px(model: FaceModel, verts: np.ndarray, pose: Pose) -> np.ndarray:
    """(68, 2) of the mesh in the picture."""
    camera = ops.transform(model.landmarks(verts), pose.matrix, pose.translation_mm)
    return np.ascontiguousarray(ops.project(camera, pose.intrinsics)[:, :2])
