"""How near the rendering is to the photo over the face (equations 15 and 19), at several sizes.

The photo and the rendering are cut to the same upright crop of S x S pixels: the photo by the warp that feeds
the network, the rendering drawn at that size: albedo under the estimated light, no texture taken from the
photo. The face region is the hull of the 68 landmarks with the brows moved up by a part of the face's height
(the forehead), where the mesh was drawn. L1 is the mean absolute difference in 0..1. PSNR is equation 19 with
the mean squared error over the region. SSIM is equation 15: means, variances and covariance over the whole
region, a channel at a time; beside it the windowed SSIM of scikit-image over the region, which is stricter.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.face_embedding import FaceEmbedding, five_points
from benchmarks.metrics.image_similarity import compare
from benchmarks.metrics.landmark_errors import Array
from facesdk import ops
from facesdk.core.crop import crop_from_landmarks, roll_from_landmarks
from facesdk.rendering.render import lit_colors
from facesdk.result import Face

FOREHEAD = 0.28  # of the distance from chin to brows


def region(points: Array, size: int) -> Array:
    """(size, size) bool: the face round 68 points (68, 2) of the crop."""
    brows = points[17:27]
    up = FOREHEAD * (brows.mean(0) - points[8])
    hull = cv2.convexHull(np.concatenate([points, brows + up]).astype(np.float32))
    mask = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(hull).astype(np.int32), 1)
    return mask > 0


def pair(face: Face, size: int) -> tuple[Array, Array, Array]:
    """Photo and rendering (size, size, 3) in 0..1, and the region they are compared in (size, size) bool."""
    crop = crop_from_landmarks(face.landmarks_px, roll_from_landmarks(face.landmarks_px), size)
    photo = ops.warp(face.image, crop.matrix, size).transpose(1, 2, 0)
    points = ops.project(face.verts_camera_mm, face.pose.intrinsics)
    points[:, :2] = crop.to_crop(points[:, :2])
    colors = lit_colors(face.albedo, face.normals_camera, face.sh)
    drawn = ops.rasterize(points, face.triangles, size, size, colors=colors, want=("color", "triangle"))
    assert drawn.color is not None
    assert drawn.triangle is not None
    inside = region(crop.to_crop(face.landmarks_px), size) & (drawn.triangle >= 0)
    return photo, drawn.color, inside


class Rendering:
    """Figures by size over many faces, and the identity teacher's cosine between photo and rendering."""

    def __init__(self, sizes: tuple[int, ...], embedding: FaceEmbedding | None) -> None:
        self.sizes, self._embedding = sizes, embedding
        self.values: dict[str, list[float]] = {}

    def add(self, face: Face) -> None:
        """One face."""
        for size in self.sizes:
            for name, value in compare(*pair(face, size)).items():
                self.values.setdefault(f"{name} {size}", []).append(value)
        if self._embedding is not None:
            points = five_points(face.landmarks_px)
            photo = self._embedding(face.image, points)
            for name, background in (("on black", None), ("over the photo", face.image)):
                drawn = self._embedding(face.render(background), points)
                self.values.setdefault(f"teacher's cosine {name}", []).append(float(photo @ drawn))

    def figures(self) -> dict[str, float]:
        """Means."""
        return {name: float(np.mean(values)) for name, values in self.values.items()}

    def show(self) -> None:
        """Print the table."""
        figures = self.figures()
        if not figures:
            return
        print(f"Rendering, lfw_identities, {len(next(iter(self.values.values())))} faces")
        for name, value in figures.items():
            print(f"  {name:32s} {value:8.4f}")
