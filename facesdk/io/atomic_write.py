"""Files written whole or not at all: under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from facesdk.errors import FaceSDKError
from facesdk.io.path_text import path_text


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when all is written.

    Raises:
        FaceSDKError: it cannot be written.
    """
    # Short: a name may be as long as the file system allows. Hidden, so that nobody takes it for a result.
    temporary = path.parent / f".{os.urandom(8).hex()}.part"
    whole = False
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with open(descriptor, "wb") as file:
            yield file
        _rename(temporary, path)
        whole = True
    except OSError as error:
        raise FaceSDKError(f"{path_text(path)}: cannot be written ({error.strerror or error})") from error
    finally:
        if not whole:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _rename(temporary: Path, path: Path) -> None:
    try:
        os.replace(temporary, path)
    except ValueError as error:  # a null character, or a letter that the locale's encoding lacks
        raise FaceSDKError(f"{path_text(path)}: cannot be written ({error})") from error


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        FaceSDKError: it cannot be written.
    """
    with atomic_file(path) as file:
        file.write(data)
