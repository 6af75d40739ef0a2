"""How PyTorch is set up for training on a CPU."""

from __future__ import annotations

import ctypes
import ctypes.util

import torch


def prepare_cpu(threads: int) -> None:
    """Set the number of threads; denormals and freed memory must not slow a step down."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # dead channels would slow a CPU step down many times
    keep_freed_memory()


def keep_freed_memory() -> bool:
    """Ask the C library to keep freed memory, which training allocates again at once.

    Activations of some 10 MB would otherwise be mapped and cleared by the kernel at every step. Has an effect
    with glibc only.

    Returns:
        Whether it was applied.
    """
    name = ctypes.util.find_library("c")
    library = ctypes.CDLL(name) if name else None
    if library is None or not hasattr(library, "mallopt"):
        return False
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD, M_MMAP_MAX of <malloc.h>
    return bool(library.mallopt(trim_threshold, 2**31 - 1) and library.mallopt(mmap_max, 0))
