"""FaceModel: coefficients -> mesh, landmarks, albedo, ARKit expression weights (paper 1, equations 1 to 4).

The mesh is a control mesh (mean + identity + expression) made smooth by one sparse subdivision matrix. A
model without that matrix (BFM) is its own control mesh. Vertices: skin first, then eyes.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import manifest, ops
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.core.arrays import FloatArray, IntArray, as_float32, as_int32
from facesdk.errors import AssetError, InvalidArray
from facesdk.morphable.albedo import Albedo
from facesdk.morphable.arkit_map import named_weights, shape_weights, stored_arkit_map
from facesdk.morphable.control_level import Tensors, control_level
from facesdk.morphable.interior import Interior, interior_of
from facesdk.morphable.mirror import mirrored_vertices
from facesdk.morphable.model_file import check_complete, read_model_file
from facesdk.morphable.packing import PACKED, packed_tensors
from facesdk.morphable.shape_decoder import ShapeDecoder
from facesdk.morphable.shape_rows import FloatRows, SparseShapes, stored_identity
from facesdk.morphable.subdivision import Subdivision, stored_subdivision


class FaceModel:
    """A linear face model; the default one is bundled."""

    def __init__(self, tensors: Tensors, metadata: Mapping[str, str], name: str, mesh: str = "full") -> None:
        given = tensors, metadata
        check_complete(tensors, metadata, name)
        self.name = name
        self.version = metadata.get("version", "unknown")
        self.origin = metadata.get("origin", "unknown")
        self.exp_names: list[str] = json.loads(metadata["exp_names"])
        self.mean_control_mm: FloatArray = as_float32(tensors["mean_control_mm"])
        self.triangles: IntArray = as_int32(tensors["triangles"])
        self.landmark_triangles: IntArray = as_int32(tensors["landmark_triangles"])
        self.landmark_bary: FloatArray = as_float32(tensors["landmark_bary"])
        self.n_id, self.n_exp = len(tensors["identity_scale"]), len(self.exp_names)
        self.n_tex = len(tensors["albedo_scale"])
        self.n_detail = len(tensors.get("detail_scale", ()))
        controls = len(self.mean_control_mm)

        self._identity = stored_identity(tensors)
        self._expression = SparseShapes(
            tensors["exp_ptr"], tensors["exp_idx"], tensors["exp_val"], len(self.mean_control_mm)
        )
        self._subdivision = stored_subdivision(tensors)
        self._surface: Subdivision | None = None  # of a control mesh: its landmarks lie on the smooth one
        if mesh == "control" and self._subdivision is not None:
            self._surface, self._subdivision = self._subdivision, None
            tensors, metadata = control_level(tensors, metadata)
            self.triangles = as_int32(tensors["triangles"])
        self.n_verts = controls if self._subdivision is None else len(self._subdivision.ptr) - 1
        self.n_skin_verts = int(metadata.get("n_skin_verts", self.n_verts))
        self.n_skin_triangles = int(metadata.get("n_skin_triangles", len(self.triangles)))

        self._albedo = Albedo(tensors)
        self.uv: FloatArray = as_float32(tensors["uv"]) if "uv" in tensors else np.zeros((0, 2), np.float32)
        self.uv_triangles: IntArray = (
            as_int32(tensors["uv_triangles"]) if "uv_triangles" in tensors else np.zeros((0, 3), np.int32)
        )
        self._mirror_control: IntArray = as_int32(tensors.get("mirror_control", np.zeros(0)))
        self.arkit_map = stored_arkit_map(tensors, metadata, name)  # (52, n_exp); None: no ARKit names
        self._check(name)

        packed = tensors if all(key in tensors for key in PACKED) else packed_tensors(tensors)
        shapes = [np.ascontiguousarray(packed[key]) for key in PACKED[:4]]
        self.landmark_mean_mm: FloatArray = as_float32(packed["landmark_mean"])
        self._landmark_bases: FloatArray = as_float32(packed["landmark_bases"])
        self.landmark_corners: IntArray = as_int32(packed["landmark_corners"])
        self._decoder = self._make_decoder(ops.ShapeBlocks(*shapes), name)
        self._recipe: tuple[Any, ...] = (type(self), (*given, name, mesh))  # for pickling

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None, mesh: str = "full") -> FaceModel:
        """Load the bundled model, or one from a .safetensors file.

        Args:
            path: None for the bundled one.
            mesh: "full", or "control" for the mesh before subdivision, without texture coordinates.

        Raises:
            AssetError: the file is missing or damaged.
        """
        file = Path(path) if path is not None else manifest.asset_path(manifest.FACE_MODEL)
        tensors, metadata = read_model_file(file)
        model = cls(tensors, metadata, file.name, mesh)
        model._recipe = (_loaded, (None if path is None else file.resolve(), mesh))
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the file that the model came from, or as its tensors where it came from none."""
        return self._recipe

    def __copy__(self) -> FaceModel:
        """The model itself: it does not change."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FaceModel:
        """The model itself: it does not change."""
        return self

    def __repr__(self) -> str:
        sizes = f"{self.n_id}/{self.n_tex}/{self.n_exp} identity/albedo/expression"
        return f"FaceModel({self.name!r}, version {self.version}, {self.n_verts} vertices, {sizes})"

    @functools.cached_property
    def mirror(self) -> IntArray:
        """(V,) the mirror image of each vertex; none where the model does not store it."""
        return mirrored_vertices(self._subdivision, self._mirror_control)

    def decode(self, identity: npt.ArrayLike, expression: npt.ArrayLike, threads: int = 1) -> FloatArray:
        """Decode coefficients to a mesh (paper 1, equation 1).

        The mesh of the last identity is kept, so that one that comes again costs expressions alone.

        Args:
            identity: (n_id,).
            expression: (n_exp,).
            threads: CPU threads.

        Returns:
            (V, 3) float32 mm, face frame.

        Raises:
            InvalidArray: another number of coefficients.
        """
        return self._decoder.decode(*self._split(identity, expression), threads)

    def identity_mesh(self, identity: npt.ArrayLike, threads: int = 1) -> FloatArray:
        """Decode (n_id,) coefficients to (C, 3) control vertices, face frame, mm; read-only."""
        return self._decoder.identity_mesh(_vector("identity", identity, self.n_id), self.n_exp, threads)

    def control_mesh(
        self, identity: npt.ArrayLike, expression: npt.ArrayLike, threads: int = 1
    ) -> FloatArray:
        """Decode coefficients to (C, 3) control vertices, face frame, mm: the mesh before subdivision."""
        return self._decoder.control_mesh(*self._split(identity, expression), threads)

    def landmarks(self, verts: FloatArray) -> FloatArray:
        """Interpolate the (68, 3) landmarks of a (V, 3) mesh, in its frame and unit."""
        if self._surface is None:
            return ops.mesh_points(verts, self.landmark_corners, self.landmark_bary)
        corners = self._surface.at(self.landmark_corners.ravel().astype(np.intp), verts).reshape(68, 3, 3)
        return np.asarray((corners * self.landmark_bary[:, :, None]).sum(axis=1), np.float32)

    @functools.cached_property
    def interior(self) -> Interior:
        """What lies behind lips and lids; empty for a model without the bundled one's rims."""
        return interior_of(self.mean_control_mm, self.n_id + self.n_exp, self.n_verts)

    @functools.cached_property
    def blinks(self) -> list[int] | None:
        """Indices of the expressions that shut the person's right and left eye; None without such."""
        names = list(self.exp_names)
        for right, left in (("eyeBlink_R", "eyeBlink_L"), ("eyeBlinkRight", "eyeBlinkLeft")):
            if right in names and left in names:
                return [names.index(right), names.index(left)]
        return None

    def landmarks_of(self, identity: npt.ArrayLike, expression: npt.ArrayLike) -> FloatArray:
        """Decode the (68, 3) landmarks alone, face frame, mm, from (n_id,) and (n_exp,) coefficients."""
        mean, bases = self.landmark_bases
        coeffs = np.concatenate(self._split(identity, expression))
        return np.asarray(mean + (coeffs @ bases.reshape(len(bases), -1)).reshape(mean.shape))

    def _make_decoder(self, shapes: ops.ShapeBlocks, name: str) -> ShapeDecoder:
        """The decoder of the packed shapes; raises AssetError where a packed tensor does not fit."""
        moved = self.n_exp + (self.n_id if isinstance(self._identity, FloatRows) else 0)
        ok = (
            int(shapes.row.max(initial=0)) < moved
            and self.landmark_mean_mm.shape == (68, 3)
            and self._landmark_bases.shape == (self.n_id + self.n_exp, 68, 3)
            and self.landmark_corners.shape == (68, 3)
            and 0 <= self.landmark_corners.min() <= self.landmark_corners.max() < self._n_surface_verts()
        )
        try:
            if ok:
                return ShapeDecoder(self.mean_control_mm, self._identity, shapes, self._subdivision)
        except InvalidArray as error:
            raise AssetError(f"{name}: its packed shapes are damaged ({error})") from error
        raise AssetError(f"{name}: its packed tensors do not fit its shapes; the file is damaged")

    @property
    def landmark_bases(self) -> tuple[FloatArray, FloatArray]:
        """Mean (68, 3) mm and bases (n_id + n_exp, 68, 3) mm per unit of the landmarks, face frame."""
        return self.landmark_mean_mm, self._landmark_bases

    def albedo(self, coefficients: npt.ArrayLike, detail: npt.ArrayLike | None = None) -> FloatArray:
        """Decode albedo (paper 1, equation 2).

        Args:
            coefficients: (n_tex,).
            detail: (n_detail,); None: zeros.

        Returns:
            (V, 3) float32 RGB, 1 for white, not clipped.
        """
        beta = _vector("albedo coefficients", coefficients, self.n_tex)
        none = np.zeros(self.n_detail, np.float32)
        fine = none if detail is None else _vector("albedo detail", detail, self.n_detail)
        return self.subdivide(self._albedo.control(beta, fine))

    def albedo_at(self, vertices: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Mean albedo (M, 3) and its directions (n_tex + n_detail, M, 3) at M vertices of the dense mesh."""
        directions = self._albedo.directions()
        if self._subdivision is None:
            return self._albedo.mean[vertices], directions[:, vertices]
        mean = self._subdivision.at(vertices, self._albedo.mean)
        return mean, np.stack([self._subdivision.at(vertices, one) for one in directions])

    def face_proper(self) -> npt.NDArray[np.intp]:
        """Vertices of the dense mesh at control vertices of the face, without neck, ears and crown."""
        return self._albedo.proper

    def rest_of_head(self) -> npt.NDArray[np.intp]:
        """Vertices of the dense mesh at the other control vertices of the skin."""
        return np.setdiff1d(np.arange(min(len(self.mean_control_mm), self.n_skin_verts)), self.face_proper())

    def subdivide(self, control: FloatArray) -> FloatArray:
        """Subdivide values (C, 3) on the control mesh, any unit, to (V, 3)."""
        return self._decoder.subdivide(control)

    def arkit(self, expression: npt.ArrayLike) -> dict[str, float]:
        """Name expression weights (n_exp,): 52 ARKit names -> 0..1; tongueOut is always 0."""
        if self.arkit_map is None:
            return {}
        return named_weights(self.arkit_map, _vector("expression", expression, self.n_exp))

    def expression_from_arkit(self, weights: Mapping[str, float]) -> FloatArray:
        """Convert ARKit names -> 0..1 to (n_exp,) weights; names left out are 0.

        Raises:
            InvalidArray: a name is not ARKit's, or the model has no ARKit names.
        """
        if self.arkit_map is None:
            raise InvalidArray(
                f"expression: {self.name} has no ARKit names, expected ({self.n_exp},) weights"
            )
        return shape_weights(self.arkit_map, weights)

    def arkit_shapes(self) -> FloatArray:
        """Displacements (52, C, 3) in mm of the ARKit shapes on the control mesh; zeros for tongueOut."""
        if self.arkit_map is None:
            return np.zeros((0, len(self.mean_control_mm), 3), dtype=np.float32)
        shapes = np.stack([shape.copy() for shape in self._expression])
        return np.asarray(np.tensordot(self.arkit_map > 0, shapes, axes=1), dtype=np.float32)

    def _n_surface_verts(self) -> int:
        """Vertices of the mesh on which the landmarks lie."""
        return self.n_verts if self._surface is None else len(self._surface.ptr) - 1

    def _split(self, identity: npt.ArrayLike, expression: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Both as float32 vectors of the model's sizes."""
        return _vector("identity", identity, self.n_id), _vector("expression", expression, self.n_exp)

    def _check(self, name: str) -> None:
        """Check sizes and index ranges; a damaged file would else fail later, far from its name."""
        controls, limit = len(self.mean_control_mm), self.n_verts
        ok = (
            self._identity.fits(self.n_id, controls)
            and len(self._expression) == self.n_exp
            and int(self._expression.idx.max(initial=0)) < controls
            and self._albedo.mean.shape == (controls, 3)
            and self._albedo.fits
            and self.triangles.ndim == 2
            and 0 <= self.triangles.min() <= self.triangles.max() < limit
            and self.landmark_bary.shape == (68, 3)
            and self.landmark_triangles.min() >= 0
            and (self._surface is not None or self.landmark_triangles.max() < len(self.triangles))
            and self.uv_triangles.shape in (self.triangles.shape, (0, 3))
            and (self.arkit_map is None or self.arkit_map.shape == (len(ARKIT_NAMES), self.n_exp))
        )
        if not ok:
            raise AssetError(f"{name}: sizes of its tensors do not agree; the file is damaged")


@functools.lru_cache(maxsize=4)
def _loaded(path: Path | None, mesh: str) -> FaceModel:
    """The model of a file, once per process: unpickled faces share it."""
    return FaceModel.load(path, mesh)


def _vector(name: str, values: npt.ArrayLike, length: int) -> FloatArray:
    vector = np.asarray(values, dtype=np.float32)
    if vector.shape != (length,):
        raise InvalidArray(f"{name}: got shape {vector.shape}, expected ({length},)")
    return vector
