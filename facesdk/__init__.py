"""FaceSDK: a face in 3D from one photo.

Public names are loaded on first use, so that `import facesdk` stays cheap for programs that only need
the version or the errors.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

from facesdk.errors import (
    AssetError,
    BackendUnavailable,
    FaceSDKError,
    InvalidArray,
    InvalidImage,
    InvalidOptions,
)

if TYPE_CHECKING:
    from facesdk.batch import reconstruct_many
    from facesdk.core.occlusion import Occlusion, Visibility
    from facesdk.core.pose import Pose
    from facesdk.core.quality import Quality
    from facesdk.face import Face
    from facesdk.morphable.face_model import FaceModel
    from facesdk.options import Options
    from facesdk.person import Person
    from facesdk.result import Result
    from facesdk.sdk import FaceSDK
    from facesdk.tracking.tracker import Tracker

# `python -m benchmarks...` in a clone finds these sources first; the compiled part is where pip put it.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"

_LAZY = {
    "Face": "facesdk.face",
    "FaceModel": "facesdk.morphable.face_model",
    "FaceSDK": "facesdk.sdk",
    "Occlusion": "facesdk.core.occlusion",
    "Options": "facesdk.options",
    "Person": "facesdk.person",
    "Pose": "facesdk.core.pose",
    "Quality": "facesdk.core.quality",
    "Result": "facesdk.result",
    "Tracker": "facesdk.tracking.tracker",
    "Visibility": "facesdk.core.occlusion",
    "reconstruct_many": "facesdk.batch",
}

__all__ = [
    "AssetError",
    "BackendUnavailable",
    "Face",
    "FaceModel",
    "FaceSDK",
    "FaceSDKError",
    "InvalidArray",
    "InvalidImage",
    "InvalidOptions",
    "Occlusion",
    "Options",
    "Person",
    "Pose",
    "Quality",
    "Result",
    "Tracker",
    "Visibility",
    "__version__",
    "reconstruct_many",
]


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module 'facesdk' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
