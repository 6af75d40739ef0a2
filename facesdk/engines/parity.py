"""How an engine's outputs compare with the float32 graph's, on crops of the bundled photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import cv2
import numpy as np

from facesdk import manifest
from facesdk.core.arrays import FloatArray, Picture
from facesdk.io.image import load_image

# Largest difference of an output, root mean square over root mean square, by what a graph's numbers can hold.
RELATIVE_LIMITS = {"fp32": 0.002, "fp16": 0.02, "int8_depthwise_fp16": 0.1, "int8": 0.1}
# Largest mean distance of landmarks, px of the network's input.
LANDMARK_LIMITS_PX = {"fp32": 0.005, "fp16": 0.02, "int8_depthwise_fp16": 0.3, "int8": 0.3}
FREE_SIZE = (256, 320)  # px, height and width of pictures where the graph leaves them free
# Left, top and side of squares in the bundled photo, px: as the chain crops its face, give or take a tenth;
# and all of it, for a network that searches.
CROPS = ((158, 63, 136), (170, 65, 125), (144, 61, 150), (158, 68, 141))
WHOLE = ((0, 0, 512), (40, 0, 470), (60, 20, 400), (100, 0, 300))
ROWS = 8  # of random numbers, for a network that takes no pictures


class Reference(NamedTuple):
    """The float32 graph in an engine that is trusted."""

    shape: list[int | str | None]  # of its input
    metadata: str  # its "facesdk" entry
    run: Callable[[FloatArray], Mapping[str, FloatArray]]  # (N, C, H, W) or (N, K) -> outputs by name


def sample_inputs(shape: list[int | str | None]) -> Picture | FloatArray:
    """Make inputs for a graph.

    Args:
        shape: of its input, (N, C, H, W) or (N, K).

    Returns:
        (8, H, W, 4) uint8 RGB pictures, the fourth channel a disc; or (8, K) float32.
    """
    if len(shape) == 2:
        assert isinstance(shape[1], int)
        return np.random.default_rng(0).normal(0.0, 1.0, (ROWS, shape[1])).astype(np.float32)
    height, width = (
        size if isinstance(size, int) else free for size, free in zip(shape[2:], FREE_SIZE, strict=True)
    )
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    pictures = np.zeros((8, height, width, 4), np.uint8)
    fixed = all(isinstance(size, int) for size in shape[2:])
    for i, (x, y, side) in enumerate(CROPS if fixed else WHOLE):
        part = photo[y : y + side, x : x + side]
        pictures[i, ..., :3] = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    pictures[4:] = pictures[:4, :, ::-1] // 2  # mirrored, and half as bright
    rows, columns = np.mgrid[:height, :width]
    disc = np.hypot(rows - height / 2, columns - width / 2) < min(height, width) / 4
    pictures[..., 3] = np.where(disc, 255, 0)
    return pictures


def reference_outputs(reference: Reference, inputs: Picture | FloatArray) -> dict[str, FloatArray]:
    """Outputs of the reference for `sample_inputs`, one item at a time, by name: (8, K) float32."""
    channels = reference.shape[1]
    rows: dict[str, list[FloatArray]] = {}
    for item in inputs:
        if inputs.ndim == 4:
            batch = item[..., :channels].transpose(2, 0, 1)[None].astype(np.float32) * np.float32(1 / 255)
        else:
            batch = item[None]
        for name, values in reference.run(np.ascontiguousarray(batch)).items():
            rows.setdefault(name, []).append(np.asarray(values, np.float32).reshape(-1))
    return {name: np.stack(values) for name, values in rows.items()}


def compare(expected: Mapping[str, FloatArray], got: Mapping[str, FloatArray], side: int) -> dict[str, float]:
    """Measure how outputs differ.

    Args:
        expected: (N, K) by name, of the reference.
        got: the same of the engine.
        side: of the network's pictures, px; 0 where they have none.

    Returns:
        Output -> root mean square of the difference over that of the output; "points_px": mean distance of
        the landmarks, px of the network's input. Infinite where an output is missing or not finite.
    """
    measured: dict[str, float] = {}
    for name, want in expected.items():
        have = got.get(name)
        if have is None or have.shape != want.shape or not np.isfinite(have).all():
            measured[name] = float("inf")
            continue
        size = float(np.sqrt(np.mean(np.square(want, dtype=np.float64))))
        error = float(np.sqrt(np.mean(np.square(have - want, dtype=np.float64))))
        measured[name] = error / max(size, 1e-6)
        if name == "points" and side > 0:
            distance = np.linalg.norm((have - want).reshape(len(want), -1, 2), axis=-1)
            measured["points_px"] = float(distance.mean()) * side
    return measured


def beyond_limits(measured: Mapping[str, float], precision: str) -> str:
    """Why outputs differ too much for a precision, "" where they do not."""
    for name, value in measured.items():
        limit = LANDMARK_LIMITS_PX[precision] if name == "points_px" else RELATIVE_LIMITS[precision]
        if not value <= limit:
            return f"parity: {name} differs by {value:.4g}, at most {limit:g} is taken"
    return ""
