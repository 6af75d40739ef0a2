"""The safetensors reader: what it reads equals the library's, and no damaged file passes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save

from facesdk import _core
from facesdk.errors import AssetError

ASSETS = Path(__file__).parents[2] / "facesdk" / "assets"


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str, shape: Any, *offsets: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": list(offsets)}


@pytest.mark.parametrize("name", ["eyes.safetensors", "face_model.safetensors", "mobile_facernet.plan"])
def test_bundled_files_read_as_by_the_library(name: str) -> None:
    ours = _core.Safetensors(str(ASSETS / name))
    with safe_open(str(ASSETS / name), "np") as theirs:
        assert sorted(theirs.keys()) == ours.keys()
        assert (theirs.metadata() or {}) == ours.metadata
        for key in ours.keys():  # noqa: SIM118 (the file is no dict)
            expected = theirs.get_tensor(key)
            assert ours[key].dtype == expected.dtype
            np.testing.assert_array_equal(ours[key], expected)


@pytest.mark.parametrize("dtype", ["f4", "f2", "i1", "u1", "i2", "u2", "i4", "i8"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (2, 3, 4)])
def test_every_dtype_and_shape(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    file = _core.Safetensors.from_bytes(save({"a": array, "b": np.ones(1, np.int8)}), "some.safetensors")
    assert file["a"].dtype == array.dtype
    np.testing.assert_array_equal(file["a"], array)
    with pytest.raises(KeyError):
        file["c"]


HEADER = {"a": entry("F32", [2], 0, 8)}
DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "too short for a length": b"\0" * 7,
    "a length beyond the file": struct.pack("<Q", 100) + b"{}",
    "the largest length": struct.pack("<Q", 2**64 - 1) + b"{}",
    "no JSON": file_of(b"{"),
    "no UTF-8": file_of(b'{"\xff": 1}'),
    "a huge number": file_of(b'{"a": 1e999}'),
    "a list": file_of(b"[]"),
    "nested too deeply": file_of(b"[" * 100000),
    "nested too deeply and closed": file_of(b'{"a":' * 50 + b"1" + b"}" * 50),
    "a key twice": file_of(b'{"a": %s, "a": %s}' % ((json.dumps(HEADER["a"]).encode(),) * 2), b"\0" * 8),
    "a part twice": file_of(b'{"a":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"\0"),
    "one byte missing": file_of(HEADER, b"\0" * 7),
    "one byte more": file_of(HEADER, b"\0" * 9),
    "an unknown dtype": file_of({"a": entry("F64", [1], 0, 8)}, b"\0" * 8),
    "a dtype that is no string": file_of({"a": entry(1, [1], 0, 8)}, b"\0" * 8),  # type: ignore[arg-type]
    "an entry that is a number": file_of({"a": 3}),
    "a shape that is no list": file_of({"a": entry("F32", 2, 0, 8)}, b"\0" * 8),
    "no shape": file_of({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, b"\0" * 8),
    "a negative extent": file_of({"a": entry("F32", [-2], 0, 8)}, b"\0" * 8),
    "a fraction": file_of({"a": entry("F32", [2.5], 0, 8)}, b"\0" * 8),
    "too many extents": file_of({"a": entry("F32", [1] * 9, 0, 4)}, b"\0" * 4),
    "a product beyond 64 bits": file_of({"a": entry("F32", [2**33, 2**33], 0, 8)}, b"\0" * 8),
    "a product that wraps to the size": file_of({"a": entry("I8", [2**32, 2**32, 1], 0, 0)}),
    "an extent beyond 64 bits": file_of({"a": entry("F32", [2**64 - 1], 0, 8)}, b"\0" * 8),
    "offsets for another shape": file_of({"a": entry("F32", [3], 0, 8)}, b"\0" * 8),
    "offsets that fall": file_of({"a": entry("F32", [2], 8, 0)}, b"\0" * 8),
    "one offset": file_of({"a": entry("F32", [2], 0)}, b"\0" * 8),
    "three offsets": file_of({"a": entry("F32", [2], 0, 8, 8)}, b"\0" * 8),
    "an overlap": file_of({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, b"\0" * 12),
    "a gap": file_of({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 8, 12)}, b"\0" * 12),
    "metadata that is no string": file_of({"__metadata__": {"a": 1}}),
    "metadata that is a list": file_of({"__metadata__": []}),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_files_are_refused_in_one_line(what: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"\Asome\.safetensors: [ -~]+\Z") as from_memory:
        _core.Safetensors.from_bytes(DAMAGED[what], "some.safetensors")
    assert len(str(from_memory.value)) < 300
    (tmp_path / "some.safetensors").write_bytes(DAMAGED[what])
    with pytest.raises(AssetError) as from_file:
        _core.Safetensors(str(tmp_path / "some.safetensors"))
    assert str(from_file.value) == str(from_memory.value)


def test_names_in_messages_are_cut_and_printable() -> None:
    with pytest.raises(AssetError, match=r"\Asome: x\?[ -~]{20,200}\Z"):
        _core.Safetensors.from_bytes(file_of({"x\n" * 5000: 1}), "some")


@pytest.mark.parametrize("path", ["missing.safetensors", "."])
def test_a_path_that_is_no_file(path: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        _core.Safetensors(str(tmp_path / path))
