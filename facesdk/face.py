"""One reconstructed face: data of the engine, and views of it that rendering, appearance and io compute."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.core.appearance import MAX_ALBEDO, Appearance
from facesdk.core.arrays import BoolArray, FloatArray, IntArray, Picture
from facesdk.core.occlusion import Occlusion
from facesdk.core.pose import Pose
from facesdk.core.quality import Quality
from facesdk.frame_fields import FACE, read_on_first_use
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.pictures import depth_map, draw_shaded, normal_map
from facesdk.rendering.posed_mesh import ColoredMesh, PosedMesh
from facesdk.rendering.render import Rendering
from facesdk.visibility import FaceVisibility

if TYPE_CHECKING:
    from facesdk.appearance.texture import Texture
    from facesdk.io.export_mesh import ExportMesh
    from facesdk.rendering.overlay import DrawnFace


@read_on_first_use(FACE)
@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Face:
    """One reconstructed face; views are computed, and the engine's fields read, on first use and kept."""

    pose: Pose
    identity: FloatArray  # (n_id,) coefficients, about N(0, 1) each
    expression_weights: FloatArray  # (n_exp,) of the face model's own shapes, 0..1
    predicted_appearance: Appearance  # albedo and light as the network predicts them
    verts_face_mm: FloatArray  # (V, 3), face frame, with this photo's expression
    landmarks_px: FloatArray  # (68, 2), px of the input picture
    box_xyxy_px: FloatArray  # (4,)
    score: float  # of the detection, 0..1
    quality: Quality
    model: FaceModel
    image: Picture  # the photo, (H, W, 3) uint8 RGB
    landmark_error_px: FloatArray | None = None  # (68,) expected error of each landmark
    occlusion: Occlusion | None = None  # what covers the face; None with Options(deocclude="off")
    track: int | None = None  # number of the face in a video, the same from frame to frame
    threads: int = 1
    fitted_appearance: Appearance | None = None  # what fit_appearance() found in the photo's pixels

    @functools.cached_property
    def posed_mesh(self) -> PosedMesh:
        """The mesh in the photo's camera: what rendering and appearance take."""
        pose = self.pose
        return PosedMesh(
            self.verts_face_mm, self.triangles, pose.matrix, pose.translation_mm, pose.intrinsics,
            self.image.shape[1], self.image.shape[0], self.threads,
        )  # fmt: skip

    @property
    def triangles(self) -> IntArray:
        """(T, 3) int32, counter-clockwise seen from outside."""
        return self.model.triangles

    @property
    def verts_camera_mm(self) -> FloatArray:
        """(V, 3) vertices, camera frame."""
        return self.posed_mesh.verts_camera_mm

    @property
    def normals_camera(self) -> FloatArray:
        """(V, 3) unit normals, camera frame."""
        return self.posed_mesh.normals_camera

    @property
    def visible(self) -> BoolArray:
        """(V,) whether the camera sees each vertex: the rest of the head does not hide it."""
        return self.posed_mesh.visible

    @functools.cached_property
    def visibility(self) -> FaceVisibility:
        """Which vertices, landmarks and expressions the picture shows, and which are inferred."""
        return FaceVisibility(self.occlusion, self.posed_mesh, self.model)

    @property
    def occluded_share(self) -> float | None:
        """Share of the face's outline that something covers, 0..1; None where it was not measured."""
        return None if self.occlusion is None else self.occlusion.share

    @functools.cached_property
    def occlusion_mask(self) -> BoolArray | None:
        """(H, W) whether a pixel of the face's outline shows a cover; None where it was not measured."""
        return None if self.occlusion is None else self.occlusion.mask(*self.image.shape[:2])

    @functools.cached_property
    def completed_image(self) -> Picture | None:
        """(H, W, 3) uint8 RGB, the picture with a guess of what its cover hides; None where not measured."""
        return None if self.occlusion is None else self.occlusion.complete(self.image)[0]

    @functools.cached_property
    def generated_mask(self) -> BoolArray | None:
        """(H, W) which pixels of `completed_image` are a guess; None where not measured."""
        return None if self.occlusion is None else self.occlusion.complete(self.image)[1]

    @property
    def rendering(self) -> Rendering:
        """Depth, triangle indices and barycentrics in the window of the picture that the face touches."""
        return self.posed_mesh.rendering

    @functools.cached_property
    def landmarks_camera_mm(self) -> FloatArray:
        """(68, 3) landmarks, camera frame."""
        landmarks = self.model.landmarks(self.verts_face_mm)
        return ops.transform(landmarks, self.pose.matrix, self.pose.translation_mm)

    @functools.cached_property
    def expression(self) -> dict[str, float]:
        """52 ARKit names -> 0..1; tongueOut is always 0."""
        return self.model.arkit(self.expression_weights)

    @property
    def appearance(self) -> Appearance:
        """Albedo and light: fitted to the photo after fit_appearance(), else the network's prediction."""
        fitted = self.fitted_appearance
        return self.predicted_appearance if fitted is None else fitted

    def fit_appearance(self) -> Appearance:
        """Fit albedo and light to the photo's pixels, once, in place (some 0.7 s).

        Albedo, light, texture, renderings and the identity code are then those of the fit.
        """
        if self.fitted_appearance is None:
            from facesdk.appearance.fit import fit_model_appearance

            self.fitted_appearance = fit_model_appearance(
                self.model, self.posed_mesh, self.image, self.landmarks_px, self.predicted_appearance,
                self._skin_shown,
            )  # fmt: skip
            for view in ("albedo", "texture", "export_mesh"):
                self.__dict__.pop(view, None)
        return self.fitted_appearance

    @property
    def albedo_coefficients(self) -> FloatArray:
        """(n_tex,), about N(0, 1) each."""
        return self.appearance.albedo

    @property
    def albedo_detail(self) -> FloatArray:
        """(n_detail,) of the directions that only a photo's pixels determine; zeros without a fit."""
        return self.appearance.detail

    @property
    def sh(self) -> FloatArray:
        """(9, 3) light, RGB (paper 1, equation 6)."""
        return self.appearance.sh

    @functools.cached_property
    def albedo(self) -> FloatArray:
        """(V, 3) RGB, 1 for white: the skin's colour without the light; what shines may be over 1."""
        albedo = self.model.albedo(self.albedo_coefficients, self.albedo_detail)
        return np.clip(albedo, 0.0, MAX_ALBEDO)

    @property
    def identity_code(self) -> FloatArray:
        """(128,) of length one: identity embedding of shape and albedo (facesdk/appearance/identity.py).

        The inner product of two is their similarity. It was learned on fitted albedo: call fit_appearance()
        first where accuracy matters.
        """
        from facesdk.appearance import identity  # slow to read; few callers want it

        return identity.bundled()(self.identity, self.appearance)

    def neutral(self) -> FloatArray:
        """(V, 3) vertices in the face frame, mm, without expression."""
        return self.with_expression(np.zeros(self.model.n_exp, dtype=np.float32))

    def with_expression(self, weights: Mapping[str, float] | npt.ArrayLike) -> FloatArray:
        """Decode this person's mesh with another expression.

        Args:
            weights: ARKit names -> 0..1 (names left out are 0), or (n_exp,) of the model's own shapes.

        Returns:
            (V, 3) float32, face frame, mm.

        Raises:
            InvalidArray: an unknown name, or another number of weights.
        """
        if isinstance(weights, Mapping):
            weights = self.model.expression_from_arkit(weights)
        return self.model.decode(self.identity, weights, threads=self.threads)

    def depth_mm(self) -> FloatArray:
        """(H, W) depth along the camera's axis in mm, 0 where the face is not."""
        return depth_map(self.posed_mesh)

    def normal_map(self) -> FloatArray:
        """(H, W, 3) unit normals, camera frame, 0 where the face is not."""
        return normal_map(self.posed_mesh)

    def render(self, background: Picture | None = None) -> Picture:
        """(H, W, 3) uint8 RGB: albedo under the light, on black or on the given picture of the same size."""
        canvas = np.zeros_like(self.image) if background is None else background.copy()
        colored = self.colored_mesh()
        mesh = self.posed_mesh.with_mesh(colored.verts_face_mm, colored.triangles)
        draw_shaded(mesh, colored.albedo, self.sh, canvas)
        return canvas

    @functools.cached_property
    def interior_verts_face_mm(self) -> FloatArray:
        """(M, 3) mouth interior and shelves behind the lids, face frame; none for a model of your own.

        They are drawn and written with the mesh, but are no part of its arrays; `model.interior` has their
        triangles and parts.
        """
        return self.model.interior.verts(self.identity, self.expression_weights, self.verts_face_mm)

    def colored_mesh(self) -> ColoredMesh:
        """What is drawn: the mesh, and appended to it the interior, with their albedo."""
        interior = self.model.interior
        inside = ColoredMesh(self.interior_verts_face_mm, interior.triangles, interior.albedo(self.sh))
        return ColoredMesh(self.verts_face_mm, self.triangles, self.albedo).joined(inside)

    @functools.cached_property
    def texture(self) -> Texture:
        """UV texture: the photo where it shows the face, else its mirrored side, else the lit albedo."""
        from facesdk.appearance.texture import bake

        return bake(self.posed_mesh, self.image, self.model, self.albedo, self.sh, self._skin_shown)

    @functools.cached_property
    def _skin_shown(self) -> FloatArray | None:
        """(V,) 0..1, how much of a vertex's skin the photo shows; None where its cover was not measured."""
        from facesdk.appearance.cover import skin_shown

        return None if self.occlusion is None else skin_shown(self.occlusion, self.posed_mesh)

    def drawn(self) -> DrawnFace:
        """What overlays draw of the face."""
        from facesdk.rendering.overlay import DrawnFace

        return DrawnFace(self.posed_mesh, self.landmarks_px, self.colored_mesh, lambda: self.sh)

    def overlay(self, layers: str | Sequence[str] = ("mesh", "landmarks")) -> Picture:
        """(H, W, 3) uint8 RGB: the photo with this face alone drawn over it; layers as Result.overlay's."""
        from facesdk.rendering.overlay import overlay

        return overlay(self.image, [self.drawn()], layers)

    def plot(self) -> Picture:
        """One sheet of this face alone, uint8 RGB."""
        from facesdk.rendering.overlay import contact_sheet

        return contact_sheet(self.image, [self.drawn()])

    @functools.cached_property
    def export_mesh(self) -> ExportMesh:
        """The mesh as the file writers take it."""
        from facesdk.mesh_files import export_mesh

        return export_mesh(
            self.model, self.posed_mesh, self.identity, tuple(self.expression.values()),
            self.texture.image if len(self.model.uv_triangles) else None, self.albedo, self.sh,
            self.interior_verts_face_mm,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The face as plain numbers, for JSON; lengths in mm, places in px."""
        from facesdk.io.record import face_record

        return face_record(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write .glb, .obj (with .mtl and .png), .ply or .json, by the name's ending.

        Raises:
            InvalidOptions: another ending.
            FaceSDKError: the file cannot be written.
        """
        from facesdk.io.formats import save_face

        save_face(Path(path), lambda: self.export_mesh, self.to_dict)

    def __repr__(self) -> str:
        from facesdk.io.record import face_line

        return face_line(self)
