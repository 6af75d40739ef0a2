"""What lies in front of a face, and what of the face the picture therefore does not show."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import BoolArray, FloatArray, Picture
from facesdk.core.compiled import _core


class Visibility(enum.IntEnum):
    """Where the value of a vertex, a landmark or an expression comes from."""

    OBSERVED = 0  # the picture shows it
    SELF_OCCLUDED = 1  # the head itself hides it
    INFERRED = 2  # something covers it, or it lies outside the picture or the face's crop


@dataclasses.dataclass(eq=False, repr=False)
class Completion:
    """What the networks paint where a face is covered, in the crop of its mask: a guess."""

    rgb: npt.NDArray[np.uint8]  # (S, S, 3), of use where generated
    generated: npt.NDArray[np.uint8]  # (S, S) 1 where it replaces the picture

    def paint(self, picture: Picture, matrix: FloatArray) -> tuple[Picture, BoolArray]:
        """Paint the generated pixels over a copy of a picture, with a soft edge.

        Args:
            picture: (H, W, 3) uint8 RGB.
            matrix: (2, 3) float32, px of the picture -> px of the crop.

        Returns:
            The painted picture, and (H, W) which of its pixels are generated.
        """
        painted, generated = _core.paint_completion(picture, self.rgb, self.generated, matrix)
        return np.asarray(painted), np.asarray(generated, bool)

    def __repr__(self) -> str:
        return f"Completion({self.generated.mean():.0%} of the crop generated)"


@dataclasses.dataclass(eq=False, repr=False)
class Occlusion:
    """The cover of one face, as the mask network predicts it for the face's crop."""

    share: float  # of the face's outline that is covered, 0..1
    chance: npt.NDArray[np.uint8]  # (S, S) of being covered, in 255ths; means nothing outside the outline
    outline: npt.NDArray[np.uint8]  # (44, 44) cells of the crop that show the face or its cover
    matrix: FloatArray  # (2, 3) px of the picture -> px of the mask
    expression_observed: FloatArray  # (n_exp,) share of what each weight moves that the picture shows
    completion: Completion | None = None  # where the face is covered enough for it

    def mask(self, height: int, width: int) -> BoolArray:
        """(H, W) whether a pixel of the picture lies within the face's outline and shows something else."""
        drawn = _core.occlusion_mask(self.chance, self.outline, self.matrix, height, width)
        return np.asarray(drawn, bool)

    def complete(self, picture: Picture) -> tuple[Picture, BoolArray]:
        """Paint what is completed of the face over a picture (H, W, 3); it, and (H, W) what is generated."""
        if self.completion is None:
            return picture, np.zeros(picture.shape[:2], bool)
        return self.completion.paint(picture, self.matrix)

    def shows(self, points: FloatArray, height: int, width: int) -> BoolArray:
        """Tell which points the picture would show if nothing of the head hid them.

        Args:
            points: (N, 3) float32: px of the picture, and depth.
            height: of the picture, px.
            width: of the picture, px.

        Returns:
            (N,) whether a point lies in the picture and in the face's crop, and is not covered.
        """
        shown = _core.shown_points(self.chance, self.outline, self.matrix, height, width, points)
        return np.asarray(shown, bool)

    def to_dict(self, expressions: Mapping[str, Visibility]) -> dict[str, Any]:
        """What is covered as plain numbers and names, for JSON.

        Args:
            expressions: ARKit names -> where the value comes from.
        """
        inferred = [name for name, state in expressions.items() if state is Visibility.INFERRED]
        return {"share": round(self.share, 4), "inferred_expressions": inferred}

    def __repr__(self) -> str:
        return f"Occlusion({self.share:.0%} of the face covered)"
