"""The limit of megapixels is ours alone: Pillow's is neither in the way nor changed."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import PIL.Image
import pytest

from facesdk.errors import InvalidImage
from facesdk.io.image import load_image
from facesdk.io.pixel_limit import pixel_limit

PIXELS = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)


def encoded(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(PIXELS).save(buffer, kind, **options)
    return buffer.getvalue()


FILES = {
    "PNG": encoded("PNG"),
    "JPEG": encoded("JPEG"),
    "WebP": encoded("WEBP", lossless=True),
    "animated WebP": encoded("WEBP", save_all=True, append_images=[PIL.Image.fromarray(PIXELS[::-1])]),
    "TIFF": encoded("TIFF"),
    "TIFF with LZW": encoded("TIFF", compression="tiff_lzw"),
    "BMP": encoded("BMP"),
    "GIF": encoded("GIF"),
    "JPEG 2000": encoded("JPEG2000"),
}


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Pillow's limit below the pictures' size, in the place of pictures of 200 megapixels."""
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    return 100


@pytest.mark.parametrize("kind", FILES)
def test_larger_pictures_than_pillow_takes_are_read(kind: str, low_limit: int) -> None:
    assert load_image(FILES[kind]).shape == PIXELS.shape
    assert low_limit == PIL.Image.MAX_IMAGE_PIXELS
    with pytest.raises(PIL.Image.DecompressionBombError):
        PIL.Image.open(io.BytesIO(FILES[kind])).load()


@pytest.mark.parametrize("kind", FILES)
def test_our_own_limit_holds(kind: str, low_limit: int) -> None:
    with pytest.raises(InvalidImage, match=r"80 x 60 .*limit is 0\.001; .*--max-megapixels") as caught:
        load_image(FILES[kind], max_megapixels=0.001)
    assert "\n" not in str(caught.value)


def test_other_threads_keep_pillows_limit(low_limit: int) -> None:
    outcome: list[str] = []

    def open_with_pillow() -> None:
        try:
            PIL.Image.open(io.BytesIO(FILES["PNG"]))
            outcome.append("opened")
        except PIL.Image.DecompressionBombError:
            outcome.append("refused")

    with pixel_limit(lambda width, height: None):
        thread = threading.Thread(target=open_with_pillow)
        thread.start()
        thread.join()
        PIL.Image.open(io.BytesIO(FILES["PNG"]))
    assert outcome == ["refused"]


def test_a_lazy_pil_image_is_decoded_under_our_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    image = PIL.Image.open(io.BytesIO(FILES["TIFF"]))
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    np.testing.assert_array_equal(load_image(image), PIXELS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_photos_of_two_hundred_megapixels_are_read(kind: str) -> None:
    buffer = io.BytesIO()
    PIL.Image.new("L", (16320, 12240)).save(buffer, kind)
    with pytest.raises(InvalidImage, match=r"199\.8 megapixels"):
        load_image(buffer)
    assert load_image(buffer, max_megapixels=300).shape == (12240, 16320, 3)
