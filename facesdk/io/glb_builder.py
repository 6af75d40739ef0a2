"""Collects arrays into one GLB: a binary blob with its views and accessors (pygltflib)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pygltflib as gltf

from facesdk.core.arrays import FloatArray, IntArray

HEADER = struct.Struct("<4sII")  # of a GLB file: magic, version, bytes in all
CHUNK = struct.Struct("<I4s")  # of a chunk: bytes, type
MIN_MOVE_M = 5e-5  # displacements of a morph target below this are stored as none


class GlbBuilder:
    """A glTF document under construction and its binary blob."""

    def __init__(self) -> None:
        self._gltf = gltf.GLTF2(asset=gltf.Asset(version="2.0", generator="FaceSDK"))
        self._blob = bytearray()
        self._still: dict[int, int] = {}  # size -> accessor of a target that moves nothing

    def fork(self) -> GlbBuilder:
        """Copy the builder, so that several files start from what this one holds."""
        other = GlbBuilder()
        other._gltf.bufferViews = list(self._gltf.bufferViews)
        other._gltf.accessors = list(self._gltf.accessors)
        other._blob = self._blob.copy()
        return other

    def vertices(self, values: FloatArray, bounds: bool = False) -> int:
        """Add an accessor of (N, 2) or (N, 3) vertex values."""
        view = self._view(np.ascontiguousarray(values, dtype="<f4").tobytes(), gltf.ARRAY_BUFFER)
        kind = gltf.VEC2 if values.shape[1] == 2 else gltf.VEC3
        accessor = gltf.Accessor(bufferView=view, componentType=gltf.FLOAT, count=len(values), type=kind)
        if bounds:
            accessor.min, accessor.max = _bounds(values)
        return self._add(accessor)

    def indices(self, triangles: IntArray) -> int:
        """Add an accessor of triangle corners."""
        flat, component = _compact(triangles.ravel(), int(triangles.max()))
        view = self._view(flat.tobytes(), gltf.ELEMENT_ARRAY_BUFFER)
        return self._add(
            gltf.Accessor(bufferView=view, componentType=component, count=len(flat), type=gltf.SCALAR)
        )

    def target(self, delta: FloatArray, corner: IntArray) -> int:
        """Add a sparse accessor of the displacements of (V, 3) vertices at the N corners that are `corner`.

        A target that moves nothing stores nothing; one accessor stands for all of a size.
        """
        largest = np.max(np.abs(delta), axis=1)
        moved = np.flatnonzero(largest[corner] > MIN_MOVE_M)
        if not len(moved) and len(corner) in self._still:
            return self._still[len(corner)]
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
        self._still[len(corner)] = self._add(accessor)
        return self._still[len(corner)]

    def textured_material(self, name: str, png: bytes) -> int:
        """Add an unlit material: the photo's light is in the texture already."""
        self._gltf.images.append(gltf.Image(bufferView=self._view(png), mimeType="image/png", name=name))
        self._gltf.samplers.append(
            gltf.Sampler(
                magFilter=gltf.LINEAR,
                minFilter=gltf.LINEAR_MIPMAP_LINEAR,
                wrapS=gltf.CLAMP_TO_EDGE,
                wrapT=gltf.CLAMP_TO_EDGE,
            )
        )
        self._gltf.textures.append(gltf.Texture(source=0, sampler=0))
        return self._unlit(name, True, baseColorTexture=gltf.TextureInfo(index=0))

    def colored_material(self, name: str, color: Sequence[float], double_sided: bool) -> int:
        """Add an unlit material of one colour (3,), linear RGB, which the vertices' own colours multiply."""
        return self._unlit(name, double_sided, baseColorFactor=[*color, 1.0])

    def finish(self, mesh: gltf.Mesh) -> bytes:
        """Serialise the file with one scene, one node and one mesh."""
        self._gltf.meshes.append(mesh)
        self._gltf.extensionsUsed = ["KHR_materials_unlit"]
        self._gltf.nodes.append(gltf.Node(mesh=0, name="face"))
        self._gltf.scenes.append(gltf.Scene(nodes=[0]))
        self._gltf.scene = 0
        self._blob.extend(b"\0" * (-len(self._blob) % 4))
        self._gltf.buffers.append(gltf.Buffer(byteLength=len(self._blob)))
        text = self._gltf.gltf_to_json(separators=(",", ":"), indent=None).encode()
        text += b" " * (-len(text) % 4)
        # The container by hand: the library's writer copies every view of the blob once more.
        total = HEADER.size + 2 * CHUNK.size + len(text) + len(self._blob)
        parts = [HEADER.pack(b"glTF", 2, total), CHUNK.pack(len(text), b"JSON"), text]
        return b"".join([*parts, CHUNK.pack(len(self._blob), b"BIN\0"), self._blob])

    def _unlit(self, name: str, double_sided: bool, **surface: Any) -> int:
        rough = gltf.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=1.0, **surface)
        self._gltf.materials.append(
            gltf.Material(
                name=name,
                pbrMetallicRoughness=rough,
                alphaMode=gltf.OPAQUE,
                alphaCutoff=None,
                doubleSided=double_sided,
                extensions={"KHR_materials_unlit": {}},
            )
        )
        return len(self._gltf.materials) - 1

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
