"""Arrays to (H, W, 3) uint8 RGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import Picture
from facesdk.errors import BackendUnavailable, InvalidImage
from facesdk.io.device_array import INTERFACE, copy_to_host, is_on_device

FLOAT_TOLERANCE = 1e-3  # beyond 0..1, for rounding; a quarter of a level of 255

# What NumPy reads without a copy, DLPack, and arrays on a GPU.
ARRAY_PROTOCOLS = ("__array__", "__array_interface__", "__array_struct__", "__dlpack__", INTERFACE)


def check_size(width: int, height: int, name: str, max_megapixels: float) -> None:
    """Check that a picture is neither empty nor larger than the limit.

    Raises:
        InvalidImage: it is; names the picture.
    """
    if width < 1 or height < 1:
        raise InvalidImage(f"{name}: empty picture ({width} x {height})")
    if width * height > max_megapixels * 1e6:
        raise InvalidImage(
            f"{name}: {width} x {height} is {width * height / 1e6:.1f} megapixels, the limit is "
            f"{max_megapixels:g}; shrink it or raise Options.max_megapixels (--max-megapixels)"
        )


def as_array(image: Any) -> npt.NDArray[Any]:
    """Convert an object with an array protocol, as a tensor of another library, to a NumPy array.

    What lies on an NVIDIA GPU is copied to the host.

    Raises:
        InvalidImage: NumPy cannot read it.
        BackendUnavailable: it lies on a GPU, and there is no driver.
    """
    try:
        if is_on_device(image):
            return copy_to_host(image)
        if any(hasattr(image, protocol) for protocol in ARRAY_PROTOCOLS[:3]):
            return np.asarray(image)
        return np.from_dlpack(image)
    except BackendUnavailable:
        raise
    except Exception as error:  # whatever a foreign object raises, as for memory of a GPU
        reason = " ".join(str(error).split())
        raise InvalidImage(f"image: {type(image).__name__} cannot be read as an array ({reason})") from error


def array_picture(array: npt.NDArray[Any], name: str, bgr: bool, max_megapixels: float) -> Picture:
    """Convert an array to a picture of its own memory.

    Args:
        array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or float in 0..1.
        name: of the picture, for messages.
        bgr: the first three channels are blue, green, red.
        max_megapixels: the limit.

    Raises:
        InvalidImage: another shape, type or range.
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise InvalidImage(
            f"{name}: got shape {array.shape}, expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        )
    check_size(array.shape[1], array.shape[0], name, max_megapixels)
    array = array[:, :, :3]
    if array.dtype.kind == "f":
        array = _from_floats(array, name)
    elif array.dtype != np.uint8:
        raise InvalidImage(f"{name}: got {array.dtype}, expected uint8, or float in 0..1")
    if array.shape[2] == 1:
        return np.repeat(array, 3, axis=2)
    # A copy: textures and overlays are made later, when the buffer may hold the next frame.
    return np.array(array[:, :, ::-1] if bgr else array, dtype=np.uint8, order="C")


def _from_floats(array: npt.NDArray[Any], name: str) -> Picture:
    """0..1 to 0..255."""
    low, high = float(array.min()), float(array.max())  # NaN anywhere makes both NaN
    if not (low >= -FLOAT_TOLERANCE and high <= 1.0 + FLOAT_TOLERANCE):
        broken = array.size - int(np.count_nonzero(np.isfinite(array)))
        if broken:
            raise InvalidImage(f"{name}: {broken} of {array.size} values are nan or inf, expected 0 to 1")
        raise InvalidImage(
            f"{name}: float values from {low:.6g} to {high:.6g}, expected 0 to 1; convert it to uint8"
        )
    return np.asarray(np.clip(array, 0.0, 1.0) * 255.0 + 0.5, dtype=np.uint8)
