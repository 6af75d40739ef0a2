"""Fields of faces and results as the engine's frame has them, each read on first use."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

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
Reader = Callable[..., Any]
Shared = tuple[FaceModel, Picture, int]  # what all faces of a frame have: model, picture, threads


class FrameField:
    """A field that is read from the engine's frame on first use, and then is one like any other."""

    def __init__(self, name: str, read: Reader) -> None:
        self.name, self.read = name, read

    def __get__(self, instance: Any, owner: type) -> Any:
        fields = instance.__dict__ if instance is not None else {}
        row = fields.get("_row")
        if row is None:
            raise AttributeError(f"{owner.__name__} has no {self.name}")
        value = fields[self.name] = self.read(*row)
        return value


def read_on_first_use(readers: Mapping[str, Reader]) -> Callable[[_Class], _Class]:
    """Let instances of a dataclass that `of_frame` made read fields when they are used.

    Copies and pickles have fields of their own, and no views: those are made again.

    Args:
        readers: name -> what returns the field's value, given the instance's row.
    """

    def decorate(dataclass: _Class) -> _Class:
        for name, read in readers.items():
            setattr(dataclass, name, FrameField(name, read))
        setattr(dataclass, "__getstate__", _fields_alone)  # noqa: B010 (a type checker knows no such attribute)
        return dataclass

    return decorate


def of_frame(kind: type[_Made], *row: Any) -> _Made:
    """Make an instance that reads its fields from a row: the frame, and what its readers take besides."""
    made: Any = kind.__new__(kind)
    made._row = row
    instance: _Made = made
    return instance


def _fields_alone(instance: Any) -> dict[str, Any]:
    return {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}


def _filled(kind: type[_Made], fields: dict[str, Any]) -> _Made:
    """Make a frozen dataclass as its constructor does, in a third of the time."""
    made = kind.__new__(kind)
    made.__dict__.update(fields)
    return made


@functools.lru_cache
def _reasons(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(_core.quality_reasons()) if bits >> bit & 1)


def _appearance(frame: _core.Frame, face: int, shared: Shared) -> Appearance:
    return Appearance(frame.albedo(face), np.zeros(shared[0].n_detail, np.float32), frame.sh(face))


def _quality(frame: _core.Frame, face: int, _: Shared) -> Quality:
    score, bits = frame.quality(face)
    return _filled(Quality, {"score": score, "reasons": _reasons(bits)})


def _occlusion(frame: _core.Frame, face: int, _: Shared) -> Occlusion | None:
    measured = frame.occlusion(face)
    if measured is None:
        return None
    made = measured.pop("completion", None)
    return Occlusion(**measured, completion=None if made is None else Completion(*made))


def _timings_ms(frame: _core.Frame, load_ms: float, total_ms: float) -> dict[str, float]:
    return {"load": load_ms, **frame.timings_ms(), "total": total_ms}


FACE: dict[str, Reader] = {  # of the frame, the face's number in it, and what all of its faces share
    "pose": lambda frame, face, _: _filled(Pose, frame.pose(face)),
    "identity": lambda frame, face, _: frame.identity(face),
    "expression_weights": lambda frame, face, _: frame.expression(face),
    "predicted_appearance": _appearance,
    "verts_face_mm": lambda frame, face, _: frame.verts_face_mm(face),
    "landmarks_px": lambda frame, face, _: frame.landmarks_px(face),
    "landmark_error_px": lambda frame, face, _: frame.landmark_error_px(face),
    "box_xyxy_px": lambda frame, face, _: frame.box_px(face),
    "score": lambda frame, face, _: frame.score(face),
    "quality": _quality,
    "occlusion": _occlusion,
    "track": lambda frame, face, _: frame.track(face),
    "model": lambda _, __, shared: shared[0],
    "image": lambda _, __, shared: shared[1],
    "threads": lambda _, __, shared: shared[2],
}
RESULT: dict[str, Reader] = {"timings_ms": _timings_ms}  # of the frame, and ms to load and in all
