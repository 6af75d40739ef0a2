"""Options.max_megapixels in the place of Pillow's own limit, for the calling thread alone.

Pillow compares every size with the global `PIL.Image.MAX_IMAGE_PIXELS`, which would have to be changed for
all threads. Its check is therefore wrapped, once: within `pixel_limit` the caller's check is called,
elsewhere Pillow's.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import PIL.Image

_check_size: ContextVar[Callable[[int, int], None] | None] = ContextVar("check_size", default=None)


@contextlib.contextmanager
def pixel_limit(check_size: Callable[[int, int], None]) -> Iterator[None]:
    """Have Pillow call `check_size(width, height)`, which raises if that is too large, before it decodes."""
    token = _check_size.set(check_size)
    try:
        yield
    finally:
        _check_size.reset(token)


def _wrap(pillow_check: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(pillow_check)
    def check(size: tuple[int, int], *args: Any, **options: Any) -> None:
        own = _check_size.get()
        if own is None:
            pillow_check(size, *args, **options)
        else:
            own(*size)

    return check


if hasattr(PIL.Image, "_decompression_bomb_check"):  # else Pillow's limit holds beside ours
    PIL.Image._decompression_bomb_check = _wrap(PIL.Image._decompression_bomb_check)
