"""Paths as text for messages and records: a file system's names need not be UTF-8."""

from __future__ import annotations

import os

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def utf8_text(path: str | os.PathLike[str]) -> str:
    """Return a path as text that encodes as UTF-8; bytes that are not UTF-8 become \\xNN."""
    try:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeError:  # no name that this process could open, as "é" in an ASCII locale
        return os.fspath(path).encode("utf-8", "backslashreplace").decode()


def path_text(path: str | os.PathLike[str]) -> str:
    """Return a path as UTF-8 text on one line: control characters become \\xNN too."""
    return utf8_text(path).translate(_CONTROL)
