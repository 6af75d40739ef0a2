"""Whether an NVIDIA GPU is at hand, by the driver alone."""

from __future__ import annotations

import ctypes


def why_no_device() -> str | None:
    """The reason why nothing can run on a GPU here; None: something can."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "no NVIDIA driver"
    started = driver.cuInit(0)
    count = ctypes.c_int(0)
    if started != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return f"the NVIDIA driver finds no GPU (cuInit gives {started})"
    return None


def device_name() -> str:
    """Name of the first GPU."""
    driver = ctypes.CDLL("libcuda.so.1")
    name = ctypes.create_string_buffer(128)
    driver.cuInit(0)
    driver.cuDeviceGetName(name, len(name), 0)
    return name.value.decode("utf-8", "replace")
