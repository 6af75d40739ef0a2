"""A tiny face model and network made in memory, so that the whole chain is tested in milliseconds.

The model is half an ellipsoid with a nose, 17 x 17 control vertices, subdivided once; the network ignores its
input but for a trace and says a known pose. They have the same tensors and metadata as the bundled assets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facesdk import FaceModel, FaceSDK, Options, manifest
from facesdk.core.arkit import ARKIT_NAMES

N = 17  # control vertices per side of the grid
N_ID, N_EXP, N_TEX, SIZE = 4, 53, 3, 64
EXP_NAMES = [
    name
    for arkit in ARKIT_NAMES
    if arkit != "tongueOut"
    for name in ((f"{arkit}_L", f"{arkit}_R") if arkit in ("browInnerUp", "cheekPuff") else (arkit,))
]
LIGHT = np.zeros((9, 3), dtype=np.float32)
LIGHT[0] = 2.5

MakeNetwork = Callable[..., Path]


def surface(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Depth in mm of the tiny face at x, y in -1..1: half an ellipsoid and a nose."""
    depth = 70 * np.sqrt(np.maximum(0, 1 - 0.5 * x**2 - 0.45 * y**2)) + 25 * np.exp(-(x**2 + y**2) / 0.03)
    return np.asarray(depth)


def grid(n: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    y, x = np.meshgrid(np.linspace(1, -1, n), np.linspace(-1, 1, n), indexing="ij")
    return x.ravel(), y.ravel()


def grid_triangles(n: int) -> npt.NDArray[np.int32]:
    """Triangles of an n x n grid, counter-clockwise seen from +z (rows run down, columns to the right)."""
    i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    return np.concatenate([np.stack([i, i + n, i + 1], 1), np.stack([i + 1, i + n, i + n + 1], 1)]).astype(
        np.int32
    )


def midpoints() -> npt.NDArray[np.float32]:
    """(V, C) matrix that makes the (2N - 1)^2 grid of the N^2 one."""
    line = np.zeros((2 * N - 1, N), dtype=np.float32)
    line[::2] = np.eye(N)
    line[1::2] = (np.eye(N)[:-1] + np.eye(N)[1:]) / 2
    return np.kron(line, line).astype(np.float32)


def landmark_places() -> npt.NDArray[np.float64]:
    """68 places at x, y in -1..1, symmetric, in iBUG's order: jaw, brows, nose, eyes, mouth."""
    jaw = np.linspace(np.pi, 2 * np.pi, 17)
    parts = [
        np.stack([0.85 * np.cos(jaw), 0.1 + 0.9 * np.sin(jaw)], 1),
        np.stack([np.linspace(-0.65, 0.65, 10), np.full(10, 0.5)], 1),
        np.stack([np.zeros(4), np.linspace(0.35, 0.0, 4)], 1),
        np.stack([np.linspace(-0.15, 0.15, 5), np.full(5, -0.1)], 1),
        np.stack([np.repeat([-0.35, 0.35], 6) + np.tile(np.linspace(-0.1, 0.1, 6), 2), np.full(12, 0.3)], 1),
        np.stack([np.linspace(-0.25, 0.25, 20), np.full(20, -0.45)], 1),
    ]
    return np.concatenate(parts)


def tiny_tensors() -> dict[str, npt.NDArray[np.generic]]:
    rng = np.random.default_rng(0)
    x, y = grid(N)
    mean = np.stack([70 * x, 90 * y, surface(x, y)], axis=1).astype(np.float32)
    controls = N * N
    identity = rng.integers(-40, 40, (N_ID, controls, 3)).astype(np.int8)
    ptr, index, value = [0], [], []
    for k in range(N_EXP):
        near = rng.choice(controls, 12, replace=False)
        index.append(np.sort(near))
        value.append(np.tile(np.array([0, 0, 3 + k / 20], np.float16), (12, 1)))
        ptr.append(ptr[-1] + 12)
    sub = midpoints()
    rows, columns = np.nonzero(sub)
    dense_n = 2 * N - 1
    triangles = grid_triangles(dense_n)
    dx, dy = grid(dense_n)
    centers = np.stack([dx, dy], 1)[triangles].mean(axis=1)
    wanted = landmark_places()
    arkit = np.zeros((52, N_EXP), dtype=np.float32)
    for i, name in enumerate(ARKIT_NAMES):
        used = [j for j, exp in enumerate(EXP_NAMES) if exp in (name, f"{name}_L", f"{name}_R")]
        arkit[i, used] = 1 / max(len(used), 1)
    weights, code = np.unique(sub[rows, columns], return_inverse=True)
    return {
        "mean_control_mm": mean,
        "identity_q": identity,
        "identity_scale": np.full(N_ID, 0.02, np.float32),
        "exp_ptr": np.array(ptr, np.int32),
        "exp_idx": np.concatenate(index).astype(np.uint16),
        "exp_val": np.concatenate(value).astype(np.float16),
        "sub_ptr": np.searchsorted(rows, np.arange(dense_n**2 + 1)).astype(np.int32),
        "sub_idx": columns.astype(np.uint16),
        "sub_code": code.astype(np.uint8),
        "sub_weights": weights,
        "triangles": triangles,
        "uv": np.stack([dx * 0.45 + 0.5, dy * 0.45 + 0.5], 1).astype(np.float32),
        "uv_triangles": triangles,
        "landmark_triangles": np.array(
            [np.argmin(((centers - w) ** 2).sum(1)) for w in wanted], dtype=np.int32
        ),
        "landmark_bary": np.full((68, 3), 1 / 3, np.float32),
        "albedo_mean_control": np.tile(np.array([0.7, 0.5, 0.4], np.float32), (controls, 1)),
        "albedo_basis_q": rng.integers(-20, 20, (N_TEX, controls, 3)).astype(np.int8),
        "albedo_scale": np.full(N_TEX, 0.001, np.float32),
        "arkit_map": arkit,
    }  # fmt: skip


def tiny_metadata() -> dict[str, str]:
    return {
        "version": "tiny",
        "units": "mm",
        "origin": "the grid's centre",
        "exp_names": json.dumps(EXP_NAMES),
    }


def network_output(
    rotation: npt.ArrayLike = (1, 0, 0, 0, -1, 0), m: npt.ArrayLike = (0, 0, 0), expression: float = 0.3
) -> npt.NDArray[np.float32]:
    """x of one crop; rotation is the first two columns of R, one after the other."""
    parts = [np.zeros(N_ID), np.zeros(N_TEX), np.full(N_EXP, expression), rotation, m, LIGHT.ravel()]
    return np.concatenate([np.asarray(part, dtype=np.float32).ravel() for part in parts])


def write_network(path: Path, x: npt.NDArray[np.float32], size: int = SIZE, **changes: object) -> Path:
    """An ONNX file that says x of every crop (a trace of the crop is added, so that the input is used)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("ReduceMean", ["crop"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("MatMul", ["column", "trace"], ["moved"]),
        helper.make_node("Add", ["moved", "constant"], ["x"]),
    ]
    weights = [
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(np.full((1, len(x)), 1e-9, np.float32), "trace"),
        numpy_helper.from_array(x, "constant"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("crop", TensorProto.FLOAT, ["N", 3, size, size])],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", len(x)])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    layout = {"alpha": N_ID, "beta": N_TEX, "delta": N_EXP, "R": 6, "m": 3, "gamma": 27}
    meta: dict[str, object] = {"layout": layout, "input_size": size, "focal_ratio": 4.5, "z0_mm": 1300.0}
    meta.update(changes)
    helper.set_model_props(model, {"facesdk": json.dumps(meta)})
    onnx.save(model, str(path))
    return path


@pytest.fixture(scope="session")
def tiny_model() -> FaceModel:
    return FaceModel(tiny_tensors(), tiny_metadata(), "tiny")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of assets like the bundled one, with the tiny model and network and a sample photo."""
    import hashlib
    import shutil

    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("assets")
    save_file(tiny_tensors(), str(folder / manifest.FACE_MODEL), metadata=tiny_metadata())
    write_network(folder / manifest.NETWORK, network_output())
    cv2.imwrite(str(folder / manifest.SAMPLE), photo())
    for name in (manifest.EYES, manifest.EYES_ONNX):
        shutil.copy(manifest.ASSETS / name, folder)
    entries = {
        file.name: {
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "version": "tiny",
            "provenance": "made by a test",
            "licence": "none",
            "trained_on": [],
        }
        for file in sorted(folder.iterdir())
    }
    (folder / "manifest.json").write_text(json.dumps({"assets": entries}))
    return folder


@pytest.fixture
def tiny_assets(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tiny folder in the place of the bundled assets; a copy, which a test may damage."""
    import shutil

    folder = tmp_path / "assets"
    shutil.copytree(tiny_folder, folder)
    monkeypatch.setattr(manifest, "ASSETS", folder)
    manifest.manifest.cache_clear()
    yield folder
    manifest.manifest.cache_clear()


@pytest.fixture(scope="session")
def tiny_options(tiny_folder: Path) -> Options:
    return Options(network=tiny_folder / manifest.NETWORK, face_model=tiny_folder / manifest.FACE_MODEL)


@pytest.fixture(scope="session")
def make_output() -> Callable[..., npt.NDArray[np.float32]]:
    """Makes x of one crop: make_output(rotation=..., m=..., expression=...)."""
    return network_output


@pytest.fixture(scope="session")
def make_network(tmp_path_factory: pytest.TempPathFactory) -> MakeNetwork:
    """Makes network files: make_network(x, **changes to the metadata)."""
    folder = tmp_path_factory.mktemp("networks")
    numbers = iter(range(1000))
    return lambda x, **changes: write_network(folder / f"{next(numbers)}.onnx", x, **changes)


def photo(height: int = 240, width: int = 320) -> npt.NDArray[np.uint8]:
    """A noisy picture: sharp, and never two equal pixels."""
    return np.random.default_rng(5).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def tiny_sdk(tiny_options: Options) -> FaceSDK:
    """Finds one face, always in the same place."""
    return FaceSDK(tiny_options, detector=[[110, 60, 210, 180]])


@pytest.fixture
def picture() -> npt.NDArray[np.uint8]:
    return photo()


@pytest.fixture
def facesdk(tiny_assets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """facesdk("reconstruct", ...) -> (status, stdout, stderr), with tiny assets and one box per picture."""
    import facesdk.sdk as sdk
    from facesdk.cli.main import main

    def detect(picture: Any) -> Any:
        return [[110, 60, 210, 180]] if picture.max() > 0 else []

    make = sdk.FaceSDK.__init__
    monkeypatch.setattr(
        sdk.FaceSDK, "__init__", lambda self, options=None: make(self, options, detector=detect)
    )

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["facesdk", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as leave:
            status = int(leave.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def photos(tmp_path: Path, picture: Any) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture)
    cv2.imwrite(str(folder / "b.png"), picture * 0)
    (folder / "c.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a photo")
    return folder
