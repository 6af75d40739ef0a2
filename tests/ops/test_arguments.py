"""What every op promises: refusals that name the argument, the same bits for any threads, a free GIL."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facesdk import InvalidArray, ops, reference
from tests.ops.meshes import camera, rotation, soup, sphere, subdivision

Call = tuple[Callable[..., Any], dict[str, Any]]


def calls() -> dict[str, Call]:
    """One good call of each op, of a size that does not divide by the threads."""
    rng = np.random.default_rng(0)
    verts, triangles = sphere(33, 47)
    count = len(verts)
    ptr, idx, val = subdivision(rng, 911, count)
    bases = rng.normal(size=(5, count, 3)).astype(np.float32)
    coeffs = rng.normal(size=5).astype(np.float32)
    adj_ptr, adj_idx = ops.adjacency(triangles, count)
    points, crossing = soup(rng, 200, 900, 120)
    return {
        "decode": (
            ops.decode,
            dict(mean=verts, bases=bases, coeffs=coeffs, sub_ptr=ptr, sub_idx=idx, sub_val=val),
        ),
        "decode_dense": (ops.decode_dense, dict(mean=verts, bases=bases, coeffs=coeffs)),
        "subdivide": (ops.subdivide, dict(control=verts, sub_ptr=ptr, sub_idx=idx, sub_val=val)),
        "normals": (ops.normals, dict(verts=verts, triangles=triangles)),
        "shade_and_project": (
            ops.shade_and_project,
            dict(
                verts_face=verts,
                triangles=triangles,
                rotation=rotation(rng),
                translation=np.array([5, -7, 900], np.float32),
                intrinsics=camera(99, 400),
                albedo=np.abs(verts) / 100,
                sh=rng.normal(size=(9, 3)).astype(np.float32),
            ),
        ),
        "transform": (
            ops.transform,
            dict(verts_face=verts, rotation=rotation(rng), translation=np.ones(3, np.float32)),
        ),
        "project": (ops.project, dict(verts_camera=verts, intrinsics=camera(99, 400))),
        "unproject": (ops.unproject, dict(points=verts, intrinsics=camera(99, 400))),
        "shade": (
            ops.shade,
            dict(albedo=verts, normals=verts / 100, sh=rng.normal(size=(9, 3)).astype(np.float32)),
        ),
        "rasterize": (
            ops.rasterize,
            dict(points=points, triangles=crossing, height=119, width=83, colors=np.abs(points)),
        ),
        "smoothness": (ops.smoothness, dict(verts=verts, adj_ptr=adj_ptr, adj_idx=adj_idx)),
        "warp": (
            ops.warp,
            dict(
                image=rng.integers(0, 256, (77, 91, 3), dtype=np.uint8),
                matrix=np.array([[0.7, 0.2, 3], [-0.2, 0.7, 9]], np.float32),
                size=67,
            ),
        ),
    }


CALLS = calls()


def arrays(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("name", CALLS)
def test_same_bits_for_any_number_of_threads(name: str) -> None:
    op, kwargs = CALLS[name]
    one = arrays(op(**kwargs, threads=1))
    for threads in (1, 2, 4, 7):
        for mine, theirs in zip(arrays(op(**kwargs, threads=threads)), one, strict=True):
            assert np.asarray(mine).tobytes() == np.asarray(theirs).tobytes()


@pytest.mark.parametrize("name", CALLS)
def test_reference_takes_the_same_call(name: str) -> None:
    _, kwargs = CALLS[name]
    wanted = getattr(reference, name)(**kwargs, threads=2)
    for mine, theirs in zip(arrays(CALLS[name][0](**kwargs)), arrays(wanted), strict=True):
        assert np.shape(mine) == np.shape(theirs)
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-2)


BAD = [
    ("decode", "mean", np.zeros((4, 2), np.float32), "got float32 (4, 2), expected float32 (C, 3)"),
    ("decode", "bases", np.zeros((5, 4, 3), np.float32), "expected float32 (K=5, C="),
    ("decode", "coeffs", np.zeros((5, 1), np.float32), "expected float32 (K,) in C order"),
    ("decode", "sub_val", np.zeros(3, np.float32), "expected float32 (N="),
    ("decode_dense", "coeffs", np.zeros(5), "got float64 (5,), expected float32 (K,)"),
    ("decode_dense", "bases", None, "got NoneType"),
    ("subdivide", "sub_ptr", np.array([0, 9, 3], np.int32), "row pointer"),
    ("subdivide", "sub_ptr", np.zeros(0, np.int32), "at least one entry"),
    ("subdivide", "sub_idx", np.zeros(3, np.int64), "got int64 (3,), expected int32 (N,)"),
    ("normals", "verts", [[0.0, 0.0, 0.0]], "got list, expected float32 (V, 3)"),
    ("normals", "verts", np.zeros((3, 9), np.float32).T, "got float32 (9, 3) not in C order"),
    ("normals", "triangles", np.array([[0, 1, 99999]], np.int32), "index 99999 at position 2"),
    ("normals", "triangles", np.array([[0, -1, 1]], np.int32), "index -1 at position 1"),
    ("shade_and_project", "triangles", np.array([[0, 1, 99999]], np.int32), "index 99999 at position 2"),
    ("shade_and_project", "albedo", np.zeros((2, 3), np.float32), "expected float32 (V="),
    ("shade_and_project", "rotation", np.eye(4, dtype=np.float32), "expected float32 (3, 3)"),
    ("transform", "rotation", np.eye(4, dtype=np.float32), "expected float32 (3, 3)"),
    ("transform", "translation", np.zeros(2, np.float32), "expected float32 (3,)"),
    ("project", "intrinsics", np.zeros((3, 3), np.float32), "focal length"),
    ("unproject", "points", np.zeros(3, np.float32), "expected float32 (V, 3)"),
    ("shade", "normals", np.zeros((2, 3), np.float32), "expected float32 (V="),
    ("shade", "sh", np.zeros((3, 9), np.float32), "expected float32 (9, 3)"),
    ("rasterize", "colors", np.zeros((2, 3), np.float32), "expected float32 (V="),
    ("rasterize", "height", 0, "got 0, expected 1 to 32767"),
    ("rasterize", "width", 40000, "got 40000, expected 1 to 32767"),
    ("rasterize", "triangles", np.array([[0, 1, 200]], np.int32), "expected indices from 0 to 199"),
    ("rasterize", "want", ("colour",), "got colour, expected some of color, depth, triangle, bary"),
    ("smoothness", "adj_ptr", np.zeros(4, np.int32), "expected int32 (V+1="),
    ("warp", "image", np.zeros((4, 4), np.uint8), "got uint8 (4, 4), expected uint8 (H, W, 3)"),
    ("warp", "image", np.zeros((4, 4, 4), np.uint8), "expected uint8 (H, W, 3)"),
    ("warp", "matrix", np.zeros((2, 3), np.float32), "inverse"),
    ("warp", "matrix", np.full((2, 3), np.nan, np.float32), "inverse"),
    ("warp", "size", -1, "got -1"),
    ("warp", "out", np.zeros((67, 67, 3), np.float32), "expected float32 (3, S=67, S=67)"),
    *[(name, "threads", 0, "got 0, expected 1 to 256") for name in CALLS],
]


@pytest.mark.parametrize(("name", "argument", "value", "message"), BAD)
def test_refusal_names_the_argument(name: str, argument: str, value: Any, message: str) -> None:
    op, kwargs = CALLS[name]
    with pytest.raises(InvalidArray, match=f"^{argument}: .*{re.escape(message)}") as caught:
        op(**{**kwargs, argument: value})
    assert "\n" not in str(caught.value)


def test_read_only_out_is_refused() -> None:
    out = np.zeros((3, 67, 67), np.float32)
    out.flags.writeable = False
    op, kwargs = CALLS["warp"]
    with pytest.raises(InvalidArray, match=r"^out: got a read-only array"):
        op(**kwargs, out=out)


def test_inputs_are_left_alone() -> None:
    for op, kwargs in CALLS.values():
        before = {k: v.copy() for k, v in kwargs.items() if isinstance(v, np.ndarray)}
        op(**kwargs, threads=2)
        for key, value in before.items():
            np.testing.assert_array_equal(kwargs[key], value)


def test_gil_is_released() -> None:
    """While one thread is inside an op, another runs Python."""
    rng = np.random.default_rng(0)
    points, triangles = soup(rng, 3000, 6000, 1500)
    done = threading.Event()

    def draw() -> None:
        ops.rasterize(points, triangles, 1500, 1500, want=("depth",))
        done.set()

    worker = threading.Thread(target=draw)
    ticks = 0
    worker.start()
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    worker.join()
    # With the GIL held there would be one tick at most: the sleep could only return when the op has ended.
    assert ticks > 3


@pytest.mark.parametrize(
    ("old", "current"), [("ridge", "damped_least_squares"), ("read_cells", "decode_detections")]
)
def test_an_op_answers_to_its_former_name_with_a_warning(old: str, current: str) -> None:
    with pytest.warns(DeprecationWarning, match=current):
        assert getattr(ops, old) is getattr(ops, current)
