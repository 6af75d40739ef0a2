"""FaceModel: coefficients -> mesh, landmarks, albedo, ARKit expression weights (paper 1, equations 1 to 4).

The mesh is a control mesh (mean + identity + expression) made smooth by one sparse subdivision matrix. A
model without that matrix (BFM) is its own control mesh. Vertices: skin first, then eyes.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from facesdk import manifest, ops
from facesdk.appearance.fit import AppearanceModel, appearance_model
from facesdk.core.arkit import ARKIT_NAMES
from facesdk.errors import AssetError, InvalidArray
from facesdk.morphable.albedo import Albedo
from facesdk.morphable.shape_blocks import pack_shapes
from facesdk.morphable.shape_rows import ByteRows, FloatRows, Shapes, SparseShapes

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]

_REQUIRED = (
    "mean_control_mm", "identity_q", "identity_scale", "exp_ptr", "exp_idx", "exp_val", "triangles",
    "landmark_triangles", "landmark_bary", "albedo_mean_control", "albedo_basis_q", "albedo_scale",
)  # fmt: skip


class FaceModel:
    """A linear face model; the default one is bundled."""

    def __init__(
        self, tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str], name: str
    ) -> None:
        missing = [key for key in _REQUIRED if key not in tensors]
        if missing or "exp_names" not in metadata:
            raise AssetError(f"{name}: not a face model (lacks {', '.join(missing) or 'exp_names'})")
        self.name = name
        self.version = metadata.get("version", "unknown")
        self.origin = metadata.get("origin", "unknown")
        self.exp_names: list[str] = json.loads(metadata["exp_names"])
        self.mean_control_mm: FloatArray = _f32(tensors["mean_control_mm"])
        self.triangles: IntArray = _i32(tensors["triangles"])
        self.landmark_triangles: IntArray = _i32(tensors["landmark_triangles"])
        self.landmark_bary: FloatArray = _f32(tensors["landmark_bary"])
        self.n_id, self.n_exp = len(tensors["identity_scale"]), len(self.exp_names)
        self.n_tex = len(tensors["albedo_scale"])
        self.n_detail = len(tensors.get("detail_scale", ()))
        controls = len(self.mean_control_mm)

        self._identity = _identity_rows(tensors)
        self._expression = SparseShapes(
            tensors["exp_ptr"], tensors["exp_idx"], tensors["exp_val"], len(self.mean_control_mm)
        )
        self._last_identity: tuple[FloatArray, FloatArray | None] | None = None  # coefficients, their mesh

        self._subdivision: tuple[IntArray, IntArray, FloatArray] | None = None
        self.n_verts = controls
        if "sub_ptr" in tensors:
            self._subdivision = (
                _i32(tensors["sub_ptr"]),
                _i32(tensors["sub_idx"]),
                _f32(tensors["sub_weights"][tensors["sub_code"]]),
            )
            self.n_verts = len(tensors["sub_ptr"]) - 1
        self.n_skin_verts = int(metadata.get("n_skin_verts", self.n_verts))
        self.n_skin_triangles = int(metadata.get("n_skin_triangles", len(self.triangles)))

        self._albedo = Albedo(tensors)
        self.uv: FloatArray = _f32(tensors["uv"]) if "uv" in tensors else np.zeros((0, 2), np.float32)
        self.uv_triangles: IntArray = (
            _i32(tensors["uv_triangles"]) if "uv_triangles" in tensors else np.zeros((0, 3), np.int32)
        )
        self.arkit_map: FloatArray | None = None  # (52, n_exp), rows in the order of ARKIT_NAMES
        if "arkit_map" in tensors:
            order = json.loads(metadata.get("arkit_names", "null")) or list(ARKIT_NAMES)
            if sorted(order) != sorted(ARKIT_NAMES) or len(tensors["arkit_map"]) != len(order):
                raise AssetError(f"{name}: its arkit_names are not the 52 names of ARKit")
            self.arkit_map = _f32(tensors["arkit_map"])[[order.index(arkit) for arkit in ARKIT_NAMES]]
        self._check(name)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> FaceModel:
        """The bundled model, or one from a .safetensors file; raises AssetError if missing or damaged."""
        from safetensors import SafetensorError, safe_open

        file = Path(path) if path is not None else manifest.asset_path(manifest.FACE_MODEL)
        try:
            with safe_open(str(file), framework="numpy") as stored:
                metadata = stored.metadata() or {}
                tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise AssetError(f"{file.name}: cannot be read as a face model ({error})") from error
        return cls(tensors, metadata, file.name)

    def decode(self, identity: npt.ArrayLike, expression: npt.ArrayLike, threads: int = 1) -> FloatArray:
        """(V, 3) vertices in the face frame, mm, from (n_id,) and (n_exp,) coefficients (equation 1).

        The mesh of the last identity is kept: over a track, whose identity is steady, a decode is expressions
        and subdivision alone.
        """
        coeffs = _vector("identity", identity, self.n_id)
        weights = _vector("expression", expression, self.n_exp)
        if self._joint and not self._is_last(coeffs):
            # Both at once cost less than one after the other; the identity's own mesh is for those that stay.
            self._last_identity = (coeffs.copy(), None)
            return self._decoder(self.mean_control_mm, np.concatenate([coeffs, weights]), threads=threads)
        return self._decoder(self.identity_mesh(coeffs, threads), self._local(weights), threads=threads)

    def identity_mesh(self, identity: npt.ArrayLike, threads: int = 1) -> FloatArray:
        """(C, 3) control vertices of (n_id,) coefficients without expression, face frame, mm; read-only."""
        coeffs = _vector("identity", identity, self.n_id)
        last = self._last_identity
        # Looked at once: another thread may put another person's in its place.
        if last is not None and last[1] is not None and np.array_equal(last[0], coeffs):
            return last[1]
        if isinstance(self._identity, FloatRows):
            without = np.concatenate([coeffs, np.zeros(self.n_exp, np.float32)])
            mesh = self._decoder(self.mean_control_mm, without, threads=threads)
        else:
            mesh = self._identity.added_to(self.mean_control_mm, coeffs, threads)
        mesh.flags.writeable = False
        self._last_identity = (coeffs.copy(), mesh)
        return mesh

    def _is_last(self, coeffs: FloatArray) -> bool:
        return self._last_identity is not None and np.array_equal(self._last_identity[0], coeffs)

    def _local(self, weights: FloatArray) -> FloatArray:
        """What the decoder's shapes weigh where the identity is in its mesh already."""
        return np.concatenate([np.zeros(self.n_id, np.float32), weights]) if self._joint else weights

    def control_mesh(
        self, identity: npt.ArrayLike, expression: npt.ArrayLike, threads: int = 1
    ) -> FloatArray:
        """(C, 3) control vertices in the face frame, mm: the mesh before subdivision."""
        control = self.identity_mesh(identity, threads)
        weights = _vector("expression", expression, self.n_exp)
        return self._control_decoder(control, self._local(weights), threads=threads)

    def landmarks(self, verts: FloatArray) -> FloatArray:
        """(68, 3) landmarks of a (V, 3) mesh, in the mesh's frame and unit."""
        return ops.mesh_points(verts, self._landmark_corners, self.landmark_bary)

    @functools.cached_property
    def blinks(self) -> list[int] | None:
        """Expressions that shut the person's right and left eye; None where the model has none."""
        names = list(self.exp_names)
        for right, left in (("eyeBlink_R", "eyeBlink_L"), ("eyeBlinkRight", "eyeBlinkLeft")):
            if right in names and left in names:
                return [names.index(right), names.index(left)]
        return None

    @functools.cached_property
    def _landmark_corners(self) -> IntArray:
        return np.ascontiguousarray(self.triangles[self.landmark_triangles])

    def landmarks_of(self, identity: npt.ArrayLike, expression: npt.ArrayLike) -> FloatArray:
        """(68, 3) landmarks in the face frame, mm, straight from the coefficients: no mesh is decoded."""
        mean, bases = self.landmark_bases
        coeffs = self._coefficients(identity, expression)
        return np.asarray(mean + (coeffs @ bases.reshape(len(bases), -1)).reshape(mean.shape))

    @functools.cached_property
    def landmark_bases(self) -> tuple[FloatArray, FloatArray]:
        """Mean (68, 3) and bases (n_id + n_exp, 68, 3) of the landmarks alone, mm."""
        used, weights = self._landmark_controls()
        bases = np.zeros((self.n_id + self.n_exp, len(used), 3), dtype=np.float32)
        bases[: self.n_id] = self._identity.at(used)
        ptr, index, value = self._expression.ptr, self._expression.idx, self._expression.val
        place = np.full(len(self.mean_control_mm), -1)
        place[used] = np.arange(len(used))
        entries = np.flatnonzero(place[index] >= 0)
        shape = np.searchsorted(ptr, entries, side="right") - 1
        bases[self.n_id + shape, place[index[entries]]] = value[entries]
        mean = weights @ self.mean_control_mm[used]
        return mean, np.ascontiguousarray(np.einsum("lc,kcx->klx", weights, bases, optimize=True))

    def _landmark_controls(self) -> tuple[IntArray, FloatArray]:
        """Control vertices (N,) that move a landmark, and their weights (68, N) in each."""
        rows, index, value = [], [], []
        corners = self.triangles[self.landmark_triangles]
        for landmark, (vertices, shares) in enumerate(zip(corners, self.landmark_bary, strict=True)):
            for vertex, share in zip(vertices, shares, strict=True):
                controls, weight = self._controls_of(int(vertex))
                rows.append(np.full(len(controls), landmark))
                index.append(controls)
                value.append(share * weight)
        used, column = np.unique(np.concatenate(index), return_inverse=True)
        weights = np.zeros((len(corners), len(used)), dtype=np.float32)
        np.add.at(weights, (np.concatenate(rows), column), np.concatenate(value))
        return used, weights

    def _controls_of(self, vertex: int) -> tuple[IntArray, FloatArray]:
        """Control vertices and weights that make one dense vertex."""
        if self._subdivision is None:
            return np.array([vertex], dtype=np.int32), np.ones(1, dtype=np.float32)
        ptr, index, value = self._subdivision
        span = slice(int(ptr[vertex]), int(ptr[vertex + 1]))
        return index[span], value[span]

    @functools.cached_property
    def _decoder(self) -> ops.Decoder:
        controls = len(self.mean_control_mm)
        moved: Iterable[FloatArray] = self._expression
        if isinstance(self._identity, FloatRows):
            moved = Shapes(self._identity, self._expression)
        return ops.Decoder(controls, pack_shapes(moved, controls), self._subdivision)

    @property
    def _joint(self) -> bool:
        """Whether the decoder has the identities too, before the expressions."""
        return isinstance(self._identity, FloatRows)

    @functools.cached_property
    def _control_decoder(self) -> ops.Decoder:
        return ops.Decoder(len(self.mean_control_mm), self._decoder.shapes)

    def albedo(self, coefficients: npt.ArrayLike, detail: npt.ArrayLike | None = None) -> FloatArray:
        """(V, 3) RGB albedo, not clipped, from (n_tex,) coefficients (equation 2) and (n_detail,) detail."""
        beta = _vector("albedo coefficients", coefficients, self.n_tex)
        none = np.zeros(self.n_detail, np.float32)
        fine = none if detail is None else _vector("albedo detail", detail, self.n_detail)
        return self.subdivide(self._albedo.control(beta, fine))

    def albedo_at(self, vertices: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Mean albedo (M, 3) and its directions (n_tex + n_detail, M, 3) at M vertices of the dense mesh."""
        directions = self._albedo.directions()
        if self._subdivision is None:
            return self._albedo.mean[vertices], directions[:, vertices]
        ptr, idx, val = self._subdivision
        counts = np.diff(ptr)[vertices]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        entries = np.arange(counts.sum()) - np.repeat(starts - ptr[vertices], counts)
        weights, controls = val[entries, None], idx[entries]
        mean = np.add.reduceat(self._albedo.mean[controls] * weights, starts, axis=0)
        return mean, np.stack(
            [np.add.reduceat(one[controls] * weights, starts, axis=0) for one in directions]
        )

    def face_proper(self) -> npt.NDArray[np.intp]:
        """Vertices of the dense mesh at control vertices of the face, without neck, ears and crown."""
        return self._albedo.proper

    def rest_of_head(self) -> npt.NDArray[np.intp]:
        """Vertices of the dense mesh at the other control vertices of the skin."""
        return np.setdiff1d(np.arange(min(len(self.mean_control_mm), self.n_skin_verts)), self.face_proper())

    def subdivide(self, control: FloatArray) -> FloatArray:
        """(C, 3) values on the control mesh -> (V, 3) on the dense one."""
        if self._subdivision is None:
            return control
        return self._decoder.subdivide(control)

    def arkit(self, expression: npt.ArrayLike) -> dict[str, float]:
        """52 ARKit names -> 0..1 from (n_exp,) weights; tongueOut is always 0: no shape shows the tongue."""
        if self.arkit_map is None:
            return {}
        weights = self.arkit_map @ _vector("expression", expression, self.n_exp)
        return {name: float(w) for name, w in zip(ARKIT_NAMES, np.clip(weights, 0.0, 1.0), strict=True)}

    def expression_from_arkit(self, weights: Mapping[str, float]) -> FloatArray:
        """(n_exp,) weights from ARKit names -> 0..1; names left out are 0, others raise InvalidArray."""
        if self.arkit_map is None:
            raise InvalidArray(
                f"expression: {self.name} has no ARKit names, expected ({self.n_exp},) weights"
            )
        unknown = [name for name in weights if name not in ARKIT_NAMES]
        if unknown:
            raise InvalidArray(f"expression: unknown name {unknown[0]!r}, expected one of the 52 ARKit names")
        result = np.zeros(self.n_exp, dtype=np.float32)
        for name, weight in weights.items():
            # browInnerUp and cheekPuff each stand for a left and a right shape.
            result[self.arkit_map[ARKIT_NAMES.index(name)] > 0] = weight
        return result

    def arkit_shapes(self) -> FloatArray:
        """(52, C, 3) displacements in mm of the ARKit shapes on the control mesh; zeros for tongueOut."""
        if self.arkit_map is None:
            return np.zeros((0, len(self.mean_control_mm), 3), dtype=np.float32)
        used = (self.arkit_map > 0).astype(np.float32)
        shapes = np.stack([shape.copy() for shape in self._expression])
        return np.asarray(np.tensordot(used, shapes, axes=1), dtype=np.float32)

    @functools.cached_property
    def appearance(self) -> AppearanceModel:
        """The albedo model at the vertices that a photo is looked at in."""
        return appearance_model(self)

    def _coefficients(self, identity: npt.ArrayLike, expression: npt.ArrayLike) -> FloatArray:
        return np.concatenate(
            [_vector("identity", identity, self.n_id), _vector("expression", expression, self.n_exp)]
        )

    def _check(self, name: str) -> None:
        """Sizes and index ranges that a damaged file would break later, far from its name."""
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
            and 0 <= self.landmark_triangles.min() <= self.landmark_triangles.max() < len(self.triangles)
            and self.uv_triangles.shape in (self.triangles.shape, (0, 3))
            and (self.arkit_map is None or self.arkit_map.shape == (len(ARKIT_NAMES), self.n_exp))
        )
        if not ok:
            raise AssetError(f"{name}: sizes of its tensors do not agree; the file is damaged")


def _identity_rows(tensors: Mapping[str, npt.NDArray[Any]]) -> ByteRows | FloatRows:
    """The identity shapes, in the form in which the file has them."""
    rows, scale = tensors["identity_q"], _f32(tensors["identity_scale"])
    if rows.dtype != np.int8:
        return FloatRows(rows, scale)
    none = np.zeros((0, *rows.shape[1:]), dtype=np.int8)
    return ByteRows(rows, tensors.get("identity_low_q", none), scale)


def _vector(name: str, values: npt.ArrayLike, length: int) -> FloatArray:
    vector = np.asarray(values, dtype=np.float32)
    if vector.shape != (length,):
        raise InvalidArray(f"{name}: got shape {vector.shape}, expected ({length},)")
    return vector


def _f32(array: npt.NDArray[Any]) -> FloatArray:
    return np.ascontiguousarray(array, dtype=np.float32)


def _i32(array: npt.NDArray[Any]) -> IntArray:
    return cast(IntArray, np.ascontiguousarray(array, dtype=np.int32))
