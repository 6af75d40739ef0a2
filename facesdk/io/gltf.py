"""Binary glTF: neutral mesh, photo texture, named morph targets set to the photo's expression.

Metres, y up, the face looking along +z, as glTF requires. Morph targets are sparse accessors: most of them
move a small part of the face.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pygltflib as gltf

from facesdk import ops
from facesdk.core.arrays import FloatArray, IntArray
from facesdk.core.color import linear_from_srgb
from facesdk.core.frames import METRES
from facesdk.io.atomic_write import write_atomic
from facesdk.io.export_mesh import ExportMesh, ExportTopology
from facesdk.io.glb_builder import GlbBuilder


def write_glb(mesh: ExportMesh, path: Path) -> None:
    """Write the neutral mesh with its morph targets at the photo's expression.

    Raises:
        FaceSDKError: the file cannot be written.
    """
    write_atomic(path, glb_bytes(mesh))


def glb_bytes(mesh: ExportMesh) -> bytes:
    """Serialise a mesh as the bytes of a GLB file: a primitive for the face, one for each of its parts."""
    shared = _shared(mesh.topology)
    builder = shared.builder.fork()
    parts = zip((mesh, *mesh.parts), shared.parts, strict=True)
    document = gltf.Mesh(name="face", primitives=[_primitive(builder, one, kept) for one, kept in parts])
    if mesh.topology.target_names:
        document.weights = list(mesh.target_weights)
        # Where the names stand is a convention: most importers read the mesh, some the primitive.
        document.extras = {"targetNames": list(mesh.topology.target_names)}
        for primitive in document.primitives:
            primitive.extras = document.extras
    return builder.finish(document)


def _primitive(builder: GlbBuilder, mesh: ExportMesh, shared: _Shared) -> gltf.Primitive:
    """One mesh with its material. A texture or colours hold the photo's light."""
    normals = _unit(ops.normals(mesh.neutral_mm, mesh.topology.triangles))
    attributes = gltf.Attributes(
        POSITION=builder.vertices(mesh.neutral_mm[shared.corner] * METRES, bounds=True),
        NORMAL=builder.vertices(normals[shared.corner]),
        TEXCOORD_0=shared.uv,
    )
    if mesh.texture is not None:
        material = builder.textured_material(mesh.topology.name, mesh.texture_png)
    else:
        # Vertex colours are factors of the material's, for importers that read the material alone.
        whole = np.maximum(linear_from_srgb(np.array(mesh.material_color, np.float32)), 1e-3)
        colors = linear_from_srgb((mesh.vertex_colors[shared.corner] / 255.0).astype(np.float32))
        attributes.COLOR_0 = builder.vertices(np.minimum(colors / whole, 1.0).astype(np.float32))
        material = builder.colored_material(mesh.topology.name, whole.tolist(), mesh.topology.two_sided)
    return gltf.Primitive(
        attributes=attributes, indices=shared.indices, material=material, targets=list(shared.targets) or None
    )


class _Shared:
    """What one mesh of all faces of a model has in common: triangles, UVs and morph targets."""

    def __init__(self, topology: ExportTopology, builder: GlbBuilder) -> None:
        self.corner, uv_corner, triangles = _split(topology)
        self.indices = builder.indices(triangles)
        self.uv: int | None = None
        if topology.has_uv:
            uv = topology.uv[uv_corner].copy()
            uv[:, 1] = 1.0 - uv[:, 1]  # glTF's v runs down
            self.uv = builder.vertices(uv)
        self.targets = tuple(
            gltf.Attributes(POSITION=builder.target(shape * METRES, self.corner))
            for shape in topology.targets()
        )


class _SharedFile:
    """What the GLB files of all faces of one model have in common."""

    def __init__(self, topology: ExportTopology) -> None:
        self.builder = GlbBuilder()
        self.parts = [_Shared(one, self.builder) for one in (topology, *topology.parts)]


@functools.lru_cache(maxsize=1)
def _shared(topology: ExportTopology) -> _SharedFile:
    """Most of a file's bytes and time: kept, some 10 MB."""
    return _SharedFile(topology)


def _split(topology: ExportTopology) -> tuple[IntArray, IntArray, IntArray]:
    """Vertex and UV index of each GLB vertex, and the triangles over them: one vertex per pair of the two."""
    triangles, uv_triangles = topology.triangles, topology.uv_triangles
    if not topology.has_uv:
        every = np.arange(int(triangles.max()) + 1, dtype=np.int32)
        return every, every, triangles
    pairs = triangles.ravel().astype(np.int64) * len(topology.uv) + uv_triangles.ravel()
    unique, inverse = np.unique(pairs, return_inverse=True)
    corner, uv_corner = np.divmod(unique, len(topology.uv))
    return corner.astype(np.int32), uv_corner.astype(np.int32), inverse.reshape(-1, 3).astype(np.int32)


def _unit(normals: FloatArray) -> npt.NDArray[np.float32]:
    """Normals of exactly unit length; +z for a vertex without triangles."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    forward = np.array([0.0, 0.0, 1.0], dtype=np.float32)
    return np.where(length > 0.5, normals / np.maximum(length, 1e-9), forward).astype(np.float32)
