"""The code that says who it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from facesdk import AssetError, Face, FaceSDK, InvalidOptions, Options, manifest
from facesdk.appearance.identity import IdentityMap
from facesdk.core.appearance import Appearance
from facesdk.io.image import load_image

LIGHT = np.zeros((9, 3), np.float32)


def appearance(rng: np.random.Generator, n_tex: int = 3, n_detail: int = 2) -> Appearance:
    albedo, detail = (rng.normal(size=n).astype(np.float32) for n in (n_tex, n_detail))
    return Appearance(albedo, detail, LIGHT)


def test_a_code_is_linear_in_the_coefficients_and_of_length_one() -> None:
    rng = np.random.default_rng(0)
    mean, directions = rng.normal(size=9).astype(np.float32), rng.normal(size=(9, 5)).astype(np.float32)
    shape, colours = rng.normal(size=4).astype(np.float32), appearance(rng)
    code = IdentityMap(mean, directions)(shape, colours)
    raw = (np.concatenate([shape, colours.albedo, colours.detail]) - mean) @ directions
    np.testing.assert_allclose(code, raw / np.linalg.norm(raw), atol=1e-6)


def test_another_face_model_is_refused() -> None:
    directions = np.ones((9, 5), np.float32)
    with pytest.raises(InvalidOptions, match="6 coefficients"):
        IdentityMap(np.zeros(9, np.float32), directions)(
            np.zeros(1, np.float32), appearance(np.random.default_rng(0))
        )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "identity.safetensors"
    path.write_bytes(b"no tensors")
    with pytest.raises(AssetError, match=r"identity\.safetensors"):
        IdentityMap.load(path)
    save_file({"mean": np.zeros(3, np.float32)}, path)
    with pytest.raises(AssetError, match=r"identity\.safetensors"):
        IdentityMap.load(path)


def one_face(sdk: FaceSDK, picture: np.ndarray) -> Face:
    face = sdk.reconstruct(picture).faces[0]
    face.fit_appearance()
    return face


def test_a_darker_smaller_photo_is_of_the_same_person() -> None:
    sdk = FaceSDK(Options(max_faces=1))
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    code = one_face(sdk, photo).identity_code
    assert code.shape == (128,)
    assert np.linalg.norm(code) == pytest.approx(1.0, abs=1e-5)
    again = one_face(sdk, np.ascontiguousarray(photo[::2, ::2] // 2)).identity_code
    assert float(code @ again) > 0.6
    tracked = sdk.track(photo).faces[0]
    tracked.fit_appearance()
    assert float(code @ tracked.identity_code) > 0.6


def test_people_of_lfw_are_told_apart(data_dir: Path) -> None:
    sdk = FaceSDK(Options(max_faces=1))
    folder = data_dir / "eval" / "lfw_identities"
    labels = np.load(folder / "labels.npz")
    files, names = labels["files"], labels["subject"]
    people = np.unique(names)[:30]
    chosen = [name for person in people for name in files[names == person][:2]]
    faces = [one_face(sdk, load_image(folder / "images" / name)) for name in chosen]
    codes = np.array([face.identity_code for face in faces]).reshape(len(people), 2, -1)
    alike = codes[:, 0] @ codes[:, 1].T
    same, different = np.diag(alike), alike[~np.eye(len(alike), dtype=bool)]
    assert np.mean(same[:, None] > different) > 0.8  # AUC of 30 same and 870 different pairs
