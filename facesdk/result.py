"""What a reconstruction returns: Result, Face, Pose, Quality."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.appearance.fit import BRIGHTEST, Appearance, fit_appearance
from facesdk.camera import euler_from_rotation, quaternion_from_rotation
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.render import Rendering, rasterize_window, render, visible_vertices

if TYPE_CHECKING:
    from facesdk.appearance.texture import Texture

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]
Picture = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Quality:
    """How far to trust a face."""

    score: float  # 0..1
    reasons: tuple[str, ...]  # small, blurred, extreme yaw, cut by the border, low detector score


@dataclasses.dataclass(frozen=True)
class Pose:
    """Face frame -> camera frame (equation 5), and the camera. Angles: see facesdk/camera.py."""

    matrix: FloatArray  # (3, 3) rotation; diag(1, -1, -1) for a frontal face
    translation_mm: FloatArray  # (3,)
    intrinsics: FloatArray  # (3, 3), px
    metric: (
        bool  # True if the intrinsics are the user's: then mm are true up to the size of this person's face
    )

    @property
    def yaw_deg(self) -> float:
        """Positive: the nose points to the picture's right."""
        return euler_from_rotation(self.matrix)[0]

    @property
    def pitch_deg(self) -> float:
        """Positive: the nose points up."""
        return euler_from_rotation(self.matrix)[1]

    @property
    def roll_deg(self) -> float:
        """Positive: the top of the head leans to the picture's right."""
        return euler_from_rotation(self.matrix)[2]

    @property
    def quaternion_xyzw(self) -> FloatArray:
        """(4,) the same rotation as a unit quaternion."""
        return quaternion_from_rotation(self.matrix)


@dataclasses.dataclass(eq=False)
class Face:
    """One reconstructed face. Arrays that few callers want are computed when first asked for."""

    pose: Pose
    identity: FloatArray  # (n_id,) coefficients, about N(0, 1) each
    expression_weights: FloatArray  # (n_exp,) of the face model's own shapes, 0..1
    seen: Appearance = dataclasses.field(repr=False)  # albedo and light as the network says them
    verts_face_mm: FloatArray  # (V, 3), with this photo's expression
    box_xyxy_px: FloatArray  # (4,) from the detector
    score: float  # of the detector, 0..1
    quality: Quality
    model: FaceModel = dataclasses.field(repr=False)
    image: Picture = dataclasses.field(repr=False)  # the photo, (H, W, 3) RGB
    landmark_error_px: FloatArray | None = None  # (68,) error to be expected of each landmark
    threads: int = dataclasses.field(default=1, repr=False)
    track: int | None = None  # number of the face in a video, the same from frame to frame

    @property
    def triangles(self) -> IntArray:
        """(T, 3) int32, counter-clockwise from outside."""
        return self.model.triangles

    @functools.cached_property
    def verts_camera_mm(self) -> FloatArray:
        """(V, 3) vertices in the camera frame."""
        return ops.transform(self.verts_face_mm, self.pose.matrix, self.pose.translation_mm)

    @functools.cached_property
    def normals_camera(self) -> FloatArray:
        """(V, 3) unit normals in the camera frame."""
        return ops.normals(self.verts_camera_mm, self.triangles)

    @functools.cached_property
    def visible(self) -> npt.NDArray[np.bool_]:
        """(V,) whether the camera sees each vertex: the rest of the head does not hide it."""
        return visible_vertices(self.verts_camera_mm, self.normals_camera, self.triangles)

    @functools.cached_property
    def landmarks_camera_mm(self) -> FloatArray:
        """(68, 3) landmarks in the camera frame."""
        landmarks = self.model.landmarks(self.verts_face_mm)
        return ops.transform(landmarks, self.pose.matrix, self.pose.translation_mm)

    @functools.cached_property
    def landmarks_px(self) -> FloatArray:
        """(68, 2) landmarks in pixels of the input picture."""
        return np.ascontiguousarray(ops.project(self.landmarks_camera_mm, self.pose.intrinsics)[:, :2])

    @functools.cached_property
    def expression(self) -> dict[str, float]:
        """52 ARKit names -> 0..1; tongueOut is always 0."""
        return self.model.arkit(self.expression_weights)

    @functools.cached_property
    def appearance(self) -> Appearance:
        """Albedo and light: fitted to the photo; in a video, which has no time for that, the network's."""
        if self.track is not None:
            return self.seen
        return fit_appearance(self, self.model.appearance, self.seen)

    @property
    def albedo_coefficients(self) -> FloatArray:
        """(n_tex,), about N(0, 1) each."""
        return self.appearance.albedo

    @property
    def albedo_detail(self) -> FloatArray:
        """(n_detail,) of the directions that only a photo's pixels can tell; zeros in a video."""
        return self.appearance.detail

    @property
    def sh(self) -> FloatArray:
        """(9, 3) light, RGB (equation 6)."""
        return self.appearance.sh

    @functools.cached_property
    def albedo(self) -> FloatArray:
        """(V, 3) RGB, 1 for white: the skin's colour without the light; what shines may be over 1."""
        albedo = self.model.albedo(self.albedo_coefficients, self.albedo_detail)
        return np.clip(albedo, 0.0, BRIGHTEST)

    @functools.cached_property
    def identity_code(self) -> FloatArray:
        """(128,) of length one: who it is, by shape and albedo alone (facesdk/appearance/identity.py).

        The inner product of two says how much two faces are alike. Albedo is fitted to the photo, in a video
        too.
        """
        from facesdk.appearance import identity  # slow to read; few callers want it

        appearance = self.appearance
        if self.track is not None:
            appearance = fit_appearance(self, self.model.appearance, self.seen)
        return identity.bundled()(self.identity, appearance)

    def neutral(self) -> FloatArray:
        """(V, 3) vertices in the face frame, mm, without expression."""
        return self.with_expression(np.zeros(self.model.n_exp, dtype=np.float32))

    def with_expression(self, weights: Mapping[str, float] | npt.ArrayLike) -> FloatArray:
        """(V, 3) vertices in the face frame, mm: this person with another expression.

        weights: ARKit names -> 0..1 (names left out are 0), or (n_exp,) weights of the model's own shapes.
        """
        if isinstance(weights, Mapping):
            weights = self.model.expression_from_arkit(weights)
        return self.model.decode(self.identity, weights, threads=self.threads)

    @functools.cached_property
    def rendering(self) -> Rendering:
        """The mesh in the picture: depth, triangle ids, barycentrics, in the window that it touches."""
        height, width = self.image.shape[:2]
        return render(self.verts_camera_mm, self.triangles, self.pose.intrinsics, height, width)

    def depth_mm(self) -> FloatArray:
        """(H, W) depth along the camera's axis in mm, 0 where the face is not."""
        full = np.zeros(self.image.shape[:2], dtype=np.float32)
        full[self.rendering.window] = self.rendering.depth_mm
        return full

    def normal_map(self) -> FloatArray:
        """(H, W, 3) unit normals in the camera frame, 0 where the face is not."""
        full = np.zeros(self.image.shape, dtype=np.float32)
        normals = self.rendering.interpolate(self.normals_camera, self.triangles)
        length = np.linalg.norm(normals, axis=2, keepdims=True)
        full[self.rendering.window] = normals / np.maximum(length, 1e-9)
        return full

    def render(self, background: Picture | None = None) -> Picture:
        """(H, W, 3) uint8 RGB: albedo under the light, on black or on the given picture of the same size."""
        full = np.zeros_like(self.image) if background is None else background.copy()
        pose = self.pose
        points, colors = ops.shade_and_project(
            self.verts_face_mm, self.triangles, pose.matrix, pose.translation_mm, pose.intrinsics,
            self.albedo, self.sh, threads=self.threads,
        )  # fmt: skip
        np.clip(colors, 0.0, 1.0, out=colors)
        height, width = full.shape[:2]
        want = ("color", "depth")
        window, raster = rasterize_window(points, self.triangles, height, width, colors, want)
        assert raster.color is not None
        assert raster.depth is not None
        covered = raster.depth > 0
        full[window][covered] = (raster.color[covered] * 255.0 + 0.5).astype(np.uint8)
        return full

    @functools.cached_property
    def texture(self) -> Texture:
        """UV texture: the photo where the face was seen, the model's lit albedo elsewhere."""
        from facesdk.appearance.texture import bake

        return bake(self)

    def overlay(self, layers: str | Sequence[str] = ("mesh", "landmarks")) -> Picture:
        """(H, W, 3) uint8 RGB: the photo with this face alone drawn over it; layers as Result.overlay's."""
        return Result([self], self.image, {}).overlay(layers)

    def plot(self) -> Picture:
        """One sheet of this face alone, uint8 RGB."""
        return Result([self], self.image, {}).plot()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write .glb, .obj (with .mtl and .png), .ply or .json, by the name's ending."""
        from facesdk.io.files import save_face

        save_face(self, path)


@dataclasses.dataclass(eq=False)
class Result:
    """All faces of one picture, largest and surest first; no face gives an empty list."""

    faces: list[Face]
    image: Picture = dataclasses.field(repr=False)  # (H, W, 3) uint8 RGB, EXIF orientation applied
    timings_ms: dict[str, float]  # load, detect, crop, network, refine, decode, camera, quality, total

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]

    def overlay(self, layers: str | Sequence[str] = ("mesh", "landmarks")) -> Picture:
        """(H, W, 3) uint8 RGB: the photo with mesh, landmarks, depth, normals or render drawn over it."""
        from facesdk.rendering.overlay import overlay

        return overlay(self, layers)

    def plot(self) -> Picture:
        """One sheet, uint8 RGB: the photo beside each layer of overlay()."""
        from facesdk.rendering.overlay import contact_sheet

        return contact_sheet(self)
