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
    """Serialise a mesh as the bytes of a GLB file."""
    shared = _shared(mesh.topology)
    builder = shared.builder.fork()
    normals = _unit(ops.normals(mesh.neutral_mm, mesh.topology.triangles))
    attributes = gltf.Attributes(
        POSITION=builder.vertices(mesh.neutral_mm[shared.corner] * METRES, bounds=True),
        NORMAL=builder.vertices(normals[shared.corner]),
        TEXCOORD_0=shared.uv,
    )
    if shared.uv is not None:
        material = builder.textured_material(mesh.texture_png)
    else:
        colors = mesh.vertex_colors[shared.corner] / 255.0
        attributes.COLOR_0 = builder.vertices(colors.astype(np.float32))
        material = gltf.Material(name="face", doubleSided=True)
    primitive = gltf.Primitive(
        attributes=attributes, indices=shared.indices, material=0, targets=list(shared.targets) or None
    )
    document = gltf.Mesh(name="face", primitives=[primitive])
    if shared.targets:
        document.weights = list(mesh.target_weights)
        # Where the names stand is a convention: most importers read the mesh, some the primitive.
        names = {"targetNames": list(mesh.topology.target_names)}
        document.extras = primitive.extras = names
    return builder.finish(document, material)


class _Shared:
    """What the GLB files of all faces of one model have in common: triangles, UVs and morph targets."""

    def __init__(self, topology: ExportTopology) -> None:
        self.corner, uv_corner, triangles = _split(topology)
        self.builder = GlbBuilder()
        self.indices = self.builder.indices(triangles)
        self.uv: int | None = None
        if topology.has_uv:
            uv = topology.uv[uv_corner].copy()
            uv[:, 1] = 1.0 - uv[:, 1]  # glTF's v runs down
            self.uv = self.builder.vertices(uv)
        self.targets = tuple(
            gltf.Attributes(POSITION=self.builder.target(shape * METRES, self.corner))
            for shape in topology.targets()
        )


@functools.lru_cache(maxsize=1)
def _shared(topology: ExportTopology) -> _Shared:
    """Most of a file's bytes and time: kept, some 10 MB."""
    return _Shared(topology)


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
