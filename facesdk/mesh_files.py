"""From a face's arrays to what the file writers take: the mesh, and its interior in parts."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from facesdk import ops
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.core.arrays import FloatArray, Picture
from facesdk.io.export_mesh import ExportMesh, ExportTopology
from facesdk.morphable.face_model import FaceModel
from facesdk.morphable.interior import Interior
from facesdk.rendering.posed_mesh import PosedMesh
from facesdk.rendering.render import lit_colors


def export_mesh(
    model: FaceModel,
    mesh: PosedMesh,
    identity: FloatArray,
    weights: tuple[float, ...],
    texture: Picture | None,
    albedo: FloatArray,
    sh: FloatArray,
    interior_mm: FloatArray,
) -> ExportMesh:
    """Collect what the files of one face hold.

    Args:
        model: of the mesh.
        mesh: with the photo's expression, in the photo's camera.
        identity: (n_id,) coefficients.
        weights: of the photo's expression, as the morph targets.
        texture: (size, size, 3) RGB, or None where the model has no texture coordinates.
        albedo: (V, 3), 0..1; shaded where there is no texture.
        sh: (9, 3) light, RGB.
        interior_mm: (M, 3) with the photo's expression.
    """
    no_expression = np.zeros(model.n_exp, np.float32)
    neutral_mm = model.decode(identity, no_expression, mesh.threads)
    interiors = (interior_mm, model.interior.verts(identity, no_expression, neutral_mm))
    topology = export_topology(model)
    colors = lit_colors(albedo, mesh.normals_camera, sh) if texture is None else None
    lit = _interior_colors(model.interior, interior_mm, mesh, sh)
    parts = []
    for part_topology, part in zip(topology.parts, model.interior.parts, strict=True):
        verts, neutral = (some[part.vertices] for some in interiors)
        parts.append(ExportMesh(part_topology, verts, neutral, weights, None, lit[part.vertices]))
    return ExportMesh(topology, mesh.verts_face_mm, neutral_mm, weights, texture, colors, tuple(parts))


@functools.lru_cache(maxsize=2)
def export_topology(model: FaceModel) -> ExportTopology:
    """What the files of all faces of a model share; kept, because writers keep what they derive from it."""
    names = ARKIT_NAMES if model.arkit_map is not None else ()
    none = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)
    parts = tuple(
        ExportTopology(
            part.triangles, *none, names, functools.partial(_part_targets, model, part.vertices),
            part.name, two_sided=False,
        )
        for part in model.interior.parts
    )  # fmt: skip
    targets = functools.partial(_face_targets, model)
    return ExportTopology(model.triangles, model.uv, model.uv_triangles, names, targets, parts=parts)


def _face_targets(model: FaceModel) -> Iterator[FloatArray]:
    """(V, 3) displacements in mm of each ARKit shape."""
    return (model.subdivide(shape) for shape in model.arkit_shapes())


def _part_targets(model: FaceModel, vertices: slice) -> FloatArray:
    """(52, M', 3) displacements in mm of some of the interior's vertices under each ARKit shape."""
    return _interior_targets(model)[:, vertices]


@functools.lru_cache(maxsize=1)
def _interior_targets(model: FaceModel) -> FloatArray:
    assert model.arkit_map is not None
    weights = (model.arkit_map > 0).astype(np.float32)
    pairs = zip(weights, _face_targets(model), strict=True)
    return np.stack([model.interior.displacement(one, dense) for one, dense in pairs])


def _interior_colors(interior: Interior, verts_mm: FloatArray, mesh: PosedMesh, sh: FloatArray) -> FloatArray:
    """(M, 3) colours of the interior under the photo's light, 0..1."""
    if not interior.parts:
        return interior.albedo(sh)
    camera = ops.transform(verts_mm, mesh.rotation, mesh.translation_mm)
    return lit_colors(interior.albedo(sh), ops.normals(camera, interior.triangles), sh)
