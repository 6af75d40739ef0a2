"""Every accepted form of a picture gives the same pixels; everything else one line."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from facesdk.errors import InvalidImage
from facesdk.io.image import load_image

PIXELS = np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8)


def png(mode: str = "RGB", pixels: np.ndarray = PIXELS, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).convert(mode).save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_path_bytes_pil_and_arrays_agree(tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(png())
    alpha = np.dstack([PIXELS, np.full((12, 20), 7, np.uint8)])
    strided = np.ascontiguousarray(PIXELS.transpose(1, 0, 2)).transpose(1, 0, 2)
    for image in (
        file, str(file), png(), bytearray(png()), memoryview(png()), PIL.Image.open(file), PIXELS, alpha,
        strided, PIL.Image.fromarray(alpha),
    ):  # fmt: skip
        loaded = load_image(image)
        np.testing.assert_array_equal(loaded, PIXELS)
        assert loaded.flags.c_contiguous
    np.testing.assert_array_equal(load_image(PIXELS[:, :, ::-1], bgr=True), PIXELS)
    np.testing.assert_array_equal(load_image(alpha[:, :, [2, 1, 0, 3]], bgr=True), PIXELS)


def test_gray_is_repeated_and_floats_are_scaled() -> None:
    gray = PIXELS[:, :, 0]
    for image in (gray, gray[:, :, None], PIL.Image.fromarray(gray)):
        np.testing.assert_array_equal(load_image(image), np.dstack([gray] * 3))
    np.testing.assert_array_equal(load_image(PIXELS / 255.0), PIXELS)
    np.testing.assert_array_equal(load_image((PIXELS / 255.0).astype(np.float16)).shape, PIXELS.shape)


def test_sixteen_bits_palettes_and_one_bit_open() -> None:
    wide = (np.arange(240, dtype=np.uint16) * 273).reshape(12, 20)
    buffer = io.BytesIO()
    PIL.Image.fromarray(wide).save(buffer, "PNG")
    np.testing.assert_array_equal(load_image(buffer.getvalue())[:, :, 0], wide >> 8)
    for mode in ("P", "1", "L", "LA", "RGBA"):
        assert load_image(png(mode)).shape == (12, 20, 3)
    buffer = io.BytesIO()
    PIL.Image.fromarray(PIXELS).convert("CMYK").save(buffer, "JPEG")
    assert load_image(buffer.getvalue()).shape == (12, 20, 3)


@pytest.mark.parametrize("name", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_become_eight_exactly(name: str, channels: int) -> None:
    values = np.random.default_rng(2).integers(0, 255, (12, 20, channels), dtype=np.uint16)
    ok, data = cv2.imencode(f".{name}", values * 257)  # 257: 0..255 to 0..65535
    assert ok
    expected = values if channels == 1 else values[:, :, 2::-1]
    np.testing.assert_array_equal(load_image(data.tobytes()), np.broadcast_to(expected, (12, 20, 3)))


def without_adobe_marker(jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xee")  # APP14
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


@pytest.mark.parametrize("kind", ["Adobe JPEG", "plain JPEG", "TIFF"])
def test_cmyk_is_not_inverted(kind: str) -> None:
    blocks = PIL.Image.fromarray(np.kron(PIXELS[:3, :5], np.ones((16, 16, 1), np.uint8)))
    buffer = io.BytesIO()
    blocks.convert("CMYK").save(buffer, kind.split()[-1], quality=100)  # JPEG: inverted, as Photoshop does
    data = without_adobe_marker(buffer.getvalue()) if kind == "plain JPEG" else buffer.getvalue()
    assert np.abs(load_image(data).astype(int) - np.asarray(blocks)).mean() < 1


TURNS: dict[int, Any] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "JPEG", "PIL image"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    blocks = np.kron(PIXELS[:3, :5], np.ones((16, 16, 1), np.uint8))  # JPEG keeps them
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    buffer = io.BytesIO()
    PIL.Image.fromarray(blocks).save(buffer, "PNG" if kind == "PIL image" else kind, exif=exif, **options)
    loaded = load_image(PIL.Image.open(buffer) if kind == "PIL image" else buffer.getvalue())
    expected = TURNS[orientation](blocks)
    assert loaded.shape == expected.shape
    assert np.abs(loaded.astype(int) - expected).max() <= (3 if kind == "JPEG" else 0)


def jpeg_bytes() -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 90, 3), dtype=np.uint8)).save(
        buffer, "JPEG"
    )
    return buffer.getvalue()


def webp_bytes() -> bytes:
    buffer = io.BytesIO()
    PIL.Image.open(io.BytesIO(jpeg_bytes())).save(buffer, "WEBP")
    return buffer.getvalue()


BAD = {
    "missing file": ("no/such/photo.jpg", "photo.jpg: cannot be read"),
    "folder": (Path("."), "cannot be read"),
    "null in the name": ("a\0b", "cannot be read"),
    "empty bytes": (b"", "empty"),
    "not a picture": (b"hello" * 100, "not a picture"),
    "cut short": (jpeg_bytes()[:1500], "damaged.*allow_truncated"),
    "cut WebP": (webp_bytes()[:-100], "damaged"),
    "cut in the first bytes": (jpeg_bytes()[:10], "damaged"),
    "JPEG XL": (b"\xff\x0a" + bytes(50), "JPEG XL cannot be read; convert"),
    "cut in the header": (png()[:20], "picture"),
    "empty array": (np.zeros((0, 5, 3), np.uint8), "empty"),
    "two channels": (np.zeros((5, 5, 2), np.uint8), r"\(5, 5, 2\)"),
    "one dimension": (np.zeros(5, np.uint8), r"\(5,\)"),
    "a batch": (np.zeros((2, 5, 5, 3), np.uint8), r"\(2, 5, 5, 3\)"),
    "NaN": (np.full((5, 5, 3), np.nan, np.float32), "nan"),
    "one NaN": (np.where(np.eye(5)[:, :, None] > 0, np.nan, 0.5 * np.ones((5, 5, 3))), "nan"),
    "infinite": (np.full((5, 5, 3), np.inf), "inf"),
    "float 0..255": (np.full((5, 5, 3), 200.0), "expected 0 to 1"),
    "negative float": (np.full((5, 5, 3), -0.1), "expected 0 to 1"),
    "int64": (np.zeros((5, 5, 3), np.int64), "int64"),
    "uint16": (np.zeros((5, 5, 3), np.uint16), "uint16"),
    "bool": (np.zeros((5, 5, 3), bool), "bool"),
    "complex": (np.zeros((5, 5, 3), complex), "complex"),
    "objects": (np.full((5, 5, 3), None), "object"),
    "strings": (np.full((5, 5, 3), "x"), "<U1"),
    "none": (None, "NoneType"),
    "number": (3, "int"),
    "list": ([[1, 2], [3, 4]], "list"),
    "100 megapixel array": (np.broadcast_to(np.uint8(0), (10000, 10000, 3)), "100.0 megapixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_refused_in_one_line(name: str) -> None:
    image, pattern = BAD[name]
    with pytest.raises(InvalidImage, match=pattern) as caught:
        load_image(image)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_before_it_is_decoded() -> None:
    huge = png(pixels=np.zeros((10000, 10000, 1), np.uint8)[:, :, 0], mode="1")
    with pytest.raises(InvalidImage, match=r"100\.0 megapixels, the limit is 64"):
        load_image(huge)
    cut = huge[: len(huge) // 2]  # decoding would fail on the missing half; the limit speaks first
    with pytest.raises(InvalidImage, match="megapixels"):
        load_image(cut)
    assert load_image(png(), max_megapixels=0.001).shape == PIXELS.shape


def test_the_caller_may_reuse_the_buffer() -> None:
    buffer = PIXELS.copy()
    loaded = load_image(buffer)
    buffer[:] = 0
    np.testing.assert_array_equal(loaded, PIXELS)


def test_one_pixel_is_a_picture() -> None:
    assert load_image(np.zeros((1, 1, 3), np.uint8)).shape == (1, 1, 3)
