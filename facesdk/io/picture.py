"""Pictures as .png and .jpg files."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from facesdk.core.arrays import Picture
from facesdk.errors import FaceSDKError, InvalidOptions
from facesdk.io.atomic_write import write_atomic

JPEG_QUALITY = 92  # of 100


def save_picture(picture: Picture, path: str | os.PathLike[str]) -> None:
    """Write an RGB picture, (H, W, 3) uint8.

    Raises:
        InvalidOptions: the path ends neither in .png nor in .jpg.
        FaceSDKError: it cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise InvalidOptions(f"{target.name}: unknown ending, expected .png or .jpg")
    write_atomic(target, encode_picture(picture, suffix))


def encode_picture(picture: Picture, suffix: str) -> bytes:
    """Encode an RGB picture, (H, W, 3) uint8, as the bytes of a .png or .jpg file."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix != ".png" else []
    ok, data = cv2.imencode(suffix, picture[:, :, ::-1], quality)
    if not ok:
        raise FaceSDKError(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} cannot be written as {suffix}"
        )
    return data.tobytes()
