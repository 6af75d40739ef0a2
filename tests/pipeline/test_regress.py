"""The network's numbers become named coefficients, for one crop or many."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, InvalidArray, Options, _core, manifest, ops
from facesdk.core.crop import make_crop
from facesdk.inference.engine import open_network
from facesdk.inference.regressor import Regressor
from facesdk.io.image import load_image
from facesdk.reference import regress as reference

CROPS = [
    make_crop((250, 160), 180, 0.0, 96),
    make_crop((230, 170), 260, 30.0, 96),
    make_crop((9, 9), 50, -90.0, 96),
]


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.fixture(scope="module", params=["native", "onnxruntime"])
def network(request: pytest.FixtureRequest) -> _core.Network:
    name = manifest.NETWORK_PLAN if request.param == "native" else manifest.NETWORK
    return open_network(manifest.asset_path(name), request.param, 1)


def test_coefficients_are_the_reference_s_of_the_network_s_output(network: _core.Network, photo: Any) -> None:
    crops = np.stack([ops.warp(photo, crop.matrix, 96, normalize=False) for crop in CROPS])
    outputs = dict(zip(network.outputs, network.prepare(96, 96).predict(crops), strict=True))
    found = Regressor(network).predict(crops)
    metadata = json.loads(network.metadata)
    for i, x in enumerate(outputs["x"]):
        expected = reference.split(x, metadata)
        for name in ("identity", "albedo", "expression", "sh"):
            np.testing.assert_array_equal(getattr(found, name)[i], expected[name])
        np.testing.assert_allclose(found.rotation[i], expected["rotation"], atol=1e-6)  # double, then float32
        np.testing.assert_allclose(found.translation_mm[i], expected["translation_mm"], rtol=1e-6)
        np.testing.assert_allclose(found.gray[i], reference.gray(crops[i]), atol=1e-6)
    np.testing.assert_array_equal(found.points.reshape(3, -1), outputs["points"].reshape(3, -1))
    np.testing.assert_array_equal(found.landmark_log_sigma.reshape(3, -1), outputs["spread"].reshape(3, -1))
    np.testing.assert_array_equal(found.face_logit, outputs["presence"].reshape(3).astype(float))


def test_the_crops_of_a_picture_are_those_of_the_warp(network: _core.Network, photo: Any) -> None:
    regressor = Regressor(network)
    assert regressor.input_size == 96
    crops = np.stack([ops.warp(photo, crop.matrix, 96, normalize=False) for crop in CROPS])
    one, other = regressor.predict(crops), regressor.regress(photo, CROPS)
    for name in ("identity", "rotation", "points", "gray"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    mirrored = regressor.regress(photo, CROPS, mirrored=True)
    assert mirrored.gray is None
    expected = regressor.predict(np.ascontiguousarray(crops[:, :, ::-1]))
    np.testing.assert_allclose(mirrored.identity, expected.identity, atol=0.1)  # bytes rounded the other way


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_any_number_of_threads_gives_the_same_bits(threads: int, photo: Any) -> None:
    network = open_network(manifest.asset_path(manifest.NETWORK_PLAN), "native", 1)
    one, many = (Regressor(network, n).regress(photo, CROPS * 3) for n in (1, threads))
    np.testing.assert_array_equal(one.identity, many.identity)
    np.testing.assert_array_equal(one.points, many.points)
    np.testing.assert_array_equal(one.identity[:3], one.identity[3:6])


def test_a_batch_larger_than_an_engine_s_is_split(photo: Any) -> None:
    network = open_network(manifest.asset_path(manifest.NETWORK), "onnxruntime", 1)
    one, many = (Regressor(network).regress(photo, crops) for crops in (CROPS, CROPS * 12))
    assert len(many.identity) == 36
    np.testing.assert_allclose(
        many.identity[-3:], one.identity, atol=1e-4
    )  # sums of a batch in another order


def test_no_crop_gives_empty_arrays(network: _core.Network, photo: Any) -> None:
    found = Regressor(network).regress(photo, [])
    assert found.identity.shape[0] == found.rotation.shape[0] == 0
    assert found.gray.shape == (0, 96, 96)


def test_the_sdk_s_regressor_is_the_chain_s() -> None:
    sdk = FaceSDK(Options(preset="tiny"))
    assert sdk.regressor is sdk.regressor
    assert sdk.regressor.input_size > 0
    assert sdk.regressor.focal_ratio == pytest.approx(4.5, abs=2)


@pytest.mark.parametrize(("call", "name"), [
    (lambda r: r.predict(np.zeros((1, 95, 96, 3), np.uint8)), "crops"),
    (lambda r: r.predict(np.zeros((1, 96, 96, 3), np.float32)), "crops"),
    (lambda r: r.regress(np.zeros((9, 9), np.uint8), CROPS), "image"),
    (lambda r: r.regress(np.zeros((0, 9, 3), np.uint8), CROPS), "height"),
    (lambda r: r._stage.predict(np.zeros((9, 9, 3), np.uint8), np.zeros((1, 4)), False), "crops"),
    (lambda r: r._stage.predict(np.zeros((9, 9, 3), np.uint8), np.zeros((1, 3)), False), "crops"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(network: _core.Network, call: Any, name: str) -> None:
    with pytest.raises(InvalidArray, match=name):
        call(Regressor(network))
