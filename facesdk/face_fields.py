"""Fields of a face as the engine's frame has them, each read on first use."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from facesdk.core.appearance import Appearance
from facesdk.core.arrays import Picture
from facesdk.core.compiled import _core
from facesdk.core.occlusion import Completion, Occlusion
from facesdk.core.pose import Pose
from facesdk.core.quality import Quality
from facesdk.morphable.face_model import FaceModel

_Made = TypeVar("_Made")
_Class = TypeVar("_Class", bound=type)


class FaceSource(NamedTuple):
    """What all faces of one picture are read from."""

    frame: _core.Frame
    model: FaceModel
    image: Picture
    threads: int


Reader = Callable[[FaceSource, int], Any]  # of the face with this number in the frame


@functools.lru_cache
def _reasons(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(_core.quality_reasons()) if bits >> bit & 1)


def _filled(kind: type[_Made], fields: dict[str, Any]) -> _Made:
    """Make a frozen dataclass as its constructor does, in a third of the time."""
    made = kind.__new__(kind)
    made.__dict__.update(fields)
    return made


def _pose(source: FaceSource, face: int) -> Pose:
    return _filled(Pose, source.frame.pose(face))


def _appearance(source: FaceSource, face: int) -> Appearance:
    detail = np.zeros(source.model.n_detail, np.float32)
    return Appearance(source.frame.albedo(face), detail, source.frame.sh(face))


def _quality(source: FaceSource, face: int) -> Quality:
    score, bits = source.frame.quality(face)
    return _filled(Quality, {"score": score, "reasons": _reasons(bits)})


def _occlusion(source: FaceSource, face: int) -> Occlusion | None:
    measured = source.frame.occlusion(face)
    if measured is None:
        return None
    made = measured.pop("completion", None)
    return Occlusion(**measured, completion=None if made is None else Completion(*made))


class SourceField:
    """A field that is read from the face's source on first use, and then is one like any other."""

    def __init__(self, name: str, read: Reader) -> None:
        self.name, self.read = name, read

    def __get__(self, face: Any, owner: type) -> Any:
        fields = face.__dict__ if face is not None else {}
        source = fields.get("_source")
        if source is None:
            raise AttributeError(f"{owner.__name__} has no {self.name}")
        value = fields[self.name] = self.read(source, fields["_number"])
        return value


def read_on_first_use(face_class: _Class) -> _Class:
    """Let instances without fields of their own read them from their source."""
    for name, read in _READERS.items():
        setattr(face_class, name, SourceField(name, read))
    return face_class


def face_of_source(face_class: type[_Made], source: FaceSource, number: int) -> _Made:
    """Make a face of a class that reads its fields on first use."""
    face: Any = face_class.__new__(face_class)
    face._source, face._number = source, number
    made: _Made = face
    return made


_READERS: dict[str, Reader] = {
    "pose": _pose,
    "identity": lambda source, face: source.frame.identity(face),
    "expression_weights": lambda source, face: source.frame.expression(face),
    "predicted_appearance": _appearance,
    "verts_face_mm": lambda source, face: source.frame.verts_face_mm(face),
    "landmarks_px": lambda source, face: source.frame.landmarks_px(face),
    "landmark_error_px": lambda source, face: source.frame.landmark_error_px(face),
    "box_xyxy_px": lambda source, face: source.frame.box_px(face),
    "score": lambda source, face: source.frame.score(face),
    "quality": _quality,
    "occlusion": _occlusion,
    "track": lambda source, face: source.frame.track(face),
    "model": lambda source, _: source.model,
    "image": lambda source, _: source.image,
    "threads": lambda source, _: source.threads,
}
