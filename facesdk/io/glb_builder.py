"""Collects arrays into one GLB: a binary blob with its views and accessors (pygltflib)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pygltflib as gltf

from facesdk.core.arrays import FloatArray, IntArray

MIN_MOVE_M = 5e-5  # displacements of a morph target below this are stored as none


class GlbBuilder:
    """A glTF document under construction and its binary blob."""

    def __init__(self) -> None:
        self._gltf = gltf.GLTF2(asset=gltf.Asset(version="2.0", generator="FaceSDK"))
        self._blob = bytearray()

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

        A target that moves nothing stores nothing.
        """
        largest = np.max(np.abs(delta), axis=1)
        moved = np.flatnonzero(largest[corner] > MIN_MOVE_M)
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
        """Add an unlit material: the photo's light is in the texture already."""
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
        """Serialise the file with one scene, one node and one mesh."""
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
