"""Reference of csrc/nn: one step at a time on whole arrays, exact to the bit where bytes come out.

A map is (H, W, C) uint8 with its zero point; sums are whole numbers, the rest is float32 in a fixed order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesdk.core.arrays import FloatArray, IntArray

Bytes = NDArray[np.uint8]


def to_bytes(values: FloatArray, zero: int) -> Bytes:
    """float32 -> nearest byte (ties to even) round the zero point, held in 0..255."""
    return (
        np.rint(np.clip(values, np.float32(-zero), np.float32(255 - zero))).astype(np.int32) + zero
    ).astype(np.uint8)


def im2col(map_: Bytes, zero: int, kernel: int, stride: int, dilation: int, pad: int) -> NDArray[np.int64]:
    """Columns (H', W', taps, C) whole numbers that each output pixel reads; outside lies the zero point."""
    reach = dilation * (kernel - 1) + 1
    height = (map_.shape[0] + 2 * pad - reach) // stride + 1
    width = (map_.shape[1] + 2 * pad - reach) // stride + 1
    padded = np.pad(map_, ((pad, pad), (pad, pad), (0, 0)), constant_values=zero).astype(np.int64)
    taps = []
    for y in range(0, reach, dilation):
        for x in range(0, reach, dilation):
            rows = slice(y, y + stride * (height - 1) + 1, stride)
            taps.append(padded[rows, x : x + stride * (width - 1) + 1 : stride])
    return np.stack(taps, axis=2)


def conv(
    maps: list[tuple[Bytes, int, bool]],
    weights: NDArray[np.int8],
    bias: IntArray,
    scale: FloatArray,
    *,
    stride: int = 1,
    dilation: int = 1,
    pad: int = 0,
) -> FloatArray:
    """Scaled sums (H', W', N) of a convolution over maps (H, W, C), zero point, upsample2x (nearest).

    weights (N, taps, C) over the joined channels; bias (N,), scale (N,).
    """
    kernel = round(weights.shape[1] ** 0.5)
    columns = [
        im2col(m.repeat(2, 0).repeat(2, 1) if upsample2x else m, zero, kernel, stride, dilation, pad)
        for m, zero, upsample2x in maps
    ]
    sums = np.einsum("hwtc,ntc->hwn", np.concatenate(columns, -1), weights.astype(np.int64)) + bias
    return np.asarray(sums.astype(np.float32) * scale, np.float32)


def add(values: FloatArray, other: Bytes, other_zero: int, other_scale: float) -> FloatArray:
    """A residual sum in units of the output's scale."""
    return values + (other.astype(np.float32) - np.float32(other_zero)) * np.float32(other_scale)


def gate(values: FloatArray, own_zero: int, factor: FloatArray, other: Bytes, other_zero: int) -> FloatArray:
    """Attention: `other` times the factor (256,) that belongs to the byte of `values`."""
    shifted = other.astype(np.float32) - np.float32(other_zero)
    return np.asarray(shifted * factor[to_bytes(values, own_zero)], np.float32)


def depthwise(
    map_: Bytes, zero: int, weights: NDArray[np.int8], bias: IntArray, scale: FloatArray, *, stride: int = 1
) -> FloatArray:
    """Scaled sums of a 3x3 depthwise convolution; weights (9, C)."""
    columns = im2col(map_, zero, 3, stride, 1, 1)
    sums = (columns * weights.astype(np.int64)).sum(2) + bias
    return np.asarray(sums.astype(np.float32) * scale, np.float32)


def soft_argmax(maps: FloatArray, extent: float) -> NDArray[np.float64]:
    """Soft-argmax of maps (H, W, P) -> (P, 2) x, y in sides from the middle, in float64."""
    height, width = maps.shape[:2]
    flat = maps.astype(np.float64).reshape(height * width, -1)
    weights = np.exp(flat - flat.max(0))
    y, x = np.divmod(np.arange(height * width), width)
    grid = np.stack([(x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5], 1) * extent
    result: NDArray[np.float64] = weights.T @ grid / weights.sum(0)[:, None]
    return result


def dense(
    inputs: FloatArray, weights: NDArray[np.int8], scale: FloatArray, bias: FloatArray
) -> NDArray[np.float64]:
    """Scaled product (N,) of weights (N, K) with a vector (K,), in float64."""
    result: NDArray[np.float64] = (weights.astype(np.float64) @ inputs.astype(np.float64)) * scale + bias
    return result
