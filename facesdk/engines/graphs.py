"""The graphs of a network from which engines are built, and what they are built for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from facesdk.errors import AssetError, InvalidOptions

# In the order in which they are tried; the second keeps depthwise convolutions in float16, for which
# TensorRT may have no int8 kernels.
PRECISIONS = ("int8", "int8_depthwise_fp16", "fp16", "fp32")
MAX_BATCH = 16  # crops of a run, as for the other backends
_USUAL_BATCH = 4
_MAX_ROWS = 2  # eyes of a face
_LONG_SIDES = (256, 640, 1024)  # px of the detector's picture: a wide range alone gives slow kernels
_SMALLEST_SIDE = 32  # px; sides are multiples of it

Profile = tuple[list[int], list[int], list[int]]  # sizes of the input: smallest, usual, largest


def graph_files(network: str | os.PathLike[str]) -> dict[str, Path]:
    """Find the graphs of a network.

    Args:
        network: path of its float32 graph, NAME.onnx.

    Returns:
        Precision -> file, of those that lie beside it as NAME.PRECISION.onnx; "fp32" is the path itself.
    """
    path = Path(network)
    found = {name: path.with_name(f"{path.stem}.{name}.onnx") for name in PRECISIONS if name != "fp32"}
    return {name: file for name, file in found.items() if file.is_file()} | {"fp32": path}


def networks_of(folder: Path, only: list[str]) -> list[Path]:
    """The networks whose graphs lie in a folder, by name: paths of their float32 graphs.

    Args:
        folder: of the graphs.
        only: names of those that are wanted; empty for all.

    Raises:
        InvalidOptions: there is none, or none of a wanted name.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.onnx")) if "." not in path.stem}
    missing = [name for name in only if name not in found]
    if missing or not found:
        known = ", ".join(found) or "none"
        raise InvalidOptions(
            f"graphs: got {', '.join(missing) or folder}, expected networks of {folder}: {known}"
        )
    return [path for name, path in found.items() if not only or name in only]


def allowed_types(precision: str) -> tuple[bool, bool]:
    """Whether a graph has parts in float16 and in int8, for a TensorRT that must be allowed to use them."""
    return precision in ("fp16", "int8_depthwise_fp16"), precision.startswith("int8")


def profiles(shape: list[int | str | None]) -> list[Profile]:
    """Sizes of the input for which an engine is built.

    Args:
        shape: of the graph's input, (N, C, H, W) or (N, K); free sizes are names.

    Returns:
        None for a graph of one size; one item and batches where N is free; three ranges of pictures where
        height and width are.
    """
    sizes = [size if isinstance(size, int) else -1 for size in shape]
    if -1 not in sizes:
        return []
    if len(sizes) == 4 and -1 in sizes[2:]:
        fixed = [max(sizes[0], 1), sizes[1]]
        return [
            ([*fixed, _SMALLEST_SIDE, _SMALLEST_SIDE], [*fixed, side * 3 // 4, side], [*fixed, side, side])
            for side in _LONG_SIDES
        ]
    item = sizes[1:]
    usual, largest = (_USUAL_BATCH, MAX_BATCH) if len(sizes) == 4 else (_MAX_ROWS, _MAX_ROWS)
    return [([1, *item], [1, *item], [1, *item]), ([1, *item], [usual, *item], [largest, *item])]


def file_hash(path: Path) -> str:
    """Hexadecimal SHA-256 of a file.

    Raises:
        AssetError: it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise AssetError(f"{path.name}: cannot be read ({error.strerror})") from error
