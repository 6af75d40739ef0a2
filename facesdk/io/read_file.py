"""Bytes of image files, from paths and from whatever has a read method."""

from __future__ import annotations

import inspect
import io
import os
import stat
from typing import Any

from facesdk.errors import InvalidImage
from facesdk.io.path_text import path_text

# Reading one of these may never end; a link to any of them counts as what it leads to.
_NO_FILES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
# Pipes that the caller has opened: `cat photo.jpg | facesdk reconstruct /dev/stdin`.
_OWN_DESCRIPTORS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read a file whole.

    Raises:
        InvalidImage: it cannot be read, or is a named pipe, a socket or a device.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        own = kind == stat.S_IFIFO and os.fspath(path).startswith(_OWN_DESCRIPTORS)
        if kind in _NO_FILES and not own:
            raise InvalidImage(f"{path_text(path)}: {_NO_FILES[kind]}, expected a file")
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidImage(f"{path_text(path)}: cannot be read ({reason})") from error


def stream_name(stream: Any) -> str:
    """Name of a file-like object for messages: of an upload what the user called it."""
    name = getattr(stream, "name" if isinstance(stream, io.IOBase) else "filename", None)
    return path_text(name) if isinstance(name, str) and name else "image file"


def read_stream(stream: Any) -> bytes:
    """Read an open file or an upload whole, from its beginning where it can seek.

    Raises:
        InvalidImage: it cannot be read, or gives no bytes.
    """
    name = stream_name(stream)
    if inspect.iscoroutinefunction(stream.read):
        inner = getattr(stream, "file", None)  # the plain file of an asynchronous upload
        if not hasattr(inner, "read"):
            raise InvalidImage(f"{name}: read() is asynchronous; pass what it returns")
        stream = inner
    try:
        if hasattr(stream, "seek") and getattr(stream, "seekable", lambda: True)():
            stream.seek(0)
        data = stream.read()
    except Exception as error:  # whatever a foreign object raises
        raise InvalidImage(f"{name}: cannot be read ({type(error).__name__}: {error})") from error
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise InvalidImage(f"{name}: read() gave {type(data).__name__}, expected bytes; open it as binary")
    return bytes(data)
