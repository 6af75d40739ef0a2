"""The compiled module; its functions are documented in facesdk.ops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int32]
_Basis = _Floats | NDArray[np.int8]

class Decoder:
    def __init__(
        self,
        controls: int,
        ptr: _Ints,
        row: _Ints,
        step: _Floats,
        values: NDArray[np.int8],
        sub_ptr: _Ints | None,
        sub_idx: _Ints | None,
        sub_val: _Floats | None,
        /,
    ) -> None: ...
    def apply(self, base: _Floats, coeffs: _Floats, threads: int, /) -> _Floats: ...
    def subdivide(self, control: _Floats, threads: int, /) -> _Floats: ...

def decode(
    mean: _Floats,
    bases: _Basis,
    coeffs: _Floats,
    sub_ptr: _Ints,
    sub_idx: _Ints,
    sub_val: _Floats,
    threads: int,
    /,
) -> _Floats: ...
def decode_dense(mean: _Floats, bases: _Basis, coeffs: _Floats, threads: int, /) -> _Floats: ...
def subdivide(
    control: _Floats, sub_ptr: _Ints, sub_idx: _Ints, sub_val: _Floats, threads: int, /
) -> _Floats: ...
def shade_and_project(
    verts_face: _Floats,
    triangles: _Ints,
    rotation: _Floats,
    translation: _Floats,
    intrinsics: _Floats,
    albedo: _Floats,
    sh: _Floats,
    threads: int,
    /,
) -> tuple[_Floats, _Floats]: ...
def normals(verts: _Floats, triangles: _Ints, threads: int, /) -> _Floats: ...
def transform(verts_face: _Floats, rotation: _Floats, translation: _Floats, threads: int, /) -> _Floats: ...
def project(verts_camera: _Floats, intrinsics: _Floats, threads: int, /) -> _Floats: ...
def unproject(points: _Floats, intrinsics: _Floats, threads: int, /) -> _Floats: ...
def shade(albedo: _Floats, normals: _Floats, sh: _Floats, threads: int, /) -> _Floats: ...
def rasterize(
    points: _Floats,
    triangles: _Ints,
    height: int,
    width: int,
    colors: _Floats | None,
    cull: bool,
    want_color: bool,
    want_depth: bool,
    want_triangle: bool,
    want_bary: bool,
    threads: int,
    /,
) -> tuple[_Floats | None, _Floats | None, _Ints | None, _Floats | None]: ...
def crop_landmarks(
    mean: _Floats,
    bases: _Floats,
    identity: _Floats,
    expression: _Floats,
    rotation: _Floats,
    translation: _Floats,
    center_x: float,
    center_y: float,
    side: float,
    roll: float,
    focal_ratio: float,
    /,
) -> tuple[_Floats, _Floats]: ...
def mesh_points(verts: _Floats, corners: _Ints, weights: _Floats, /) -> _Floats: ...
def rotation_from_six(six: _Floats, /) -> _Floats: ...
def sample_normalized_patch(
    gray: _Floats,
    center_x: float,
    center_y: float,
    right_x: float,
    right_y: float,
    mirrored: bool,
    across: int,
    down: int,
    flat: float,
    /,
) -> _Floats: ...
def mean_distance(a: _Floats, b: _Floats, /) -> float: ...
def oriented_bbox(points: _Floats, angle: float, /) -> tuple[float, float, float, float]: ...
def landmark_roll_and_bbox(
    landmarks: _Floats, forehead: float, /
) -> tuple[float, tuple[float, float, float, float]]: ...
def damped_least_squares(jacobian: _Floats, residual: _Floats, damping: float, /) -> _Floats: ...
def sharpness(gray: _Floats, /) -> float: ...
def decode_detections(
    raw: _Floats, height: int, width: int, threshold: float, /
) -> tuple[_Floats, _Floats, _Floats, _Floats]: ...
def resize(
    image: NDArray[np.uint8], rows: int, columns: int, halvings: int, height: int, width: int, /
) -> NDArray[np.uint8]: ...
def picture_pose(
    rotation: _Floats,
    translation: _Floats,
    landmarks: _Floats,
    center_x: float,
    center_y: float,
    side: float,
    roll: float,
    focal_ratio: float,
    intrinsics: _Floats,
    steps: int,
    /,
) -> tuple[_Floats, _Floats, _Floats]: ...
def smoothness(verts: _Floats, adj_ptr: _Ints, adj_idx: _Ints, threads: int, /) -> tuple[float, _Floats]: ...
def warp(
    image: NDArray[np.uint8],
    matrix: _Floats,
    size: int,
    normalize: bool,
    out: NDArray[Any] | None,
    threads: int,
    /,
) -> NDArray[Any]: ...
def use_plain_network(plain: bool, /) -> None: ...
def network_is_plain() -> bool: ...

class Plan:
    def map(self, stride: int, channels: int, halo: int, zero: int, /) -> int: ...
    def float_map(self, stride: int, channels: int, /) -> int: ...
    def vector(self, size: int, /) -> int: ...
    def conv(
        self,
        sources: list[tuple[int, bool]],
        stride: int,
        dilation: int,
        pad: int,
        weights: NDArray[np.int8],
        bias: _Ints,
        scale: _Floats,
        out: int,
        to_float: bool,
        join: str,
        other: tuple[int, bool],
        other_scale: float,
        gate_zero: int,
        gate: _Floats,
        /,
    ) -> None: ...
    def depthwise(
        self, source: int, stride: int, weights: NDArray[np.int8], bias: _Ints, scale: _Floats, out: int, /
    ) -> None: ...
    def mean(self, source: int, scale: float, out: int, /) -> None: ...
    def flatten(self, source: int, scale: float, out: int, /) -> None: ...
    def thumbnail(self, cells: int, out: int, /) -> None: ...
    def peaks(self, source: int, points: int, extent: float, out: int, /) -> None: ...
    def dense(
        self,
        inputs: list[int],
        weights: NDArray[np.int8],
        scale: _Floats,
        bias: _Floats,
        low: _Floats,
        high: _Floats,
        out: int,
        /,
    ) -> None: ...

class Run:
    def __init__(self, plan: Plan, height: int, width: int, /) -> None: ...
    def picture(self) -> NDArray[np.uint8]: ...
    def crop(self, image: NDArray[np.uint8], matrix: _Floats, threads: int, /) -> None: ...
    def shrink(self, image: NDArray[np.uint8], rows: int, columns: int, halvings: int, /) -> None: ...
    def gray(self, out: _Floats, /) -> None: ...
    def run(self) -> None: ...
    def read(self, vector: int, out: _Floats, /) -> None: ...
    def vector(self, vector: int, /) -> _Floats: ...
    def float_map(self, index: int, /) -> _Floats: ...
