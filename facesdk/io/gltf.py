"""A face as GLB: neutral mesh, photo texture, 52 named morph targets set to the photo's expression.

Written with pygltflib. Metres, y up, the face looking along +z, as glTF wants it. Morph targets are sparse
accessors: most shapes move a small part of the face.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pygltflib as gltf

from facesdk import ops
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.io.files import vertex_colors

if TYPE_CHECKING:
    from facesdk.morphable.face_model import FaceModel
    from facesdk.result import Face

FloatArray = npt.NDArray[np.float32]

METRES = np.float32(0.001)
STILL_M = 5e-5  # a twentieth of a millimetre: less movement is none


def glb_bytes(face: Face) -> bytes:
    """The bytes of a GLB file."""
    model = face.model
    shared = _shared(model)
    builder = shared.builder.fork()
    neutral = face.neutral()
    attributes = gltf.Attributes(
        POSITION=builder.vertices(neutral[shared.corner] * METRES, bounds=True),
        NORMAL=builder.vertices(_unit(ops.normals(neutral, model.triangles))[shared.corner]),
        TEXCOORD_0=shared.uv,
    )
    if shared.uv is not None:
        material = builder.textured_material(face.texture.png)
    else:
        colors = vertex_colors(face)[shared.corner] / 255.0
        attributes.COLOR_0 = builder.vertices(colors.astype(np.float32))
        material = gltf.Material(name="face", doubleSided=True)
    primitive = gltf.Primitive(
        attributes=attributes, indices=shared.indices, material=0, targets=list(shared.targets) or None
    )
    names = list(ARKIT_NAMES[: len(shared.targets)])
    mesh = gltf.Mesh(name="face", primitives=[primitive])
    if names:
        mesh.weights = [face.expression[name] for name in names]
        mesh.extras = {"targetNames": names}
    return builder.finish(mesh, material)


class _Shared:
    """What the GLB files of all faces of one model have in common: triangles, UVs and the 52 shapes."""

    def __init__(self, model: FaceModel) -> None:
        self.corner, uv_corner, triangles = _split(model)
        self.builder = _Builder()
        self.indices = self.builder.indices(triangles)
        self.uv: int | None = None
        if len(model.uv_triangles):
            uv = model.uv[uv_corner].copy()
            uv[:, 1] = 1.0 - uv[:, 1]  # glTF's v runs down
            self.uv = self.builder.vertices(uv)
        self.targets = tuple(
            gltf.Attributes(POSITION=self.builder.target(model.subdivide(shape) * METRES, self.corner))
            for shape in model.arkit_shapes()
        )


@functools.lru_cache(maxsize=1)
def _shared(model: FaceModel) -> _Shared:
    return _Shared(model)  # most of a file's bytes and time: made once, some 10 MB


def _split(model: FaceModel) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Vertex and UV index of each GLB vertex, and the triangles over them: one vertex per pair of the two."""
    if len(model.uv_triangles) == 0:
        every = np.arange(model.n_verts, dtype=np.int32)
        return every, every, model.triangles
    pairs = model.triangles.ravel().astype(np.int64) * len(model.uv) + model.uv_triangles.ravel()
    unique, inverse = np.unique(pairs, return_inverse=True)
    corner, uv_corner = np.divmod(unique, len(model.uv))
    return corner.astype(np.int32), uv_corner.astype(np.int32), inverse.reshape(-1, 3).astype(np.int32)


def _unit(normals: FloatArray) -> FloatArray:
    """Normals of exactly unit length; a vertex without triangles looks forward."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    forward = np.array([0.0, 0.0, 1.0], dtype=np.float32)
    return np.where(length > 0.5, normals / np.maximum(length, 1e-9), forward).astype(np.float32)


class _Builder:
    """Collects arrays into one binary blob with its views and accessors."""

    def __init__(self) -> None:
        self._gltf = gltf.GLTF2(asset=gltf.Asset(version="2.0", generator="FaceSDK"))
        self._blob = bytearray()

    def fork(self) -> _Builder:
        """A builder that goes on from what this one holds, which stays as it is."""
        other = _Builder()
        other._gltf.bufferViews = list(self._gltf.bufferViews)
        other._gltf.accessors = list(self._gltf.accessors)
        other._blob = self._blob.copy()
        return other

    def vertices(self, values: FloatArray, bounds: bool = False) -> int:
        """An accessor of (N, 2) or (N, 3) vertex values."""
        view = self._view(np.ascontiguousarray(values, dtype="<f4").tobytes(), gltf.ARRAY_BUFFER)
        kind = gltf.VEC2 if values.shape[1] == 2 else gltf.VEC3
        accessor = gltf.Accessor(bufferView=view, componentType=gltf.FLOAT, count=len(values), type=kind)
        if bounds:
            accessor.min, accessor.max = _bounds(values)
        return self._add(accessor)

    def indices(self, triangles: npt.NDArray[np.int32]) -> int:
        """An accessor of triangle corners."""
        flat, component = _compact(triangles.ravel(), int(triangles.max()))
        view = self._view(flat.tobytes(), gltf.ELEMENT_ARRAY_BUFFER)
        return self._add(
            gltf.Accessor(bufferView=view, componentType=component, count=len(flat), type=gltf.SCALAR)
        )

    def target(self, delta: FloatArray, corner: npt.NDArray[np.int32]) -> int:
        """A sparse accessor of the displacements of (V, 3) vertices at the N corners that are `corner`.

        A shape that moves nothing stores nothing.
        """
        largest = np.max(np.abs(delta), axis=1)
        moved = np.flatnonzero(largest[corner] > STILL_M)
        values = delta[corner[moved]]
        accessor = gltf.Accessor(byteOffset=None, componentType=gltf.FLOAT, count=len(corner), type=gltf.VEC3)
        stored = values if len(moved) == len(corner) else np.concatenate([values, np.zeros((1, 3), "f4")])
        accessor.min, accessor.max = _bounds(stored)  # the corners that stay count as zeros
        if len(moved):
            index, component = _compact(moved, len(corner) - 1)
            accessor.sparse = gltf.Sparse(
                count=len(moved),
                indices=gltf.AccessorSparseIndices(
                    bufferView=self._view(index.tobytes()), componentType=component
                ),
                values=gltf.AccessorSparseValues(
                    bufferView=self._view(np.ascontiguousarray(values, dtype="<f4").tobytes())
                ),
            )
        return self._add(accessor)

    def textured_material(self, png: bytes) -> gltf.Material:
        """An unlit material: the photo's light is in the texture already."""
        self._gltf.images.append(gltf.Image(bufferView=self._view(png), mimeType="image/png", name="face"))
        self._gltf.samplers.append(
            gltf.Sampler(
                magFilter=gltf.LINEAR,
                minFilter=gltf.LINEAR_MIPMAP_LINEAR,
                wrapS=gltf.CLAMP_TO_EDGE,
                wrapT=gltf.CLAMP_TO_EDGE,
            )
        )
        self._gltf.textures.append(gltf.Texture(source=0, sampler=0))
        self._gltf.extensionsUsed = ["KHR_materials_unlit"]
        surface = gltf.PbrMetallicRoughness(
            baseColorTexture=gltf.TextureInfo(index=0), metallicFactor=0.0, roughnessFactor=1.0
        )
        return gltf.Material(
            name="face",
            pbrMetallicRoughness=surface,
            alphaMode=gltf.OPAQUE,
            alphaCutoff=None,
            doubleSided=True,
            extensions={"KHR_materials_unlit": {}},
        )

    def finish(self, mesh: gltf.Mesh, material: gltf.Material) -> bytes:
        """The file with one scene, one node and one mesh."""
        self._gltf.meshes.append(mesh)
        self._gltf.materials.append(material)
        self._gltf.nodes.append(gltf.Node(mesh=0, name="face"))
        self._gltf.scenes.append(gltf.Scene(nodes=[0]))
        self._gltf.scene = 0
        self._gltf.buffers.append(gltf.Buffer(byteLength=len(self._blob)))
        self._gltf.set_binary_blob(bytes(self._blob))
        return b"".join(self._gltf.save_to_bytes())

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._blob.extend(b"\0" * (-len(self._blob) % 4))  # accessors must start at a multiple of their type
        view = gltf.BufferView(buffer=0, byteOffset=len(self._blob), byteLength=len(data), target=target)
        self._blob.extend(data)
        self._gltf.bufferViews.append(view)
        return len(self._gltf.bufferViews) - 1

    def _add(self, accessor: gltf.Accessor) -> int:
        self._gltf.accessors.append(accessor)
        return len(self._gltf.accessors) - 1


def _bounds(values: FloatArray) -> tuple[list[float], list[float]]:
    stored = np.asarray(values, dtype=np.float32)
    return [float(v) for v in stored.min(axis=0)], [float(v) for v in stored.max(axis=0)]


def _compact(index: npt.NDArray[Any], largest: int) -> tuple[npt.NDArray[Any], int]:
    """Indices in the smallest type that glTF lets stand for them (65535 is reserved)."""
    if largest < 65535:
        return index.astype("<u2"), gltf.UNSIGNED_SHORT
    return index.astype("<u4"), gltf.UNSIGNED_INT
