"""What is seen of the mouth interior, and how much light gets to it: rasterized views of many faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.core.rotation import rotation_from_euler
from facesdk.morphable.face_model import FaceModel

SIDE_PX, SPAN_MM = 256, 100.0  # of a view of the mouth
MIDDLE_MM = np.array([0, -72, 10], np.float32)  # its centre, face frame
DEPTH_MM = 1000.0  # added, so that all lies in front of the camera
FACES, VIEWS = 160, 8  # random faces and views of each
TOLERANCE_MM = 0.8  # behind the nearest surface at which a vertex counts as seen
SMOOTHINGS = 3  # of the light over the mesh
FULL_LIGHT = 0.45  # share of directions from which on a vertex counts as fully lit
LEAST_LIGHT = 0.22  # of the deepest vertex: light that comes from the other surfaces of the mouth
LIGHT_POWER = 0.6  # below 1: what is seen from few directions gets light from its neighbours
OPEN = (
    {"jawOpen": 0.7},
    {"mouthSmile_L": 1.0, "mouthSmile_R": 1.0, "jawOpen": 0.3},
    {"mouthUpperUp_L": 1.0, "mouthUpperUp_R": 1.0, "mouthLowerDown_L": 1.0, "mouthLowerDown_R": 1.0},
)  # fmt: skip
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def flat_view(verts: FloatArray, yaw_deg: float, pitch_deg: float) -> FloatArray:
    """(N, 3) x px, y px, depth mm of vertices in a parallel view of the mouth."""
    turned = (verts - MIDDLE_MM) @ rotation_from_euler(yaw_deg, pitch_deg, 0.0).T
    scale = SIDE_PX / SPAN_MM
    out = turned * np.array([scale, scale, 1]) + np.array([SIDE_PX / 2, SIDE_PX / 2, DEPTH_MM])
    return np.ascontiguousarray(out, np.float32)


def weights_of(model: FaceModel, expression: dict[str, float]) -> FloatArray:
    """(n_exp,) weights of named expressions."""
    weights = np.zeros(model.n_exp, np.float32)
    for name, weight in expression.items():
        weights[model.exp_names.index(name)] = weight
    return weights


def posed(
    neutral: FloatArray, shapes: FloatArray, model: FaceModel, identity: FloatArray, expression: FloatArray
) -> FloatArray:
    """The kit's vertices, then the dense face's, (N + V, 3) mm, of one face."""
    moved = neutral + np.tensordot(np.concatenate([identity, expression]), shapes, axes=1)
    return np.concatenate([moved, model.decode(identity, expression)]).astype(np.float32)


def random_faces(model: FaceModel) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Identity and expression: every expression alone, then random ones of the mouth on random people."""
    rng = np.random.default_rng(0)
    mouth = [i for i, name in enumerate(model.exp_names) if name.startswith(("mouth", "jaw"))]
    nobody = np.zeros(model.n_id, np.float32)
    for i in mouth:
        for opened in (0.0, 1.0):
            weights = weights_of(model, {"jawOpen": opened})
            weights[i] = 1.0
            yield nobody, weights
    for _ in range(FACES):
        weights = weights_of(model, {"jawOpen": rng.uniform()})
        weights[rng.choice(mouth, 3, replace=False)] = rng.uniform(0.3, 1.0, 3)
        yield rng.normal(size=model.n_id).astype(np.float32), weights


def count_views(
    neutral: FloatArray, shapes: FloatArray, meshes: Sequence[IntArray], model: FaceModel
) -> list[IntArray]:
    """Views, of some 1,700, that show each triangle of the parts, (T,) each."""
    rng = np.random.default_rng(1)
    inside = np.concatenate(meshes)
    triangles = np.concatenate([model.triangles + len(neutral), inside]).astype(np.int32)
    views = np.zeros(len(triangles), np.int64)
    for identity, expression in random_faces(model):
        verts = posed(neutral, shapes, model, identity, expression)
        for _ in range(VIEWS):
            points = flat_view(verts, rng.uniform(-80, 80), rng.uniform(-50, 50))
            raster = ops.rasterize(points, triangles, SIDE_PX, SIDE_PX, want=("triangle",))
            assert raster.triangle is not None
            views[np.unique(raster.triangle[raster.triangle >= 0])] += 1
    return np.split(views[len(model.triangles) :], np.cumsum([len(mesh) for mesh in meshes])[:-1])


def light_shares(
    neutral: FloatArray, shapes: FloatArray, meshes: Sequence[IntArray], model: FaceModel
) -> FloatArray:
    """Share of the light from in front that gets to each vertex with an open mouth, (N + V,), 0..1."""
    inside = np.concatenate(meshes)
    triangles = np.concatenate([model.triangles + len(neutral), inside]).astype(np.int32)
    used = np.unique(inside)
    best = np.zeros(len(neutral) + model.n_verts, np.float32)
    nobody = np.zeros(model.n_id, np.float32)
    for expression in OPEN:
        verts = posed(neutral, shapes, model, nobody, weights_of(model, expression))
        normals = ops.normals(verts, triangles)
        lit, most = np.zeros(len(verts)), np.zeros(len(verts))
        for yaw in range(-75, 76, 15):
            for pitch in range(-60, 61, 15):
                points = flat_view(verts, yaw, pitch)
                depth = ops.rasterize(points, triangles, SIDE_PX, SIDE_PX, want=("depth",)).depth
                assert depth is not None
                column, row = np.clip(np.rint(points[used, :2]), 0, SIDE_PX - 1).astype(int).T
                open_to_view = points[used, 2] <= depth[row, column] + TOLERANCE_MM
                towards = -rotation_from_euler(yaw, pitch, 0.0)[2]
                cosine = np.maximum(normals[used] @ towards, 0) * np.cos(np.radians(pitch))
                lit[used] += cosine * open_to_view
                most[used] += cosine
        best = np.maximum(best, lit / np.maximum(most, most[used].max() / 4))
    share = smoothed(np.minimum(best / FULL_LIGHT, 1.0).astype(np.float32), inside)
    return np.asarray(LEAST_LIGHT + (1 - LEAST_LIGHT) * share**LIGHT_POWER, np.float32)


def smoothed(values: FloatArray, triangles: IntArray) -> FloatArray:
    """Means over neighbouring vertices, a few times."""
    pairs = np.concatenate([triangles[:, [i, j]] for i in range(3) for j in range(3)])
    for _ in range(SMOOTHINGS):
        total = np.bincount(pairs[:, 0], values[pairs[:, 1]], len(values))
        count = np.bincount(pairs[:, 0], minlength=len(values))
        values = np.where(count > 0, total / np.maximum(count, 1), values).astype(np.float32)
    return values
