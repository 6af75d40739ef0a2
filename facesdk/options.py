"""Options: every setting of FaceSDK, its default and its range."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from facesdk.errors import InvalidOptions

BACKENDS = ("auto", "native", "onnxruntime", "openvino")
PRESETS = ("default", "tiny")


@dataclasses.dataclass(frozen=True, repr=False)
class Options:
    """Settings of one FaceSDK; values out of range raise InvalidOptions at once.

    The defaults run the bundled models on one CPU core.
    """

    max_faces: int = 16  # 1..1000; the largest and surest faces are kept
    min_detector_score: float = 0.5  # 0..1
    min_face_px: float = 0.0  # 0..10000; faces with a smaller sqrt(w * h) are left out
    field_of_view_deg: float = 40.0  # 10..150, long side of the picture; used where no intrinsics are given
    max_megapixels: float = 64.0  # 0.0001..1000; larger pictures are refused before they are decoded
    allow_truncated: bool = False  # decode what is there of an incomplete file; Result.notes tells
    passes: int = (
        2  # 1..3 runs of the network per photo; each further one starts from the last one's landmarks
    )
    threads: int = 1  # 1..256, networks and compiled operations alike
    fit_appearance: bool = False  # fit albedo and light to the photo's pixels: some 0.7 s per face
    backend: str = (
        "auto"  # or native, onnxruntime, openvino (extra [openvino]); auto: the fastest that is here
    )
    preset: str = "default"  # or tiny, for small devices: which of the bundled networks
    network: str | os.PathLike[str] | None = None  # .onnx, or .plan for native; None: the preset's
    face_model: str | os.PathLike[str] | None = None  # safetensors file; None: the bundled one
    detector: str | os.PathLike[str] | None = None  # ONNX file; None: the bundled one

    def __post_init__(self) -> None:
        _check_int("max_faces", self.max_faces, 1, 1000)
        _check_int("passes", self.passes, 1, 3)
        _check_int("threads", self.threads, 1, 256)
        _check_number("min_detector_score", self.min_detector_score, 0.0, 1.0)
        _check_number("min_face_px", self.min_face_px, 0.0, 10000.0)
        _check_number("field_of_view_deg", self.field_of_view_deg, 10.0, 150.0)
        _check_number("max_megapixels", self.max_megapixels, 0.0001, 1000.0)
        for name in ("allow_truncated", "fit_appearance"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise InvalidOptions(f"{name}: got {value!r}, expected True or False")
        if self.backend not in BACKENDS:
            raise InvalidOptions(f"backend: got {self.backend!r}, expected one of {', '.join(BACKENDS)}")
        if self.preset not in PRESETS:
            raise InvalidOptions(f"preset: got {self.preset!r}, expected one of {', '.join(PRESETS)}")
        for name in ("network", "face_model", "detector"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (str, Path, os.PathLike)):
                raise InvalidOptions(f"{name}: got {type(value).__name__}, expected a path or None")

    def __repr__(self) -> str:
        """What differs from the defaults."""
        changed = [
            f"{field.name}={value!r}"
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"Options({', '.join(changed)})"


def _check_int(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidOptions(f"{name}: got {value!r}, expected a whole number from {low} to {high}")


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    # NaN fails the comparison, so it is refused here too.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidOptions(f"{name}: got {value!r}, expected a number from {low:g} to {high:g}")
