"""One person in several photos."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from facesdk.core.arrays import FloatArray
from facesdk.face import Face
from facesdk.morphable.face_model import FaceModel
from facesdk.result import Result


@dataclasses.dataclass(eq=False, repr=False)
class Person:
    """What several photos say of one person: a shape and an albedo that hold for all of them."""

    results: list[Result]  # of each photo, with one face or none; its shape is the person's
    identity: FloatArray  # (n_id,) coefficients, about N(0, 1) each
    albedo_coefficients: FloatArray  # (n_tex,), about N(0, 1) each
    model: FaceModel

    @property
    def faces(self) -> list[Face]:
        """The person's faces, one for each photo that shows one."""
        return [face for result in self.results for face in result]

    def neutral(self) -> FloatArray:
        """(V, 3) vertices in the face frame, mm, without expression."""
        return self.model.decode(self.identity, np.zeros(self.model.n_exp, np.float32))

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __repr__(self) -> str:
        return f"Person({len(self.faces)} faces in {len(self.results)} photos)"
