"""Open and closed eyes, from their pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from facesdk import AssetError, InvalidArray, Options, _core, manifest
from facesdk.core.arrays import FloatArray
from facesdk.inference.engine import eyes_file, open_eye_network
from facesdk.reference import eye_closure as reference
from facesdk.reference.eye_closure import ACROSS, CORNERS, DOWN

SIZE = 96


def landmarks(tilt_deg: float = 0.0) -> FloatArray:
    """A face in the middle whose eyes' corners are in place, leaning to the picture's right."""
    points = np.zeros((68, 2), np.float32)
    for (outer, inner), side in zip(CORNERS, (-1, 1), strict=True):
        points[outer], points[inner] = [side * 0.22, -0.1], [side * 0.08, -0.1]
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.ascontiguousarray(points @ turn.T, np.float32)


def picture(tilt_deg: float = 0.0) -> FloatArray:
    """Gray crop with a dark dot at each outer corner of those eyes, and a bar under each eye."""
    crop = np.full((SIZE, SIZE), 0.5, np.float32)
    upright = landmarks()
    for outer, inner in CORNERS:
        middle = (upright[outer] + upright[inner]) / 2 + [0, 0.05]
        for place, level in ((upright[outer], 0.0), (middle, 1.0)):
            x, y = (place + 0.5) * SIZE - 0.5
            cv2.circle(crop, (round(float(x)), round(float(y))), 2, level, -1)
    matrix = cv2.getRotationMatrix2D(((SIZE - 1) / 2, (SIZE - 1) / 2), -tilt_deg, 1.0)
    return np.asarray(cv2.warpAffine(crop, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE))


def probe(path: Path, rows: slice, columns: slice, gain: float = 1.0) -> _core.Network:
    """A network of one layer whose logit is the sum over a part of the patch."""
    weight = np.zeros((DOWN, ACROSS), np.float32)
    weight[rows, columns] = gain
    save_file({"0.weight": weight.reshape(1, -1), "0.bias": np.zeros(1, np.float32)}, path)
    return _core.load_dense_network(str(path))


@pytest.fixture
def under_the_eye(tmp_path: Path) -> _core.Network:
    return probe(tmp_path / "eyes.safetensors", slice(9, None), slice(8, 16))


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0, -90.0])
def test_patches_turn_with_the_face_and_mirror_the_left_eye(tilt_deg: float, tmp_path: Path) -> None:
    crop, points = picture(tilt_deg), landmarks(tilt_deg)
    right, left = reference.patches(crop, points).reshape(2, DOWN, ACROSS)
    np.testing.assert_allclose(right, left, atol=1.0)  # deviations; the dots fall on pixels differently
    outer = right[DOWN // 2 - 2 : DOWN // 2 + 2, :8]
    assert outer.min() == right.min()
    assert right[9:, 8:16].max() == right.max()
    bar = probe(tmp_path / "bar.safetensors", slice(9, None), slice(8, 16))
    dot = probe(tmp_path / "dot.safetensors", slice(DOWN // 2 - 2, DOWN // 2 + 2), slice(0, 8), -1.0)
    for network in (bar, dot):
        assert (_core.eye_closure(network, crop, points) == 1).all()


def test_brightness_and_contrast_do_not_matter() -> None:
    eyes = _core.load_dense_network(str(manifest.asset_path(manifest.EYES)))
    crop = np.random.default_rng(4).random((SIZE, SIZE), dtype=np.float32)
    faint = _core.eye_closure(eyes, np.float32(0.3) + np.float32(0.6) * crop, landmarks())
    np.testing.assert_allclose(_core.eye_closure(eyes, crop, landmarks()), faint, atol=0.1)


def test_closure_is_between_open_and_closed(under_the_eye: _core.Network) -> None:
    closure = _core.eye_closure(under_the_eye, picture(), landmarks())
    assert closure.shape == (2,)
    assert closure.dtype == np.float32
    assert (closure == 1).all()
    assert (_core.eye_closure(under_the_eye, 1 - picture(), landmarks()) == 0).all()


def test_eyes_beyond_the_crop_are_read_at_its_border(under_the_eye: _core.Network) -> None:
    assert np.isfinite(_core.eye_closure(under_the_eye, picture(), landmarks() + np.float32(2))).all()


@pytest.mark.parametrize("seed", range(10))
def test_closure_is_that_of_the_reference(seed: int) -> None:
    """Sums of 336 float32 products in another order: 1e-6 of their size, in a logit of some units."""
    stored = load_file(manifest.asset_path(manifest.EYES))
    layers = [
        (stored[f"{k}.weight"].astype(np.float32), stored[f"{k}.bias"].astype(np.float32))
        for k in range(len(stored) // 2)
    ]
    eyes = _core.load_dense_network(str(manifest.asset_path(manifest.EYES)))
    rng = np.random.default_rng(seed)
    crop = cv2.GaussianBlur(rng.random((SIZE, SIZE), dtype=np.float32), (0, 0), 2)
    points = landmarks(float(rng.uniform(-40, 40))) + rng.normal(0, 0.02, (68, 2)).astype(np.float32)
    found = _core.eye_closure(eyes, crop, points)
    np.testing.assert_allclose(found, reference.eye_closure(layers, crop, points), atol=1e-4)


LAYER = {"0.weight": np.zeros((1, ACROSS * DOWN), np.float32), "0.bias": np.zeros(1, np.float32)}


@pytest.mark.parametrize("tensors", [
    None,
    {"0.weight": LAYER["0.weight"]},
    {**LAYER, "0.bias": np.zeros(2, np.float32)},
    {**LAYER, "0.weight": np.zeros((1, ACROSS * DOWN), np.int8)},
    {**LAYER, "0.weight": np.zeros((1, 0), np.float32)},
    {**LAYER, "0.weight": np.zeros((1, 4097), np.float32)},
    {**LAYER, "1.weight": np.zeros((1, 3), np.float32), "1.bias": np.zeros(1, np.float32)},
])  # fmt: skip
def test_a_damaged_file_is_named(tmp_path: Path, tensors: dict[str, Any] | None) -> None:
    path = tmp_path / "eyes.safetensors"
    path.write_bytes(b"no tensors") if tensors is None else save_file(tensors, path)
    with pytest.raises(AssetError, match=r"eyes\.safetensors"):
        _core.load_dense_network(str(path))


@pytest.mark.parametrize(("tensors", "reason"), [
    ({"0.weight": np.zeros((1, 7), np.float32), "0.bias": np.zeros(1, np.float32)}, "takes 7 numbers"),
    ({"0.weight": np.zeros((2, ACROSS * DOWN), np.float32), "0.bias": np.zeros(2, np.float32)}, "one finite"),
    ({**LAYER, "0.bias": np.full(1, np.nan, np.float32)}, "one finite"),
])  # fmt: skip
def test_another_network_is_refused(tmp_path: Path, tensors: dict[str, Any], reason: str) -> None:
    path = tmp_path / "eyes.safetensors"
    save_file(tensors, path)
    with pytest.raises(AssetError, match=rf"eyes\.safetensors: .*{reason}"):
        _core.eye_closure(_core.load_dense_network(str(path)), picture(), landmarks())


def test_a_network_of_pictures_is_refused() -> None:
    regressor = _core.load_int8_network(str(manifest.asset_path(manifest.NETWORK_PLAN)))
    with pytest.raises(AssetError, match=manifest.NETWORK_PLAN):
        _core.eye_closure(regressor, picture(), landmarks())


def test_a_network_of_numbers_takes_no_pictures() -> None:
    eyes = _core.load_dense_network(str(manifest.asset_path(manifest.EYES)))
    assert (eyes.backend, eyes.side, eyes.input_numbers) == ("dense", 0, ACROSS * DOWN)
    with pytest.raises(InvalidArray, match="eyes"):
        eyes.prepare(96, 96)
    with pytest.raises(InvalidArray, match="takes numbers"):
        eyes.prepare(1, ACROSS * DOWN).predict(np.zeros((1, 1, ACROSS * DOWN, 3), np.uint8))


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_other_backends_predict_the_same(backend: str) -> None:
    """But for the order of float32 sums."""
    if backend == "openvino":
        pytest.importorskip("openvino")
    own = _core.load_dense_network(str(manifest.asset_path(manifest.EYES)))
    other = open_eye_network(*eyes_file(Options(backend=backend)), threads=1)
    assert (other.backend, other.name) == (backend, manifest.EYES_ONNX)
    rng = np.random.default_rng(7)
    for _ in range(5):
        crop = cv2.GaussianBlur(rng.random((SIZE, SIZE), dtype=np.float32), (0, 0), 2)
        points = landmarks(float(rng.uniform(-40, 40)))
        found = _core.eye_closure(other, crop, points)
        np.testing.assert_allclose(found, _core.eye_closure(own, crop, points), atol=1e-4)


@pytest.mark.parametrize(("gray", "points", "name"), [
    (np.zeros((96, 95), np.float32), landmarks(), "gray"),
    (np.zeros((1, 1), np.float32), landmarks(), "gray"),
    (np.zeros((96, 96)), landmarks(), "gray"),
    (picture(), landmarks()[:67], "landmarks"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(
    gray: Any, points: Any, name: str, under_the_eye: _core.Network
) -> None:
    with pytest.raises(InvalidArray, match=name):
        _core.eye_closure(under_the_eye, gray, points)
