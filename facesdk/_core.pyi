"""The compiled module; its functions are documented in facesdk.ops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int32]
_Basis = _Floats | NDArray[np.int8]

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
