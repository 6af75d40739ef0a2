# ruff: noqa: E402 (scipy is optional: the file is skipped before its imports where scipy is absent)
"""The Basel reader on generated files of the real format and, once, of the real sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

scipy_io = pytest.importorskip("scipy.io")

from facesdk.errors import AssetError
from facesdk.morphable import bfm
from facesdk.morphable.face_model import FaceModel

EXP_FILE_VERTS = 60


def grid(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A bulged sheet facing +z, wound clockwise as Basel's triangles may be; the foremost point is unique."""
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-0.8, 0.8, columns), indexing="ij")
    z = 1 - (x - 0.013) ** 2 - (y - 0.017) ** 2
    verts = np.stack([x, y, z], 2).reshape(-1, 3)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    a, b, c, d = corner, corner + 1, corner + columns + 1, corner + columns
    return verts, np.concatenate([np.stack([a, c, b], 1), np.stack([a, d, c], 1)])


def write_bfm(
    folder: Path, monkeypatch: pytest.MonkeyPatch, n_shape: int = 7, n_exp: int = 5
) -> dict[str, np.ndarray]:
    """A 01_MorphableModel.mat of 70 vertices whose expressions know 60, of which 48 are the front."""
    monkeypatch.setattr(bfm, "N_EXP_VERTS", EXP_FILE_VERTS)
    rng = np.random.default_rng(0)
    front, triangles = grid(8, 6)
    whole = rng.uniform(-2, -1, (70, 3))
    trim = np.sort(rng.permutation(70)[:EXP_FILE_VERTS])
    pick = np.sort(rng.permutation(EXP_FILE_VERTS)[:48])
    whole[trim[pick]] = front
    model = {
        "shapeMU": whole.reshape(-1, 1) * 1e5,
        "shapePC": rng.normal(0, 0.01, (210, n_shape)),
        "shapeEV": rng.uniform(1e4, 9e4, (n_shape, 1)),
        "texMU": rng.uniform(50, 200, (210, 1)),
        "texPC": rng.normal(0, 0.01, (210, n_shape)),
        "texEV": rng.uniform(100, 900, (n_shape, 1)),
    }
    model = {k: v.astype(np.float32) for k, v in model.items()}
    points = rng.choice(48, 68)
    scipy_io.savemat(folder / "01_MorphableModel.mat", model)
    scipy_io.savemat(folder / "BFM_front_idx.mat", {"idx": pick[:, None] + 1})
    scipy_io.savemat(folder / "BFM_exp_idx.mat", {"trimIndex": trim[:, None] + 1})
    scipy_io.savemat(folder / "facemodel_info.mat", {"tri": triangles + 1, "keypoints": points[None] + 1})
    expression = rng.normal(0, 50, (n_exp, EXP_FILE_VERTS, 3)).astype(np.float32)
    spread = rng.uniform(1, 3, n_exp)
    header = np.array([n_exp], "<i4").tobytes() + np.zeros(EXP_FILE_VERTS * 3, "<f4").tobytes()
    (folder / "Exp_Pca.bin").write_bytes(header + expression.tobytes())
    np.savetxt(folder / "std_exp.txt", spread[None])
    keep = trim[pick]
    return model | {"keep": keep, "pick": pick, "expression": expression, "spread": spread, "points": points}


def test_whole_model_is_cropped_and_scaled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write_bfm(tmp_path, monkeypatch)
    model = bfm.load_bfm(tmp_path)
    assert (model.n_verts, model.n_id, model.n_tex, model.n_exp) == (48, 7, 7, 5)
    alpha, delta = np.zeros(7, np.float32), np.zeros(5, np.float32)
    mean = model.decode(alpha, delta)
    alpha[2], delta[3] = 1.5, -0.5
    moved = model.decode(alpha, delta) - mean
    basis = made["shapePC"][:, 2].reshape(-1, 3)[made["keep"]] * made["shapeEV"][2] / 1e3
    smile = made["expression"][3][made["pick"]] * made["spread"][3] / 1e3
    assert np.allclose(moved, 1.5 * basis - 0.5 * smile, atol=5e-3)
    eyes = model.landmarks(mean)[36:48].reshape(2, 6, 3).mean((0, 1))
    assert np.allclose(eyes, 0, atol=1e-3)
    assert np.allclose(model.landmarks(mean), mean[made["points"]], atol=1e-5)
    assert np.allclose(model.albedo(np.zeros(7)), made["texMU"].reshape(-1, 3)[made["keep"]] / 255, atol=1e-5)
    a, b, c = (mean[model.triangles[:, i]] for i in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()  # counter-clockwise from outside


def test_an_identity_that_stays_gives_the_same_mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bfm(tmp_path, monkeypatch)
    model = bfm.load_bfm(tmp_path)
    rng = np.random.default_rng(0)
    alpha, other, delta = rng.normal(size=7), rng.normal(size=7), rng.normal(size=5)
    first = model.decode(alpha, delta)
    for _ in range(2):  # the identity's own mesh is made, then used again
        assert np.allclose(model.decode(alpha, delta), first, atol=1e-3)
    assert np.allclose(model.identity_mesh(alpha), model.decode(alpha, np.zeros(5)), atol=1e-6)
    assert not np.allclose(model.decode(other, delta), first, atol=1e-2)
    assert np.array_equal(model.decode(alpha, delta), first)
    assert np.allclose(model.control_mesh(alpha, delta), first, atol=1e-3)


def test_front_file_alone_and_as_the_crop_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_bfm(tmp_path, monkeypatch)
    by_index = bfm.load_bfm(tmp_path)
    info = scipy_io.loadmat(tmp_path / "facemodel_info.mat")
    shape = made["shapeMU"].reshape(-1, 3)[made["keep"]] / 1e5
    flat = np.repeat(3 * made["keep"], 3) + np.tile(np.arange(3), 48)
    front = {
        "meanshape": (shape - shape.mean(0)).reshape(1, -1),
        "meantex": made["texMU"].reshape(-1, 3)[made["keep"]].reshape(1, -1),
        "idBase": made["shapePC"][flat, :4] * made["shapeEV"][:4, 0] / 1e5,
        "texBase": made["texPC"][flat, :4] * made["texEV"][:4, 0],
        "exBase": (made["expression"][:, made["pick"]] * made["spread"][:, None, None]).reshape(5, -1).T
        / 1e5,
        "tri": info["tri"],
        "keypoints": info["keypoints"],
    }
    for name in ("BFM_front_idx.mat", "BFM_exp_idx.mat", "facemodel_info.mat"):
        (tmp_path / name).unlink()
    with pytest.raises(AssetError, match="BFM_model_front"):
        bfm.load_bfm(tmp_path)
    scipy_io.savemat(tmp_path / "BFM_model_front.mat", front)
    by_place = bfm.load_bfm(tmp_path)
    assert by_place.n_id == 7
    (tmp_path / "01_MorphableModel.mat").unlink()
    alone = bfm.load_bfm(tmp_path)
    assert (alone.n_id, alone.n_tex, alone.n_exp) == (4, 4, 5)
    delta = np.linspace(-1, 1, 5)
    expected = by_index.decode(np.r_[1.0, np.zeros(6)], delta)
    assert np.allclose(by_place.decode(np.r_[1.0, np.zeros(6)], delta), expected, atol=1e-2)
    assert np.allclose(alone.decode([1.0, 0, 0, 0], delta), expected, atol=1e-2)


def test_saved_model_opens_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bfm(tmp_path, monkeypatch)
    bfm.save_bfm(tmp_path, tmp_path / "bfm.safetensors")
    model = FaceModel.load(tmp_path / "bfm.safetensors")
    assert model.version == "BFM-2009"
    assert model.arkit(np.zeros(5)) == {}


def test_missing_and_damaged_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssetError, match=r"01_MorphableModel\.mat"):
        bfm.load_bfm(tmp_path)
    write_bfm(tmp_path, monkeypatch)
    (tmp_path / "Exp_Pca.bin").write_bytes(b"\x05\x00\x00\x00short..")
    with pytest.raises(AssetError, match=r"Exp_Pca\.bin"):
        bfm.load_bfm(tmp_path)
    (tmp_path / "01_MorphableModel.mat").write_bytes(b"no")
    with pytest.raises(AssetError, match=r"01_MorphableModel\.mat: cannot be read"):
        bfm.load_bfm(tmp_path)


def test_the_papers_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """35,709 vertices and 199 + 199 + 64 + 3 + 3 + 27 = 495 numbers, from the content of a file of real
    sizes."""
    verts, triangles = grid(189, 189)
    verts, count = verts[:35709], 35709
    triangles = triangles[(triangles < count).all(1)]
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, (3 * count, 1)).astype(np.float32)
    front = {
        "meanshape": verts.reshape(1, -1).astype(np.float32),
        "meantex": np.full((1, 3 * count), 128, np.float32),
        "idBase": np.broadcast_to(noise, (3 * count, 199)),
        "texBase": np.broadcast_to(noise, (3 * count, 199)),
        "exBase": np.broadcast_to(noise, (3 * count, 64)),
        "tri": (triangles + 1).astype(np.int32),
        "keypoints": (rng.choice(35000, 68)[None] + 1).astype(np.int32),
    }
    (tmp_path / "BFM_model_front.mat").touch()
    monkeypatch.setattr(bfm, "_mat", lambda folder, name: front)  # 250 MB need not go over the disk
    model = bfm.load_bfm(tmp_path)
    assert (model.n_verts, model.n_id, model.n_tex, model.n_exp) == (35709, 199, 199, 64)
    assert model.n_id + model.n_tex + model.n_exp + 3 + 3 + 27 == 495
