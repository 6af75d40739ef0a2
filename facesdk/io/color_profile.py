"""Embedded colour profiles: pictures converted to sRGB with Little CMS."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
import PIL.Image

# Largest change in levels up to which a profile counts as sRGB: those of different makers differ by rounding.
SRGB_LEVELS = 2


def to_srgb(picture: PIL.Image.Image, profile: Any) -> PIL.Image.Image:
    """Convert a picture of any mode to RGB, by its embedded colour profile where there is one.

    Args:
        picture: of 8 bits per channel.
        profile: bytes of an ICC profile, or None.

    Returns:
        Of mode RGB, without alpha. Profiles that are broken, or made for another kind of picture, are
        ignored; the values of a picture whose profile is sRGB are left as they are.
    """
    mode = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}.get(picture.mode, "RGB")
    transform = _transform(profile, mode) if isinstance(profile, bytes) and profile else None
    if transform is None:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    from PIL import ImageCms

    converted = ImageCms.applyTransform(picture if picture.mode == mode else picture.convert(mode), transform)
    assert converted is not None  # only a transform in place returns None
    return converted


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """The conversion to sRGB, kept for the next photo; None where there is nothing to convert."""
    try:
        from PIL import ImageCms

        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        return transform if mode == "CMYK" or _changes(transform, mode) else None
    except Exception:  # damaged profiles surface as OSError, TypeError, PyCMSError, ...
        return None


def _changes(transform: Any, mode: str) -> bool:
    """Whether a conversion to sRGB changes any of a grid of colours by more than rounding."""
    from PIL import ImageCms

    levels = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    probe = PIL.Image.fromarray(grid).convert(mode)
    converted = np.asarray(ImageCms.applyTransform(probe, transform), dtype=np.int16)
    return int(np.abs(converted - np.asarray(probe.convert("RGB"))).max()) > SRGB_LEVELS
