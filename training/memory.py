"""Ask the C library to keep freed memory, which CPU training allocates again at once."""

from __future__ import annotations

import ctypes
import ctypes.util


def keep_freed_memory() -> bool:
    """Activations of some 10 MB would otherwise be mapped and cleared by the kernel at every step.

    Has an effect with glibc only; returns whether it was applied.
    """
    name = ctypes.util.find_library("c")
    library = ctypes.CDLL(name) if name else None
    if library is None or not hasattr(library, "mallopt"):
        return False
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    return bool(library.mallopt(trim_threshold, 2**31 - 1) and library.mallopt(mmap_max, 0))
