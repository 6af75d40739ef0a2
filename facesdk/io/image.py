"""Pictures from paths, bytes, open files, PIL images and arrays, always to (H, W, 3) uint8 RGB.

Limits: at least 1 x 1 and at most Options.max_megapixels, read from the header before anything is
decoded. EXIF orientation is honoured, embedded colour profiles are converted to sRGB. Alpha is dropped, gray
is repeated. Float arrays are taken as 0..1; whatever else is not uint8 is refused, because its range cannot
be known.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Union

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import Picture
from facesdk.core.compiled import _core
from facesdk.errors import InvalidImage
from facesdk.io.array_picture import ARRAY_PROTOCOLS, array_picture, as_array, check_size
from facesdk.io.path_text import path_text
from facesdk.io.read_file import read_file, read_stream, stream_name

if TYPE_CHECKING:
    import PIL.Image


class Readable(Protocol):
    """An open file, a BytesIO, an upload of a web framework."""

    def read(self) -> Any:
        """Bytes of an image file."""


class ArrayProtocol(Protocol):
    """A tensor of another library; __array_interface__, __dlpack__, __cuda_array_interface__ do as well."""

    def __array__(self) -> npt.NDArray[Any]: ...


ImageLike = Union[
    str, "os.PathLike[str]", bytes, bytearray, memoryview, Readable,
    "PIL.Image.Image", npt.NDArray[Any], ArrayProtocol,
]  # fmt: skip


class LoadedImage(NamedTuple):
    """A picture, and what is known of where it came from."""

    picture: Picture  # (H, W, 3) uint8 RGB
    source: str | None = None  # the path, as it was given
    notes: tuple[str, ...] = ()  # what a person should know, as that half of it is missing


def load_photo(
    image: ImageLike, *, bgr: bool = False, max_megapixels: float = 64.0, allow_truncated: bool = False
) -> LoadedImage:
    """Convert any accepted picture to (H, W, 3) uint8 RGB, C order.

    Args:
        image: path; bytes of an image file; anything with read(), as an open file or an upload; PIL image;
            or array, or what NumPy reads as one, (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or float in
            0..1.
        bgr: an array's first three channels are blue, green, red.
        max_megapixels: larger pictures are refused before they are decoded.
        allow_truncated: decode what is there of an incomplete file, and note it.

    Raises:
        InvalidImage: the picture cannot be used; the reason in one line.
    """
    if isinstance(image, np.ndarray):
        return LoadedImage(array_picture(image, "array", bgr, max_megapixels))
    if isinstance(image, (str, os.PathLike)):
        path = os.fspath(image)
        return _decoded(read_file(path), path_text(path), max_megapixels, allow_truncated, path)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return _decoded(bytes(image), "image bytes", max_megapixels, allow_truncated)
    # PIL is not imported for callers who only pass arrays.
    if "PIL.Image" in sys.modules and isinstance(image, sys.modules["PIL.Image"].Image):
        from facesdk.io.encoded_picture import pil_picture

        return LoadedImage(pil_picture(image, "PIL image", max_megapixels))
    if callable(getattr(image, "read", None)):
        return _decoded(read_stream(image), stream_name(image), max_megapixels, allow_truncated)
    if any(hasattr(image, protocol) for protocol in ARRAY_PROTOCOLS):
        return LoadedImage(array_picture(as_array(image), "array", bgr, max_megapixels))
    raise InvalidImage(
        f"image: got {type(image).__name__}, expected a path, bytes, an open file, a PIL image or an array"
    )


def load_image(image: ImageLike, *, bgr: bool = False, max_megapixels: float = 64.0) -> Picture:
    """Convert any accepted picture to (H, W, 3) uint8 RGB, as `load_photo` does, without the rest."""
    return load_photo(image, bgr=bgr, max_megapixels=max_megapixels).picture


def load_frame(
    frame: ImageLike, *, bgr: bool = False, max_megapixels: float = 64.0, allow_truncated: bool = False
) -> LoadedImage:
    """Convert like `load_photo`, but do not copy an array that is an RGB picture already."""
    if isinstance(frame, np.ndarray) and not bgr and _core.is_picture(frame, max_megapixels * 1e6):
        return LoadedImage(frame)
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        return load_photo(frame, bgr=bgr, max_megapixels=max_megapixels, allow_truncated=allow_truncated)
    check_size(frame.shape[1], frame.shape[0], "array", max_megapixels)
    if bgr:
        import cv2

        return LoadedImage(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))
    return LoadedImage(np.ascontiguousarray(frame))


def _decoded(
    data: bytes, name: str, max_megapixels: float, allow_truncated: bool, source: str | None = None
) -> LoadedImage:
    from facesdk.io.encoded_picture import decode

    picture, notes = decode(data, name, max_megapixels, allow_truncated)
    return LoadedImage(picture, source, notes)
