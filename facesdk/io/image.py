"""Pictures from paths, bytes, PIL images and arrays, always to (H, W, 3) uint8 RGB.

Limits: at least 1 x 1 and at most Options.max_megapixels, read from the header before anything is
decoded. EXIF orientation is honoured. Alpha is dropped, gray is repeated. Float arrays are taken as
0..1; whatever else is not uint8 is refused, because its range cannot be known.
"""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import Picture
from facesdk.errors import InvalidImage

if TYPE_CHECKING:
    import PIL.Image

ImageLike = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, "PIL.Image.Image", npt.NDArray[Any]]

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm"})


def load_image(image: ImageLike, *, bgr: bool = False, max_megapixels: float = 64.0) -> Picture:
    """Convert any accepted picture to (H, W, 3) uint8 RGB, C order.

    Args:
        image: path, bytes of an image file, PIL image, or array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4),
            uint8 or float in 0..1.
        bgr: an array's first three channels are blue, green, red.
        max_megapixels: larger pictures are refused before they are decoded.

    Raises:
        InvalidImage: the picture cannot be used; the reason in one line.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image, bgr, max_megapixels)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(image), "image bytes", max_megapixels)
    if isinstance(image, (str, os.PathLike)):
        path = Path(image)
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a null character in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidImage(f"{path.name or path}: cannot be read ({reason})") from error
        return _from_bytes(data, path.name, max_megapixels)
    # A PIL image without importing PIL for callers who only pass arrays.
    if type(image).__module__.startswith("PIL.") and hasattr(image, "convert"):
        return _from_pil(image, "PIL image", max_megapixels)
    raise InvalidImage(
        f"image: got {type(image).__name__}, expected a path, bytes, a PIL image or a NumPy array"
    )


def load_frame(frame: ImageLike, *, bgr: bool = False, max_megapixels: float = 64.0) -> Picture:
    """Convert like `load_image`, but do not copy an array that is an RGB picture already."""
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        return load_image(frame, bgr=bgr, max_megapixels=max_megapixels)
    _check_size(frame.shape[1], frame.shape[0], "array", max_megapixels)
    if bgr:
        import cv2

        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
    return np.ascontiguousarray(frame)


def _check_size(width: int, height: int, name: str, max_megapixels: float) -> None:
    if width < 1 or height < 1:
        raise InvalidImage(f"{name}: empty picture ({width} x {height})")
    if width * height > max_megapixels * 1e6:
        raise InvalidImage(
            f"{name}: {width} x {height} is {width * height / 1e6:.1f} megapixels, the limit is "
            f"{max_megapixels:g}; shrink it or raise Options.max_megapixels"
        )


def _from_bytes(data: bytes, name: str, max_megapixels: float) -> Picture:
    if not data:
        raise InvalidImage(f"{name}: empty file")
    import PIL.Image

    try:
        with warnings.catch_warnings():
            # Our own limit is checked below; PIL's warning about large pictures would only be noise.
            warnings.simplefilter("ignore")
            picture = PIL.Image.open(io.BytesIO(data))
    except PIL.UnidentifiedImageError as error:
        raise InvalidImage(f"{name}: not a picture in a known format") from error
    except PIL.Image.DecompressionBombError as error:
        raise InvalidImage(f"{name}: too large ({error})") from error
    except Exception as error:  # damaged headers surface as almost any exception
        raise InvalidImage(f"{name}: damaged picture ({error})") from error
    return _from_pil(picture, name, max_megapixels)


def _from_pil(picture: PIL.Image.Image, name: str, max_megapixels: float) -> Picture:
    import PIL.ImageOps

    _check_size(picture.width, picture.height, name, max_megapixels)
    try:
        picture = PIL.ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I;16"):
            # PIL would clip 16-bit gray instead of scaling it.
            gray = (np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8)
            return np.repeat(gray[:, :, None], 3, axis=2)
        if picture.mode in ("I", "F"):
            return _from_wide_gray(np.asarray(picture), name)
        return np.ascontiguousarray(np.asarray(picture.convert("RGB"), dtype=np.uint8))
    except InvalidImage:
        raise
    except Exception as error:  # truncated data surfaces as OSError, SyntaxError, struct.error, ...
        raise InvalidImage(f"{name}: damaged picture ({error})") from error


def _from_wide_gray(values: npt.NDArray[Any], name: str) -> Picture:
    """32-bit gray: 0..65535 as 16-bit PNG files open in some PIL versions, or 0..1 floats."""
    if values.dtype.kind == "f":
        return _from_array(np.asarray(values, dtype=np.float32), False, float("inf"))
    if values.min() < 0 or values.max() > 65535:
        raise InvalidImage(
            f"{name}: 32-bit values from {values.min()} to {values.max()}, expected 0 to 65535"
        )
    return np.repeat((values >> 8).astype(np.uint8)[:, :, None], 3, axis=2)


def _from_array(array: npt.NDArray[Any], bgr: bool, max_megapixels: float) -> Picture:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise InvalidImage(
            f"array: got shape {array.shape}, expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        )
    _check_size(array.shape[1], array.shape[0], "array", max_megapixels)
    array = array[:, :, :3]
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())  # NaN anywhere makes both NaN
        if not (low >= 0.0 and high <= 1.0):
            raise InvalidImage(
                f"array: float values from {low:g} to {high:g}, expected 0 to 1; convert it to uint8"
            )
        array = (array * 255.0 + 0.5).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise InvalidImage(f"array: got {array.dtype}, expected uint8, or float in 0..1")
    if array.shape[2] == 1:
        return np.repeat(array, 3, axis=2)
    # A copy: textures and overlays are made later, when the buffer may hold the next frame.
    return np.array(array[:, :, ::-1] if bgr else array, dtype=np.uint8, order="C")
