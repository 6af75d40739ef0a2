"""A missing, cut or foreign asset gives an AssetError in one line that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from facesdk import AssetError, BackendUnavailable, FaceModel, FaceSDK, InvalidOptions, Options, manifest
from facesdk.inference import open_session

BOX = [[110, 60, 210, 180]]


def one_line(caught: Any, name: str) -> None:
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_whole_folder_works(tiny_assets: Path, picture: Any) -> None:
    assert len(FaceSDK(detector=BOX).reconstruct(picture).faces) == 1
    for name in manifest.manifest():
        manifest.verify(name)


@pytest.mark.parametrize("name", [manifest.NETWORK, manifest.FACE_MODEL])
def test_missing_and_cut_assets(tiny_assets: Path, name: str) -> None:
    data = (tiny_assets / name).read_bytes()
    (tiny_assets / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(AssetError, match="bytes, expected") as caught:
        FaceSDK(detector=BOX)
    one_line(caught, name)
    (tiny_assets / name).unlink()
    with pytest.raises(AssetError, match="not among") as caught:
        FaceSDK(detector=BOX)
    one_line(caught, name)


def test_a_changed_byte_is_found_by_verify(tiny_assets: Path) -> None:
    path = tiny_assets / manifest.FACE_MODEL
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    manifest.asset_path(manifest.FACE_MODEL)  # the size is right
    with pytest.raises(AssetError, match="sha256") as caught:
        manifest.verify(manifest.FACE_MODEL)
    one_line(caught, manifest.FACE_MODEL)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"assets": 3}', b"\xff\xfe"])
def test_a_damaged_manifest(tiny_assets: Path, content: bytes) -> None:
    (tiny_assets / "manifest.json").write_bytes(content)
    with pytest.raises(AssetError, match=r"manifest\.json") as caught:
        FaceSDK(detector=BOX)
    one_line(caught, "manifest.json")


@pytest.mark.parametrize("content", [b"", b"not a model" * 99, b"\x08\0\0\0\0\0\0\0{}      "])
@pytest.mark.parametrize("setting", ["network", "face_model", "detector"])
def test_a_users_own_file_that_is_none(
    tiny_options: Options, tmp_path: Path, content: bytes, setting: str
) -> None:
    path = tmp_path / "mine.bin"
    path.write_bytes(content)
    files = {"network": tiny_options.network, "face_model": tiny_options.face_model, "detector": None}
    with pytest.raises(AssetError) as caught:
        FaceSDK(Options(**{**files, setting: path}))
    one_line(caught, "mine.bin")
    path.unlink()
    with pytest.raises(AssetError) as caught:
        FaceSDK(Options(**{**files, setting: path}))
    one_line(caught, "mine.bin")


@pytest.mark.parametrize("changes", [
    {"layout": {"alpha": 4}}, {"input_size": 0}, {"focal_ratio": "wide"}, {"layout": None},
    {"layout": {"alpha": 4, "beta": 3, "delta": 53, "R": 9, "m": 3, "gamma": 27}},
])  # fmt: skip
def test_a_network_with_other_metadata(make_network: Any, make_output: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(AssetError, match="not a FaceSDK network"):
        FaceSDK(Options(network=make_network(make_output(), **changes)), detector=BOX)


def test_a_network_that_says_nonsense(
    tiny_options: Options, make_network: Any, make_output: Any, picture: Any
) -> None:
    broken = make_network(make_output(m=(0, 0, np.nan)))
    sdk = FaceSDK(Options(network=broken, face_model=tiny_options.face_model), detector=BOX)
    with pytest.raises(AssetError, match="not finite"):
        sdk.reconstruct(picture)


def test_a_network_of_another_face_model(tiny_options: Options, make_network: Any, make_output: Any) -> None:
    layout = {"alpha": 5, "beta": 2, "delta": 53, "R": 6, "m": 3, "gamma": 27}
    network = make_network(make_output(), layout=layout)
    with pytest.raises(InvalidOptions, match="alpha has 5 and 4"):
        FaceSDK(Options(network=network, face_model=tiny_options.face_model), detector=BOX)


@pytest.mark.parametrize("damage", ["lacks", "index", "size", "names"])
def test_a_face_model_whose_parts_do_not_agree(tiny_options: Options, tmp_path: Path, damage: str) -> None:
    with safe_open(str(tiny_options.face_model), framework="numpy") as stored:
        metadata = dict(stored.metadata())
        tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    if damage == "lacks":
        del tensors["albedo_scale"]
    elif damage == "index":
        tensors["triangles"][0, 0] = 30000
    elif damage == "size":
        tensors["landmark_bary"] = tensors["landmark_bary"][:67].copy()
    else:
        metadata["arkit_names"] = '["smile"]'
    save_file(tensors, str(tmp_path / "model.safetensors"), metadata=metadata)
    with pytest.raises(AssetError) as caught:
        FaceModel.load(tmp_path / "model.safetensors")
    one_line(caught, "model.safetensors")


def test_backends_by_name(tiny_options: Options, make_network: Any, make_output: Any, picture: Any) -> None:
    with pytest.raises(BackendUnavailable, match="onnxruntime or openvino"):
        open_session("x.onnx", "tensorrt")
    try:
        import openvino  # noqa: F401
    except ImportError:
        with pytest.raises(BackendUnavailable, match=r"facesdk\[openvino\]"):
            open_session(str(tiny_options.network), "openvino")
        return
    options = Options(network=tiny_options.network, face_model=tiny_options.face_model, backend="openvino")
    one = FaceSDK(options, detector=BOX).reconstruct(picture).faces[0]
    two = FaceSDK(tiny_options, detector=BOX).reconstruct(picture).faces[0]
    np.testing.assert_allclose(one.landmarks_px, two.landmarks_px, atol=1e-2)


def test_openvino_gives_every_output_of_the_bundled_network_for_any_batch() -> None:
    pytest.importorskip("openvino")
    network = manifest.asset_path(manifest.NETWORK)
    one, two = open_session(network, "openvino"), open_session(network, "onnxruntime")
    assert one.metadata["facesdk"] == two.metadata["facesdk"]
    batch = np.random.default_rng(0).random((3, 3, 96, 96)).astype(np.float32)
    ours, expected = one.run(batch), two.run(batch)
    assert ours.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, atol=1e-4)
    again = one.run(batch[:1])
    for name, values in expected.items():
        np.testing.assert_array_equal(again[name], ours[name][:1])
        assert values.shape[1:] == again[name].shape[1:]
