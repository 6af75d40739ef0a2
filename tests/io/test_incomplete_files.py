"""Incomplete image files: refused with the remedy, or decoded as far as they go, without touching Pillow."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageFile
import pytest

from facesdk.errors import InvalidImage
from facesdk.io.image import LoadedImage, load_image, load_photo

BLOCKS = np.kron(
    np.random.default_rng(0).integers(20, 255, (30, 40, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)
)


def encoded(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(BLOCKS).save(buffer, kind, **options)
    return buffer.getvalue()


FILES = {
    "JPEG": encoded("JPEG"),
    "progressive JPEG": encoded("JPEG", progressive=True),
    "MPO": encoded("MPO"),
    "PNG": encoded("PNG", compress_level=0),
    "BMP": encoded("BMP"),
    "TIFF": encoded("TIFF"),
    "PPM": encoded("PPM"),
    "GIF": encoded("GIF"),
}


def whole_rows(picture: Any) -> float:
    """The share of rows that are those of the photo, up to JPEG's and GIF's losses."""
    return float((np.abs(picture.astype(int) - BLOCKS).mean(axis=(1, 2)) < 30).mean())


def load_part(data: bytes) -> LoadedImage:
    return load_photo(data, allow_truncated=True)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.6, 0.8])
def test_a_part_is_decoded_and_noted_where_that_is_allowed(kind: str, share: float) -> None:
    data = FILES[kind][: int(share * len(FILES[kind]))]
    with pytest.raises(InvalidImage, match=r"damaged picture .*; to take .*allow_truncated") as caught:
        load_image(data)
    assert "\n" not in str(caught.value)
    loaded = load_part(data)
    assert loaded.picture.shape == BLOCKS.shape
    (note,) = loaded.notes
    assert "incomplete picture" in note
    if kind != "progressive JPEG":  # all of it, but coarse
        assert share - 0.15 < whole_rows(loaded.picture) < share + 0.15


@pytest.mark.parametrize("missing", [1, 2, 100])
@pytest.mark.parametrize("kind", ["JPEG", "progressive JPEG", "TIFF", "BMP"])
def test_the_last_bytes_cost_next_to_nothing(kind: str, missing: int) -> None:
    loaded = load_part(FILES[kind][:-missing])
    assert loaded.notes
    assert whole_rows(loaded.picture) > 0.95


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_bear_no_note(kind: str) -> None:
    loaded = load_part(FILES[kind])
    assert loaded.notes == ()
    np.testing.assert_array_equal(loaded.picture, load_image(FILES[kind]))


@pytest.mark.parametrize("data", [
    encoded("WEBP")[:-100],  # its decoder takes all or nothing
    FILES["JPEG"][:100],
    FILES["PNG"][:40],
    b"no picture at all",
])  # fmt: skip
def test_what_holds_no_picture_is_refused_all_the_same(data: bytes) -> None:
    with pytest.raises(InvalidImage):
        load_part(data)


def test_pillow_itself_stays_strict() -> None:
    data = FILES["JPEG"][:-100]
    load_part(data)
    assert PIL.ImageFile.LOAD_TRUNCATED_IMAGES is False
    with pytest.raises(OSError, match="truncated"):
        PIL.Image.open(io.BytesIO(data)).load()
