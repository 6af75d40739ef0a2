"""Pictures as .png and .jpg files; a PNG names FaceSDK as its maker: it is not taken for a photo later."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2

from facesdk.core.arrays import Picture
from facesdk.errors import FaceSDKError, InvalidOptions
from facesdk.io.atomic_write import write_atomic
from facesdk.io.path_text import path_text

JPEG_QUALITY = 92  # of 100

_IHDR_END = 33  # bytes of a PNG's signature and first chunk


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_MAKER = _png_chunk(b"tEXt", b"Software\0FaceSDK")


def save_picture(picture: Picture, path: str | os.PathLike[str]) -> None:
    """Write an RGB picture, (H, W, 3) uint8.

    Raises:
        InvalidOptions: the path ends neither in .png nor in .jpg.
        FaceSDKError: it cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise InvalidOptions(f"{path_text(target)}: unknown ending, expected .png or .jpg")
    write_atomic(target, encode_picture(picture, suffix))


def encode_picture(picture: Picture, suffix: str) -> bytes:
    """Encode an RGB picture, (H, W, 3) uint8, as the bytes of a .png or .jpg file."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix != ".png" else []
    ok, data = cv2.imencode(suffix, picture[:, :, ::-1], quality)
    if not ok:
        raise FaceSDKError(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} cannot be written as {suffix}"
        )
    content = data.tobytes()
    return content if suffix != ".png" else content[:_IHDR_END] + _MAKER + content[_IHDR_END:]


def is_own_picture(path: Path) -> bool:
    """Whether a file is a PNG that `encode_picture` made; False where it cannot be read."""
    try:
        if path.suffix.lower() != ".png" or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(_IHDR_END + len(_MAKER)).endswith(_MAKER)
    except OSError:
        return False
