"""Occlusion networks made for tests: what is painted green is covered, and becomes blue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, Options, _core
from facesdk.core.arrays import Picture
from facesdk.inference import engine

SIDE = 128
GREEN = (0, 255, 0)


class GreenIsCover:
    """A mask network: logits of the four pixels of each cell."""

    def __init__(self, outputs: str = "mask") -> None:
        self.name, self.backend, self.metadata, self.outputs = "green", "test", "", [outputs]
        self.side, self.capacity, self.input_numbers, self.runs = SIDE, 1, 0, 0

    def run(self, pixels: Picture) -> list[Any]:
        self.runs += 1
        rgb = pixels[..., :3].astype(np.float32)
        logits = (rgb[..., 1] - rgb[..., [0, 2]].max(-1) - 128) / 8  # (1, S, S)
        half = SIDE // 2
        cells = logits.reshape(-1, half, 2, half, 2).transpose(0, 1, 3, 2, 4)
        return [np.ascontiguousarray(cells.reshape(-1, half, half, 4))]


class Drawn:
    """N_cont's place: draws the same lines everywhere, and remembers what it was given."""

    def __init__(self) -> None:
        self.name, self.backend, self.metadata, self.outputs = "drawn", "test", "", ["contours"]
        self.side, self.capacity, self.input_numbers = SIDE, 1, 0
        self.seen: list[Picture] = []

    @staticmethod
    def logits() -> Any:
        return np.broadcast_to(np.sin(np.arange(SIDE, dtype=np.float32)) * 4, (SIDE, SIDE))

    def run(self, pixels: Picture) -> list[Any]:
        self.seen.append(pixels[0].copy())
        return [np.ascontiguousarray(self.logits())[None, ..., None]]


class Painted:
    """N_syn's place: paints everything in one colour, and remembers what it was given."""

    COLOR = (0, 0, 255)

    def __init__(self) -> None:
        self.name, self.backend, self.metadata, self.outputs = "painted", "test", "", ["picture"]
        self.side, self.capacity, self.input_numbers = SIDE, 1, 0
        self.seen: list[Picture] = []

    def run(self, pixels: Picture) -> list[Any]:
        self.seen.append(pixels[0].copy())
        beyond = np.array([-0.3, 0.0, 1.4], np.float32)  # what is held in 0..1
        return [np.broadcast_to(beyond, (1, SIDE, SIDE, 3)).copy()]


def sdk_with(
    monkeypatch: pytest.MonkeyPatch,
    network: Any = None,
    drawn: Any = None,
    painted: Any = None,
    deocclude: str = "auto",
    networks: bool = True,
    **options: Any,
) -> FaceSDK:
    """An SDK whose networks of occlusion are others; without `networks` there is the mask's alone."""
    others = {
        "mask_net": network or GreenIsCover(),
        "contour_net": drawn or Drawn(),
        "completion_net": painted or Painted(),
    }
    opened = engine.open_network

    def replace(path: Any, backend: str, threads: int) -> Any:
        other = others.get(Path(path).stem)
        return opened(path, backend, threads) if other is None else _core.python_network(other)

    roles = engine.OCCLUSION if networks else ("mask",)
    files = {role: (Path(engine.OCCLUSION[role][1]), "native") for role in roles}
    with monkeypatch.context() as patch:
        patch.setattr(engine, "open_network", replace)
        patch.setattr(engine, "occlusion_files", lambda options: files)
        return FaceSDK(Options(max_faces=1, deocclude=deocclude, **options))


def covered_by(photo: Picture, landmarks: Any, top: int, bottom: int) -> Picture:
    """A photo with a green bar from one landmark's height to another's, as wide as the jaw."""
    out = photo.copy()
    left, right = landmarks[:17, 0].min(), landmarks[:17, 0].max()
    out[int(landmarks[top, 1]) : int(landmarks[bottom, 1]) + 2, int(left) : int(right)] = GREEN
    return out
