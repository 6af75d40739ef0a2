"""Open files, uploads and tensors of other libraries are taken like paths and arrays."""

from __future__ import annotations

import gzip
import io
import mmap
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from facesdk.errors import InvalidImage
from facesdk.io.image import load_image

PIXELS = np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8)


def png_bytes() -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(PIXELS).save(buffer, "PNG")
    return buffer.getvalue()


class OnlyRead:
    """A response of a server: it can be read once, and cannot seek."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def read(self) -> Any:
        return self.data


class Upload(OnlyRead):
    """An upload of a web framework, with the user's name for it beside that of the form's field."""

    filename, name = "holiday.jpg", "photo"


class AsyncUpload:
    """An upload whose read() is awaited, with the plain file as `file`."""

    filename = "holiday.jpg"

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)

    async def read(self) -> bytes:
        return self.file.read()


def written(file: Any) -> Any:
    """A file after its content was written: at its end."""
    file.write(png_bytes())
    return file


def memory_map(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


STREAMS: dict[str, Callable[[Path], Any]] = {
    "BytesIO": lambda path: io.BytesIO(png_bytes()),
    "BytesIO at its end": lambda path: written(io.BytesIO()),
    "open file": lambda path: path.open("rb"),
    "raw file": lambda path: path.open("rb", buffering=0),
    "temporary file at its end": lambda path: written(tempfile.TemporaryFile()),  # noqa: SIM115
    "spooled file at its end": lambda path: written(tempfile.SpooledTemporaryFile()),  # noqa: SIM115
    "compressed file": lambda path: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(png_bytes()))),
    "memory map": lambda path: memory_map(path),
    "only read()": lambda path: OnlyRead(png_bytes()),
    "read() of a bytearray": lambda path: OnlyRead(bytearray(png_bytes())),
    "upload": lambda path: Upload(png_bytes()),
    "asynchronous upload": lambda path: AsyncUpload(png_bytes()),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_whatever_can_be_read_is_an_image(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(png_bytes())
    np.testing.assert_array_equal(load_image(STREAMS[kind](path)), PIXELS)


def closed_file() -> io.BytesIO:
    file = io.BytesIO(png_bytes())
    file.close()
    return file


class OnlyAsync:
    async def read(self) -> bytes:
        return png_bytes()


BAD_STREAMS: dict[str, tuple[Any, str]] = {
    "text": (io.StringIO("no bytes"), "read.. gave str, expected bytes"),
    "closed": (closed_file(), "cannot be read"),
    "nothing in it": (io.BytesIO(), "empty file"),
    "no picture": (Upload(b"hello" * 100), "holiday.jpg: not a picture"),
    "cut short": (Upload(png_bytes()[:200]), "holiday.jpg: damaged"),
    "None": (OnlyRead(None), "gave NoneType"),
    "asynchronous": (OnlyAsync(), "asynchronous"),
}


@pytest.mark.parametrize("kind", BAD_STREAMS)
def test_what_is_read_but_is_no_image_is_refused_in_one_line(kind: str) -> None:
    stream, pattern = BAD_STREAMS[kind]
    with pytest.raises(InvalidImage, match=pattern) as caught:
        load_image(stream)
    assert "\n" not in str(caught.value)


def test_a_text_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(png_bytes())
    with (
        path.open(encoding="utf-8") as file,
        pytest.raises(InvalidImage, match=r"photo\.png: cannot be read"),
    ):
        load_image(file)  # type: ignore[arg-type]


class AsArray:
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return PIXELS


class WithInterface:
    __array_interface__ = PIXELS.__array_interface__


class WithDlpack:
    def __dlpack__(self, **options: Any) -> Any:
        return PIXELS.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return PIXELS.__dlpack_device__()


class OnGpu:
    """What a tensor of a GPU does."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("can't convert cuda:0 device type tensor to numpy.\nUse Tensor.cpu() first")


class DlpackOnGpu:
    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("memory of a GPU")

    def __dlpack_device__(self) -> Any:
        return (2, 0)


@pytest.mark.parametrize("kind", [AsArray, WithInterface, WithDlpack])
def test_whatever_offers_an_array_protocol_is_an_array(kind: Callable[[], Any]) -> None:
    loaded = load_image(kind())
    np.testing.assert_array_equal(loaded, PIXELS)
    np.testing.assert_array_equal(load_image(kind(), bgr=True), PIXELS[:, :, ::-1])
    assert not np.shares_memory(loaded, PIXELS)


@pytest.mark.parametrize("kind", [OnGpu, DlpackOnGpu])
def test_memory_that_numpy_cannot_read_is_refused_in_one_line(kind: Callable[[], Any]) -> None:
    with pytest.raises(InvalidImage, match="Gpu cannot be read as an array") as caught:
        load_image(kind())
    assert "\n" not in str(caught.value)


def test_tensors_of_torch_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(load_image(torch.from_numpy(PIXELS)), PIXELS)
    np.testing.assert_array_equal(load_image(torch.from_numpy(PIXELS / 255.0).float()), PIXELS)
    with pytest.raises(InvalidImage, match=r"got shape \(3, 12, 20\)"):
        load_image(torch.from_numpy(PIXELS).permute(2, 0, 1))


def test_a_pil_image_of_an_add_on_is_one() -> None:
    class AddOn(PIL.Image.Image):
        pass

    image = PIL.Image.fromarray(PIXELS)
    image.__class__ = AddOn
    np.testing.assert_array_equal(load_image(image), PIXELS)


@pytest.mark.parametrize("factor", [1.0000002, 1.0009, 0.9995])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_may_leave_0_to_1_by_rounding(factor: float, dtype: Any) -> None:
    values = ((PIXELS / 255.0) * factor).astype(dtype)
    assert np.abs(load_image(values).astype(int) - PIXELS).max() <= 1
    values = (PIXELS / 255.0 - (factor - 0.999)).astype(dtype).clip(-9e-4, None)
    assert load_image(values).min() == 0


@pytest.mark.parametrize(("low", "high"), [(0, 1.002), (-0.002, 1), (0, 255), (-1, 1)])
def test_floats_beyond_rounding_are_refused_with_their_range(low: float, high: float, tmp_path: Path) -> None:
    values = np.linspace(low, high, 240, dtype=np.float32).reshape(12, 20)
    with pytest.raises(InvalidImage, match=f"array: float values from {low:g} to {high:g}, expected 0 to 1"):
        load_image(values)
    file = tmp_path / "scan.tiff"
    PIL.Image.fromarray(values).save(file)
    with pytest.raises(InvalidImage, match=f"scan.tiff: float values from {low:g} to {high:g}"):
        load_image(file)


def test_values_that_are_not_finite_are_counted() -> None:
    values = np.zeros((12, 20, 3), np.float32)
    values[0, 0], values[1, 1, 1] = np.nan, np.inf
    with pytest.raises(InvalidImage, match="4 of 720 values are nan or inf"):
        load_image(values)
