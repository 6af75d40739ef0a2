"""Bytes of image files and PIL images to (H, W, 3) uint8 RGB, by Pillow."""

from __future__ import annotations

import contextlib
import functools
import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps

from facesdk.core.arrays import Picture
from facesdk.errors import InvalidImage
from facesdk.io.array_picture import array_picture, check_size
from facesdk.io.color_profile import to_srgb
from facesdk.io.photo_formats import HEAD, REMEDIES, sniff
from facesdk.io.pixel_limit import pixel_limit

JPEG_END = b"\xff\xd9"


def decode(
    data: bytes, name: str, max_megapixels: float, allow_truncated: bool
) -> tuple[Picture, tuple[str, ...]]:
    """Decode the first frame of an image file.

    Args:
        data: the whole file.
        name: of the file, for messages.
        max_megapixels: the limit, checked before anything is decoded.
        allow_truncated: keep what can be decoded of an incomplete file; the rest of it is black or gray.

    Returns:
        The picture, and notes for the user: none, or that it is incomplete.

    Raises:
        InvalidImage: it is no picture, too large, damaged, or incomplete without leave.
    """
    if not data:
        raise InvalidImage(f"{name}: empty file")
    with _own_limit(name, max_megapixels):
        picture = _open(data, name)
        check_size(picture.width, picture.height, name, max_megapixels)
        picture, notes = _load(picture, data, name, allow_truncated)
        try:
            PIL.ImageOps.exif_transpose(picture, in_place=True)
            return _to_rgb(picture, name), notes
        except InvalidImage:
            raise
        except Exception as error:
            raise InvalidImage(f"{name}: cannot be converted to RGB ({_reason(error)})") from error


def pil_picture(picture: PIL.Image.Image, name: str, max_megapixels: float) -> Picture:
    """Convert a caller's PIL image.

    Raises:
        InvalidImage: it is too large, or its file is damaged.
    """
    check_size(picture.width, picture.height, name, max_megapixels)
    with _own_limit(name, max_megapixels):
        try:
            return _to_rgb(PIL.ImageOps.exif_transpose(picture), name)
        except InvalidImage:
            raise
        except Exception as error:  # truncated data surfaces as OSError, SyntaxError, struct.error, ...
            raise InvalidImage(f"{name}: damaged picture ({_reason(error)})") from error


def _own_limit(name: str, max_megapixels: float) -> contextlib.AbstractContextManager[None]:
    return pixel_limit(functools.partial(check_size, name=name, max_megapixels=max_megapixels))


def _open(data: bytes, name: str) -> PIL.Image.Image:
    """Read the header."""
    kind = sniff(data[:HEAD])
    if kind == "HEIC":
        _register_heif()
    try:
        return PIL.Image.open(io.BytesIO(data))
    except InvalidImage:  # from the check of the size
        raise
    except PIL.UnidentifiedImageError as error:
        if kind in REMEDIES:
            raise InvalidImage(f"{name}: {kind} cannot be read; {REMEDIES[kind]}") from error
        if kind is not None:
            raise InvalidImage(f"{name}: damaged or incomplete {kind} picture") from error
        raise InvalidImage(f"{name}: not a picture in a known format") from error
    except Exception as error:  # damaged headers surface as almost any exception
        raise InvalidImage(f"{name}: damaged picture ({_reason(error)})") from error


def _register_heif() -> None:
    """Have Pillow read HEIC where the add-on is installed."""
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _load(
    picture: PIL.Image.Image, data: bytes, name: str, allow_truncated: bool
) -> tuple[PIL.Image.Image, tuple[str, ...]]:
    """Decode the pixels, or those that are there; with the notes of `decode`."""
    try:
        picture.load()
        return picture, ()
    except InvalidImage:
        raise
    except Exception as failure:  # truncated data surfaces as OSError, SyntaxError, struct.error, ...
        reason = _reason(failure)
        if not allow_truncated:
            raise InvalidImage(
                f"{name}: damaged picture ({reason}); to take what can be decoded of it, "
                "set Options.allow_truncated (--allow-truncated)"
            ) from failure
    part = _load_part(picture, data, name)
    if part is None:
        raise InvalidImage(f"{name}: damaged picture ({reason}); nothing of it can be decoded")
    return part, (f"incomplete picture ({reason}): what is missing of it is blank",)


def _load_part(picture: Any, data: bytes, name: str) -> PIL.Image.Image | None:
    """What can be decoded of a picture whose load failed; None if that is nothing."""
    if picture.format in ("JPEG", "MPO"):
        # With an end the decoder completes the scans that it has: else progressive pictures stay blank.
        picture = _open(data + JPEG_END, name)
    else:
        picture.tile = []  # nothing is left to decode: the next load keeps the pixels that are there
    try:
        picture.load()
        return None if picture.getbbox() is None else picture
    except Exception:  # as above
        return None


def _to_rgb(upright: PIL.Image.Image, name: str) -> Picture:
    """To 8 bits and sRGB."""
    profile = upright.info.get("icc_profile")
    if upright.mode.startswith("I;16"):
        # PIL would clip 16-bit gray instead of scaling it.
        upright = PIL.Image.fromarray((np.asarray(upright).astype(np.uint32) >> 8).astype(np.uint8))
    elif upright.mode == "I":
        upright = PIL.Image.fromarray(_from_32_bits(np.asarray(upright), name))
    elif upright.mode == "F":
        values = np.asarray(upright, dtype=np.float32)
        upright = PIL.Image.fromarray(array_picture(values, name, False, float("inf"))[:, :, 0])
    return np.ascontiguousarray(np.asarray(to_srgb(upright, profile), dtype=np.uint8))


def _from_32_bits(values: Any, name: str) -> Any:
    """32-bit gray: 0..65535, as 16-bit PNG files open in some PIL versions."""
    if values.min() < 0 or values.max() > 65535:
        raise InvalidImage(
            f"{name}: 32-bit values from {values.min()} to {values.max()}, expected 0 to 65535"
        )
    return (values >> 8).astype(np.uint8)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
