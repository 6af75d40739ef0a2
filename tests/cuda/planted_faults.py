"""Faults that the emulated grid must find, each planted in a copy of one source."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One replacement in a file of csrc, and the tests of kernels that must then fail."""

    name: str
    source: str  # under csrc; a header's change is compiled into the kernels alone
    text: str  # is there exactly once
    planted: str
    kernels: tuple[str, ...]  # compiled from the faulty copy
    tests: str  # pattern of the names of test cases


RASTERIZE = "ops/rasterize/rasterize_cuda.cu"
DECODE = "ops/decode/decode_cuda.cu"
SHADE = ("ops/shade/shade_cuda.cu", "ops/shade_and_project/shade_and_project_cuda.cu")

FAULTS = (
    Fault(
        "dropped atomic",
        RASTERIZE,
        "if (nearness > 0.0f) atomicMin(row + x, fragment_key(nearness, static_cast<int32_t>(t)));",
        "const unsigned long long key = fragment_key(nearness, static_cast<int32_t>(t));\n"
        "      if (nearness > 0.0f && key < row[x]) row[x] = key;",
        (RASTERIZE,),
        "rasterize: tubes*",
    ),
    Fault(
        "wrong index",
        DECODE,
        "const int32_t* idx = p.idx + first;",
        "const int32_t* idx = p.idx + first + (v == p.verts / 3 ? 1 : 0);",
        (DECODE,),
        "decode: rows of every kind are subdivided*",
    ),
    Fault(
        "wrong face",
        SHADE[0],
        "*sh = p.sh + 27 * face",
        "*sh = p.sh",
        SHADE[:1],
        "shade: *",
    ),
    Fault(
        "swapped SH order",
        "ops/shade/shade_math.h",
        "  sum += sh[3] * (kSh1 * y);\n  sum += sh[6] * (kSh1 * z);",
        "  sum += sh[6] * (kSh1 * y);\n  sum += sh[3] * (kSh1 * z);",
        SHADE,
        "shade*",
    ),
    Fault(
        "missing barrier",
        DECODE,
        "atomicMax(&largest, magnitude_bits(coeffs[k]));\n    __syncthreads();",
        "atomicMax(&largest, magnitude_bits(coeffs[k]));",
        (DECODE,),
        "decode: rows of bytes*",
    ),
    Fault(
        "missing barrier before a flag is cleared",
        DECODE,
        "    __syncthreads();  // `used` is cleared next\n",
        "",
        (DECODE,),
        "decode: rows of bytes*",
    ),
    Fault(
        "out-of-bounds thread",
        "ops/warp/warp_cuda.cu",
        "if (pixel >= pixels) return;",
        "if (pixel > pixels) return;",
        ("ops/warp/warp_cuda.cu",),
        "warp: crops*",
    ),
    Fault(
        "fused multiply-add",
        DECODE,
        "sum = blend_step(sum, coeffs[k], p.bases[k * p.size + i]);",
        "sum = std::fma(coeffs[k], p.bases[k * p.size + i], sum);",
        (DECODE,),
        "decode: rows of bytes*",
    ),
    Fault(
        "pixels on an edge given to neither triangle",
        RASTERIZE,
        "if ((a | b | c) < 0) continue;",
        "if (a <= 0 || b <= 0 || c <= 0) continue;",
        (RASTERIZE,),
        "rasterize: 200*",
    ),
    Fault(
        "another order of additions",
        "ops/smoothness/smoothness_cuda.cu",
        "for (int i = 0; i < count; ++i) sum += squared(numbers[i]);",
        "for (int i = count; i-- > 0;) sum += squared(numbers[i]);",
        ("ops/smoothness/smoothness_cuda.cu",),
        "smoothness*",
    ),
)

# The classes of faults that there must be one of.
CLASSES = ("dropped atomic", "wrong index", "swapped SH order", "missing barrier", "out-of-bounds thread")
