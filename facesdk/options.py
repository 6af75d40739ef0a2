"""Options: every setting of FaceSDK, its meaning, range, unit and default."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from facesdk.core.numbers import flag, number, whole_number
from facesdk.errors import InvalidOptions

BACKENDS = ("auto", "native", "onnxruntime", "openvino", "tensorrt")
DEVICES = ("cpu", "cuda")
PRESETS = ("default", "tiny")
DEOCCLUDE = ("off", "auto", "always")
MESHES = ("full", "control")
SHOWN_PATH = 32  # characters of a path up to which repr shows all of it
WHOLE_NUMBERS = {  # smallest and largest
    "max_faces": (1, 1000),
    "passes": (1, 3),
    "threads": (1, 256),
    "detection_interval": (1, 10000),
}
NUMBERS = {
    "min_detector_score": (0.0, 1.0),
    "min_face_px": (0.0, 10000.0),
    "field_of_view_deg": (10.0, 150.0),
    "max_megapixels": (0.0001, 1000.0),
}


@dataclasses.dataclass(frozen=True, repr=False)
class Options:
    """Settings of one FaceSDK; the defaults run the bundled models on one CPU core.

    Numbers and flags may be NumPy's; they are stored as Python's.

    Args:
        max_faces: 1 to 1000 faces, default 16. The largest and surest ones of a picture are kept.
        min_detector_score: 0 to 1, default 0.5. Faces with a lower score are left out.
        min_face_px: 0 to 10000 px, default 0. Faces whose box has a smaller sqrt(width * height) are left
            out.
        field_of_view_deg: 10 to 150 degrees, default 40. Spanned by the longer side of a picture; assumed
            where no intrinsics are given, and narrowed for close crops.
        max_megapixels: 0.0001 to 1000 megapixels, default 64. Larger pictures are refused before they are
            decoded.
        allow_truncated: True or False, default False. Decode what is there of an incomplete file;
            Result.notes says so.
        passes: 1 to 3 inference passes for each face of a photo, default 2. Each further one starts from the
            last one's landmarks.
        threads: 1 to 256 CPU threads of networks and ops, default 1. Results do not depend on it.
        detection_interval: 1 to 10000 frames, default 7. In a video the search for new faces begins anew so
            often while fewer than max_faces are followed. It is spread over five frames, so that a face is
            found within interval + 3 frames of its entry; large intervals save time.
        mesh: "full" or "control" (the mesh before subdivision: a quarter of the vertices, coarser, without
            texture coordinates; for small devices), default "full". Pose and landmarks are the same.
        fit_appearance: True or False, default False. Fit albedo and light of every face of `reconstruct` to
            the photo's pixels, some 0.7 s a face.
        deocclude: "off", "auto" or "always", default "off". Whether it is measured what covers a face:
            Face.occlusion, the states of vertices, landmarks and expressions, the reason "occluded" of the
            quality; in a video, expressions of what is covered are held. Where a tenth of a face and more is
            covered ("always": anything of it), what may be behind is painted: Face.completed_image.
        backend: "auto", "native" (our int8 engine), "onnxruntime", "openvino" (extra [openvino]) or
            "tensorrt" (NVIDIA GPUs; builds engines at first use, see docs/tensorrt.md); default "auto", what
            was measured as the fastest on the CPU of those installed. What runs the networks.
        device: "cpu" or "cuda", default "cpu". Where the chain runs. FaceSDK raises BackendUnavailable, with
            the reason and what to do, where "cuda" cannot be had.
        preset: "default" or "tiny" (for small devices: a fifth of the size, a tenth more error); default
            "default". Which of the bundled networks predicts.
        network: path of an .onnx file, or of a .plan file for the backend native; default None, the preset's.
        face_model: path of a .safetensors file; default None, the bundled face model.
        detector: path of an .onnx file, or of a .plan file for the backend native; default None, the bundled
            detector.

    Raises:
        InvalidOptions: a setting is out of its range; the message names it.
    """

    max_faces: int = 16
    min_detector_score: float = 0.5
    min_face_px: float = 0.0
    field_of_view_deg: float = 40.0
    max_megapixels: float = 64.0
    allow_truncated: bool = False
    passes: int = 2
    threads: int = 1
    detection_interval: int = 7
    mesh: str = "full"
    fit_appearance: bool = False
    deocclude: str = "off"
    backend: str = "auto"
    preset: str = "default"
    network: str | os.PathLike[str] | None = None
    face_model: str | os.PathLike[str] | None = None
    detector: str | os.PathLike[str] | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name, (low, high) in WHOLE_NUMBERS.items():
            self._store(name, whole_number(name, getattr(self, name), low, high))
        for name, (least, most) in NUMBERS.items():
            self._store(name, number(name, getattr(self, name), least, most))
        for name in ("allow_truncated", "fit_appearance"):
            self._store(name, flag(name, getattr(self, name)))
        if self.backend not in BACKENDS:
            raise InvalidOptions(f"backend: got {self.backend!r}, expected one of {', '.join(BACKENDS)}")
        if self.device not in DEVICES:
            raise InvalidOptions(f"device: got {self.device!r}, expected one of {', '.join(DEVICES)}")
        if self.deocclude not in DEOCCLUDE:
            raise InvalidOptions(f"deocclude: got {self.deocclude!r}, expected one of {', '.join(DEOCCLUDE)}")
        if self.preset not in PRESETS:
            raise InvalidOptions(f"preset: got {self.preset!r}, expected one of {', '.join(PRESETS)}")
        if self.mesh not in MESHES:
            raise InvalidOptions(f"mesh: got {self.mesh!r}, expected one of {', '.join(MESHES)}")
        for name in ("network", "face_model", "detector"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (str, Path, os.PathLike)):
                raise InvalidOptions(f"{name}: got {type(value).__name__}, expected a path or None")

    def _store(self, name: str, value: int | float | bool) -> None:
        """Put Python's number in the place of the caller's; the class is frozen for everybody else."""
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """What differs from the defaults; of long paths the file's name alone."""
        changed = [
            f"{field.name}={_shown(value)!r}"
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return f"Options({', '.join(changed)})"


def _shown(value: object) -> object:
    """A path as a short string; all else as it is."""
    if not isinstance(value, (str, os.PathLike)):
        return value
    text = os.fspath(value)
    return text if len(text) <= SHOWN_PATH else f".../{Path(text).name}"
