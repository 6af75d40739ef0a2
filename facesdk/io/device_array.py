"""Arrays of other libraries on an NVIDIA GPU, by DLPack or __cuda_array_interface__: copied to the host.

The chain runs on the CPU; a picture that lies on the device is copied once, before it begins.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.compiled import _core

INTERFACE = "__cuda_array_interface__"  # of torch, CuPy, Numba, PyCUDA
_HOST = (1, 0)  # of DLPack: the CPU
_DEVICES = (2, 13)  # of DLPack: memory of CUDA, managed by CUDA


def is_on_device(image: Any) -> bool:
    """Whether an object states that its memory is a GPU's."""
    if hasattr(image, INTERFACE):
        return True
    return hasattr(image, "__dlpack_device__") and int(next(iter(image.__dlpack_device__()))) in _DEVICES


def copy_to_host(image: Any) -> npt.NDArray[Any]:
    """Copy an array on the device to the host, after what its owner put on its stream.

    Raises:
        BackendUnavailable: no NVIDIA driver, or it refuses the copy.
        ValueError, TypeError, KeyError: the object does not describe an array.
    """
    if not hasattr(image, INTERFACE):
        return np.from_dlpack(_OnHost(image))
    described = getattr(image, INTERFACE)
    shape, dtype = tuple(map(int, described["shape"])), np.dtype(described["typestr"])
    strides = described.get("strides")
    if described.get("mask") is not None:
        raise ValueError("it has a mask")
    if math.prod(shape) == 0 or dtype.hasobject:
        return np.empty(shape, dtype)
    if strides is None:
        strides = _dense_strides(shape, dtype.itemsize)
    if len(strides) != len(shape) or min(strides, default=0) < 0:
        raise ValueError(f"strides {tuple(strides)} for shape {shape}")
    span = dtype.itemsize + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    data = _core.copy_from_device(int(described["data"][0]), span, int(described.get("stream") or 0))
    return np.ndarray(shape, dtype, data, strides=tuple(strides))


def _dense_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


class _OnHost:
    """An array whose own library copies it to the host where NumPy reads it."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __dlpack_device__(self) -> tuple[int, int]:
        return _HOST

    def __dlpack__(self, **_: Any) -> Any:
        return self._array.__dlpack__(dl_device=_HOST)
