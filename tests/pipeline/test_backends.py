"""A backend that is chosen runs every network, or names the one that it cannot run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesdk import AssetError, FaceSDK, Options, manifest
from facesdk.inference.engine import detector_file, networks, regressor_file
from facesdk.io.image import load_image


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


def backends(sdk: FaceSDK) -> set[str]:
    """The backends of its networks, as Options name them."""
    engine = sdk._engine
    assert engine.detector is not None
    used = {network.backend for network in (engine.detector, engine.regressor, engine.eyes)}
    return {"native" if backend in ("int8", "dense") else backend for backend in used}


def test_openvino_runs_all_networks(photo: Any) -> None:
    pytest.importorskip("openvino")
    sdk = FaceSDK(Options(backend="openvino"))
    assert backends(sdk) == {"openvino"}
    assert sdk._engine.detector is not None
    assert sdk._engine.detector.name == manifest.DETECTOR
    one = sdk.reconstruct(photo).faces
    other = FaceSDK(Options(backend="onnxruntime")).reconstruct(photo).faces
    assert len(one) == len(other) == 1
    np.testing.assert_allclose(one[0].landmarks_px, other[0].landmarks_px, atol=0.1)


@pytest.mark.parametrize("backend", ["native", "onnxruntime"])
def test_the_chosen_backend_runs_all_networks(backend: str, photo: Any) -> None:
    sdk = FaceSDK(Options(backend=backend))
    assert backends(sdk) == {backend}
    assert len(sdk.reconstruct(photo).faces) == 1


def test_auto_is_one_of_them() -> None:
    for options in (Options(), Options(preset="tiny")):
        assert len(backends(FaceSDK(options))) == 1


def test_a_missing_network_of_the_chosen_backend_is_named(
    tiny_assets: Path, tiny_options: Options, picture: Any
) -> None:
    """No backend takes over for another."""
    (tiny_assets / manifest.EYES_ONNX).unlink()
    detector = [[110, 60, 210, 180]]
    assert len(FaceSDK(tiny_options, detector=detector).reconstruct(picture).faces) == 1
    with pytest.raises(AssetError, match=manifest.EYES_ONNX):
        FaceSDK(dataclasses.replace(tiny_options, backend="onnxruntime"), detector=detector)


@pytest.mark.parametrize(("settings", "name"), [
    ({"backend": "onnxruntime", "network": manifest.NETWORK_PLAN}, manifest.NETWORK_PLAN),
    ({"backend": "openvino", "detector": manifest.DETECTOR_PLAN}, manifest.DETECTOR_PLAN),
    ({"backend": "native", "network": manifest.NETWORK}, manifest.NETWORK),
    ({"backend": "native", "detector": manifest.DETECTOR}, manifest.DETECTOR),
])  # fmt: skip
def test_a_network_that_the_backend_cannot_run_is_named(settings: dict[str, Any], name: str) -> None:
    files = {k: v if k == "backend" else manifest.asset_path(v) for k, v in settings.items()}
    with pytest.raises(AssetError) as caught:
        FaceSDK(Options(**files))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_s_own_file_goes_to_the_backend_that_can_run_it(photo: Any) -> None:
    """With auto, a .plan runs in the int8 engine and an .onnx elsewhere, whatever the other network does."""
    plan, onnx = (manifest.asset_path(name) for name in (manifest.NETWORK_PLAN, manifest.NETWORK))
    assert regressor_file(Options(network=plan)) == (Path(plan), "native")
    assert regressor_file(Options(network=onnx))[1] in ("onnxruntime", "openvino")
    assert detector_file(Options(network=onnx)) == detector_file(Options())
    assert len(FaceSDK(Options(network=plan)).reconstruct(photo).faces) == 1


@pytest.mark.parametrize("options", [Options(), Options(preset="tiny"), Options(backend="onnxruntime")])
def test_networks_are_listed_as_they_run(options: Options) -> None:
    engine = FaceSDK(options)._engine
    listed = {row.role: row for row in networks(options)}
    assert list(listed) == ["detector", "regressor", "eyes"]
    assert engine.detector is not None
    for role, network in (
        ("detector", engine.detector), ("regressor", engine.regressor), ("eyes", engine.eyes),
    ):  # fmt: skip
        assert listed[role].file == network.name
        own = network.backend in ("int8", "dense")
        assert listed[role].backend == ("native" if own else network.backend)
        assert listed[role].reason
