"""The compiled ops as functions: arrays in, arrays out.

Arrays are float32 (indices int32) in C order and are never converted or copied on the way in. Every function
raises InvalidArray if an argument does not fit, naming it, what came and what was expected; releases the GIL;
and gives the same bits for any number of threads. `facesdk.reference` has the NumPy twin of each.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facesdk.errors import BackendUnavailable, InvalidArray

try:
    from facesdk import _core
except ImportError as error:
    raise BackendUnavailable(
        f"the compiled part of facesdk cannot be loaded ({error}): install the package with pip"
    ) from error

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

__all__ = [
    "Decoder",
    "FloatArray",
    "IntArray",
    "Raster",
    "ShapeBlocks",
    "adjacency",
    "crop_landmarks",
    "damped_least_squares",
    "decode",
    "decode_dense",
    "decode_detections",
    "landmark_roll_and_bbox",
    "mean_distance",
    "mesh_points",
    "normals",
    "oriented_bbox",
    "picture_pose",
    "project",
    "rasterize",
    "resize",
    "rotation_from_six",
    "sample_normalized_patch",
    "shade",
    "shade_and_project",
    "sharpness",
    "smoothness",
    "subdivide",
    "transform",
    "unproject",
    "warp",
]


_RENAMED = {
    "face_frame": "landmark_roll_and_bbox",
    "lit_points": "shade_and_project",
    "patch": "sample_normalized_patch",
    "read_cells": "decode_detections",
    "ridge": "damped_least_squares",
    "shrink": "resize",
    "turned_box": "oriented_bbox",
}


def __getattr__(name: str) -> Any:
    """Give an op under the name that it had before version 0.2, with a DeprecationWarning."""
    current = _RENAMED.get(name)
    if current is None:
        raise AttributeError(f"module 'facesdk.ops' has no attribute {name!r}")
    warnings.warn(f"ops.{name} is now ops.{current}", DeprecationWarning, stacklevel=2)
    return globals()[current]


class Raster(NamedTuple):
    """What `rasterize` gives; what was not asked for is None."""

    color: FloatArray | None  # (H, W, 3), 0 where empty
    depth: FloatArray | None  # (H, W) mm, 0 where empty
    triangle: IntArray | None  # (H, W), -1 where empty
    bary: FloatArray | None  # (H, W, 3) weights of the triangle's corners, perspective-correct, 0 where empty


class ShapeBlocks(NamedTuple):
    """Local shapes over a control mesh of C vertices, cut into B = ceil(3 C / 256) blocks of 256 numbers.

    Only the blocks that a shape moves are there, ordered by block; a shape may have several entries for one
    block, which add up: the second holds what one byte was too coarse for.
    """

    ptr: IntArray  # (B + 1,) first entry of each block
    row: IntArray  # (E,) number of the shape
    step: FloatArray  # (E,) mm per unit of values
    values: NDArray[np.int8]  # (E, 256)


class Decoder:
    """Shapes and subdivision of one face model, checked once and then applied frame by frame.

    controls: C, vertices of the control mesh; shapes: its local shapes; subdivision: sub_ptr (V+1,),
    sub_idx (N,), sub_val (N,) as in `decode`, or None where the control mesh is the mesh. The arrays must not
    be changed afterwards.
    """

    def __init__(
        self,
        controls: int,
        shapes: ShapeBlocks,
        subdivision: tuple[IntArray, IntArray, FloatArray] | None = None,
    ) -> None:
        self.shapes, self.subdivision = shapes, subdivision
        self._compiled = _core.Decoder(controls, *shapes, *(subdivision or (None, None, None)))

    def __call__(self, base: FloatArray, coeffs: FloatArray, *, threads: int = 1) -> FloatArray:
        """Subdivided sum of a control mesh and local shapes (paper 1, equation 1).

        base (C, 3) mm, face frame: mean and identity, which stay the same over a track; coeffs (K,), of which
        zeros cost nothing. Returns (V, 3) mm, face frame.
        """
        return self._compiled.apply(base, coeffs, threads)

    def subdivide(self, control: FloatArray, *, threads: int = 1) -> FloatArray:
        """Values (C, 3) on the control mesh, any unit, subdivided (V, 3)."""
        return self._compiled.subdivide(control, threads)


def decode(
    mean: FloatArray,
    bases: FloatArray | NDArray[np.int8],
    coeffs: FloatArray,
    sub_ptr: IntArray,
    sub_idx: IntArray,
    sub_val: FloatArray,
    *,
    threads: int = 1,
) -> FloatArray:
    """Dense mesh of a set of coefficients: linear shapes, then subdivision (paper 1, equations 1 to 4).

    mean (C, 3) mm; bases (K, C, 3) mm per unit coefficient, or int8 with the steps multiplied into coeffs,
    which are then rounded to 1/65024 of the largest; coeffs (K,), of which zeros cost nothing;
    sub_ptr (V+1,), sub_idx (N,), sub_val (N,): the rows of the
    subdivision matrix. Returns (V, 3) mm, face frame.
    """
    return _core.decode(mean, bases, coeffs, sub_ptr, sub_idx, sub_val, threads)


def decode_dense(
    mean: FloatArray, bases: FloatArray | NDArray[np.int8], coeffs: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Linear shapes without a subdivision: mean + sum of coeffs[k] * bases[k] (paper 1, equations 1 to 4).

    mean (V, 3); bases (K, V, 3), float32, or int8 with the steps multiplied into coeffs, which are then
    rounded to 1/65024 of the largest (the sum is exact); coeffs (K,).
    Returns (V, 3) in the unit of mean (millimetres of a BFM, or albedo in 0..1).
    """
    return _core.decode_dense(mean, bases, coeffs, threads)


def subdivide(
    control: FloatArray, sub_ptr: IntArray, sub_idx: IntArray, sub_val: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Control mesh to dense mesh: each dense vertex is a weighted mean of control vertices.

    control (C, 3) any unit; sub_ptr (V+1,), sub_idx (N,), sub_val (N,): sparse rows. Returns (V, 3).
    """
    return _core.subdivide(control, sub_ptr, sub_idx, sub_val, threads)


def normals(verts: FloatArray, triangles: IntArray, *, threads: int = 1) -> FloatArray:
    """Area-weighted vertex normals, unit length, pointing outside.

    verts (V, 3) mm, any frame; triangles (T, 3) int32, counter-clockwise seen from outside.
    Returns (V, 3) in the same frame; the zero vector where a vertex has no triangle.
    """
    return _core.normals(verts, triangles, threads)


def shade_and_project(
    verts_face: FloatArray,
    triangles: IntArray,
    rotation: FloatArray,
    translation: FloatArray,
    intrinsics: FloatArray,
    albedo: FloatArray,
    sh: FloatArray,
    *,
    threads: int = 1,
) -> tuple[FloatArray, FloatArray]:
    """A mesh to what `rasterize` draws: `transform`, `normals`, `shade` and `project` in one.

    Equations 5 and 6 of paper 1. verts_face (V, 3) mm; triangles (T, 3) int32, counter-clockwise seen from
    outside; rotation (3, 3), orthonormal, and translation (3,) mm: face -> camera; intrinsics (3, 3) px;
    albedo (V, 3) in 0..1; sh (9, 3). Returns points (V, 3): x px, y px, depth mm, and colors (V, 3), not
    clipped. Neither normals nor vertices of the camera frame are written.
    """
    return _core.shade_and_project(
        verts_face, triangles, rotation, translation, intrinsics, albedo, sh, threads
    )


def transform(
    verts_face: FloatArray, rotation: FloatArray, translation: FloatArray, *, threads: int = 1
) -> FloatArray:
    """Face frame to camera frame: rotation @ v + translation (paper 1, equation 5).

    verts_face (V, 3) mm; rotation (3, 3); translation (3,) mm. Returns (V, 3) mm, camera frame.
    """
    return _core.transform(verts_face, rotation, translation, threads)


def project(verts_camera: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """Camera frame to picture (paper 1, equation 5).

    verts_camera (V, 3) mm; intrinsics (3, 3) in pixels. Returns (V, 3): x px, y px, depth mm. A point at
    depth 0 lands on the principal point; `rasterize` drops whatever is not in front of the camera.
    """
    return _core.project(verts_camera, intrinsics, threads)


def unproject(points: FloatArray, intrinsics: FloatArray, *, threads: int = 1) -> FloatArray:
    """Picture to camera frame, the inverse of `project`.

    points (V, 3): x px, y px, depth mm; intrinsics (3, 3) in pixels. Returns (V, 3) mm, camera frame.
    """
    return _core.unproject(points, intrinsics, threads)


def shade(albedo: FloatArray, normals: FloatArray, sh: FloatArray, *, threads: int = 1) -> FloatArray:
    """Colour of each vertex under spherical-harmonics light (paper 1, equation 6).

    albedo (V, 3) in 0..1; normals (V, 3), unit length, camera frame; sh (9, 3), RGB, in the order Y00, Y1-1,
    Y10, Y11, Y2-2, Y2-1, Y20, Y21, Y22 of the real basis. Returns (V, 3), not clipped.
    """
    return _core.shade(albedo, normals, sh, threads)


def rasterize(
    points: FloatArray,
    triangles: IntArray,
    height: int,
    width: int,
    *,
    colors: FloatArray | None = None,
    want: Sequence[str] = ("color", "depth", "triangle", "bary"),
    cull: bool = True,
    threads: int = 1,
) -> Raster:
    """Triangles to pixels with a depth buffer, perspective-correct.

    points (V, 3): x px, y px, depth mm, as `project` gives them, first pixel's centre at (0, 0);
    triangles (T, 3) int32, counter-clockwise seen from outside; height, width 1 to 32767; colors (V, 3) any
    range. A pixel belongs to a triangle if its centre is inside, by the top-left rule on an edge; the nearest
    triangle wins, at equal depth the lower index. Triangles that face away are dropped (cull), and so are
    those with a vertex that is not finite, not in front of the camera or more than 131,072 px off the
    picture's origin. Outputs that are not in `want`, and the colour where there are no colors, are None and
    cost nothing.
    """
    wanted = _wanted(want)
    return Raster(
        *_core.rasterize(
            points,
            triangles,
            height,
            width,
            colors,
            cull,
            "color" in wanted,
            "depth" in wanted,
            "triangle" in wanted,
            "bary" in wanted,
            threads,
        )
    )


def _wanted(want: Sequence[str]) -> frozenset[str]:
    wanted = frozenset([want] if isinstance(want, str) else want)
    unknown = sorted(map(str, wanted - set(Raster._fields)))
    if unknown:
        raise InvalidArray(f"want: got {', '.join(unknown)}, expected some of {', '.join(Raster._fields)}")
    return wanted


def decode_detections(
    raw: FloatArray, height: int, width: int, threshold: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Faces in a detector's output for a look height x width, multiples of 32 px.

    raw (C, 15): for the strides 8, 16 and 32, row by row, each cell's logit; then in strides from the cell's
    centre its face's centre, the log of its sides over four strides, and five points. Cells whose probability
    is over the threshold are returned: boxes (N, 4) x0, y0, x1, y1 px; scores (N,); points (N, 5, 2) px:
    right eye, left eye, nose tip, right and left mouth corner of the person; rolls (N,) in degrees, > 0 where
    the top of the head leans to the right: from the mouth's middle up to the eyes' middle and along the eyes,
    whichever is longer, so that a profile, whose eyes nearly meet, has one too.
    """
    return _core.decode_detections(raw, height, width, threshold)


def damped_least_squares(jacobian: FloatArray, residual: FloatArray, damping: float) -> FloatArray:
    """The damped least-squares step of fewer equations than unknowns: argmin |J s - r|^2 + damping |s|^2.

    jacobian (M, N) with M <= 4096, residual (M,), damping > 0. Returns (N,); zeros where something in the
    system is not finite.
    """
    return _core.damped_least_squares(jacobian, residual, damping)


def crop_landmarks(
    mean: FloatArray,
    bases: FloatArray,
    identity: FloatArray,
    expression: FloatArray,
    rotation: FloatArray,
    translation: FloatArray,
    center: tuple[float, float],
    side: float,
    roll: float,
    focal_ratio: float,
) -> tuple[FloatArray, FloatArray]:
    """Landmarks of a crop's face, straight from its coefficients: no mesh is decoded.

    mean (N, 3) mm and bases (I + E, N, 3) mm per unit, face frame; identity (I,), expression (E,); rotation
    (3, 3) and translation (3,) mm, face -> virtual camera; the crop as for `picture_pose`.
    Returns (N, 2) crop sides from the crop's centre and (N, 2) px of the picture.
    """
    return _core.crop_landmarks(
        mean, bases, identity, expression, rotation, translation, *center, side, roll, focal_ratio
    )


def mesh_points(verts: FloatArray, corners: IntArray, weights: FloatArray) -> FloatArray:
    """Points on a mesh (N, 3) of verts (V, 3): corners (N, 3) are vertices, weights (N, 3) theirs."""
    return _core.mesh_points(verts, corners, weights)


def rotation_from_six(six: FloatArray) -> FloatArray:
    """Rotation (3, 3) from its first two columns (6,), made orthonormal in their order.

    Of parallel columns, which say nothing of the turn round them, any such rotation. (Zhou et al., On the
    continuity of rotation representations, 2019.)
    """
    return _core.rotation_from_six(six)


def mean_distance(a: FloatArray, b: FloatArray) -> float:
    """Mean distance of two sets of points (N, 2), N > 0."""
    return _core.mean_distance(a, b)


def oriented_bbox(points: FloatArray, angle: float) -> tuple[float, float, float, float]:
    """Least x and y, greatest x and y of points (N, 2), N > 0, in a turned frame.

    Its axes are (cos, sin) and (-sin, cos) of an angle in radians.
    """
    return _core.oriented_bbox(points, angle)


def landmark_roll_and_bbox(
    landmarks: FloatArray, forehead: float
) -> tuple[float, tuple[float, float, float, float]]:
    """Roll in radians and upright box x0, y0, x1, y1 of a face from its 68 landmarks (68, 2).

    The roll is that of the line from the middle of the mouth to the middle of the eyes, positive where the
    top leans to the picture's right. The box reaches above the brows by `forehead` times the height of the
    landmarks along that line.
    """
    return _core.landmark_roll_and_bbox(landmarks, forehead)


def picture_pose(
    rotation: FloatArray,
    translation: FloatArray,
    landmarks: FloatArray,
    center: tuple[float, float],
    side: float,
    roll: float,
    focal_ratio: float,
    intrinsics: FloatArray,
    *,
    steps: int = 2,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pose in the picture's camera from the pose in a crop's virtual camera (see camera.picture_pose).

    rotation (3, 3) and translation (3,) mm, face -> virtual camera; landmarks (N, 3) mm, face frame. The
    crop: its center and side in px of the picture, its roll in radians; focal_ratio: the virtual camera's
    focal length over the side. intrinsics (3, 3) px of the picture; steps of Gauss-Newton, 0 to 1000.
    Returns (3, 3) and (3,) mm, face -> picture camera, and the landmarks' (N, 2) px by that pose.
    """
    return _core.picture_pose(
        rotation, translation, landmarks, *center, side, roll, focal_ratio, intrinsics, steps
    )


def sample_normalized_patch(
    gray: FloatArray,
    center: tuple[float, float],
    right: tuple[float, float],
    *,
    mirrored: bool,
    across: int,
    down: int,
    flat: float,
) -> FloatArray:
    """A turned rectangle (down, across) of a gray square (S, S), without its brightness and contrast.

    center: px; right: from there to the middle of the right side, px; down is right turned clockwise by a
    quarter or, mirrored, against it. Sampled bilinearly from side to side, beyond the picture its border; the
    mean is taken off, and the deviation plus `flat` divided out.
    """
    return _core.sample_normalized_patch(gray, *center, *right, mirrored, across, down, flat)


def resize(
    image: NDArray[np.uint8], rows: int, columns: int, halvings: int, height: int, width: int
) -> NDArray[np.uint8]:
    """A smaller picture in the upper left of a black one: what a detector looks at.

    image (H, W, 3). It is halved `halvings` times (0 to 8) by means of whole pixels, counted from the upper
    left, then taken to rows x columns bilinearly, pixel centres half way. Returns (height, width, 4), of
    which the last channel is 0.
    """
    return _core.resize(image, rows, columns, halvings, height, width)


def sharpness(gray: FloatArray) -> float:
    """Mean size of the Laplacian over four times the contrast, in the middle of a gray square (S, S) in 0..1.

    The middle leaves out a fifth on every side. 0 where its standard deviation is below 0.001.
    """
    return _core.sharpness(gray)


def adjacency(triangles: IntArray, num_verts: int) -> tuple[IntArray, IntArray]:
    """Neighbours of each vertex along the edges, each once and in rising order.

    triangles (T, 3) int32. Returns adj_ptr (V+1,) and adj_idx (N,) int32; the list is symmetric.
    """
    from facesdk.reference.smoothness import adjacency as neighbours  # the twins are not for every start

    return neighbours(triangles, num_verts)


def smoothness(
    verts: FloatArray, adj_ptr: IntArray, adj_idx: IntArray, *, threads: int = 1
) -> tuple[float, FloatArray]:
    """Smoothness: mean squared umbrella vector of the vertices, with the gradient (paper 1, equation 16).

    verts (V, 3) mm; adj_ptr (V+1,), adj_idx (N,): neighbours as `adjacency` gives them (symmetric).
    Returns the value in mm2 and (V, 3) d value / d verts in mm. A vertex without neighbours counts as smooth.
    """
    value, gradient = _core.smoothness(verts, adj_ptr, adj_idx, threads)
    return value, gradient


def warp(
    image: NDArray[np.uint8],
    matrix: FloatArray,
    size: int,
    *,
    normalize: bool = True,
    out: NDArray[Any] | None = None,
    threads: int = 1,
) -> NDArray[Any]:
    """A square crop of a picture through an affine map: bilinear, black outside, one pass.

    image (H, W, 3) uint8 RGB; matrix (2, 3) float32, picture px to crop px, pixel centres whole numbers.
    Where the crop is coarser than the picture, a crop pixel is the mean of enough samples to skip none.
    Returns (3, size, size) float32 in 0..1, or (size, size, 3) uint8 if not normalize; `out`, an array of
    that shape and type, is filled and returned instead of a new one.
    """
    return _core.warp(image, matrix, size, normalize, out, threads)
