"""Packing of linear shapes into blocks of bytes."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import manifest
from facesdk.errors import AssetError
from facesdk.morphable.face_model import FaceModel
from facesdk.morphable.packing import PACKED, packed_tensors
from facesdk.morphable.shape_blocks import BLOCK, pack_shapes


def test_of_shapes_that_tie_the_last_are_refined() -> None:
    """Half of 100 equal shapes, between 100 smaller ones, may stay coarse: the first 50, on any CPU.

    An unstable sort puts equal numbers in an order that depends on the CPU's vector instructions.
    """
    count, controls = 200, BLOCK // 2
    rng = np.random.default_rng(0)
    shapes = rng.uniform(-1, 1, (count, 3 * controls)).astype(np.float32)
    shapes[:, ::BLOCK] = 1.0  # the largest number of every block
    shapes[::2] /= 16
    small, large = (1 / 16 / 127) ** 2 / 12, (1 / 127) ** 2 / 12
    error = np.sqrt(100 * small + 50.5 * large)
    packed = pack_shapes(shapes.reshape(count, controls, 3), controls, error=float(error))
    stored = np.ones(count, int)
    stored[101::2] = 2
    for begin, end in zip(packed.ptr[:-1], packed.ptr[1:], strict=True):
        assert np.bincount(packed.row[begin:end], minlength=count).tolist() == stored.tolist()


def test_shipped_blocks_are_what_packing_gives() -> None:
    """The engine reads the packed shapes from the face-model file; no other pair of files may be shipped."""
    from safetensors.numpy import load_file

    tensors = load_file(manifest.asset_path(manifest.FACE_MODEL))
    packed = packed_tensors({name: value for name, value in tensors.items() if name not in PACKED})
    for name in PACKED[:4]:
        assert tensors[name].dtype == packed[name].dtype
        assert np.array_equal(tensors[name], packed[name]), name
    assert np.array_equal(tensors["landmark_corners"], packed["landmark_corners"])
    for name in ("landmark_mean", "landmark_bases"):  # sums whose order is the linear-algebra library's
        np.testing.assert_allclose(tensors[name], packed[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("shape_row", -1, 53), ("shape_ptr", -1, 10**6), ("landmark_corners", 0, 10**5),
        ("landmark_bases", slice(0, 1), None), ("shape_values", slice(0, 1), None),
    ],
)  # fmt: skip
def test_damaged_packed_tensors_are_named(name: str, index: int | slice, value: int | None) -> None:
    from safetensors import safe_open

    with safe_open(str(manifest.asset_path(manifest.FACE_MODEL)), framework="numpy") as stored:
        tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        metadata = stored.metadata()
    if value is None:
        tensors[name] = tensors[name][index]
    else:
        tensors[name][index] = value
    with pytest.raises(AssetError, match="damaged"):
        FaceModel(tensors, metadata, "model.safetensors")
