"""What lies in front of a face, and what of the face the picture therefore does not show."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import BoolArray, FloatArray
from facesdk.core.compiled import _core


class Visibility(enum.IntEnum):
    """Where the value of a vertex, a landmark or an expression comes from."""

    OBSERVED = 0  # the picture shows it
    SELF_OCCLUDED = 1  # the head itself hides it
    INFERRED = 2  # something covers it, or it lies outside the picture or the face's crop


@dataclasses.dataclass(eq=False, repr=False)
class Occlusion:
    """The cover of one face, as the mask network predicts it for the face's crop."""

    share: float  # of the face's outline that is covered, 0..1
    chance: npt.NDArray[np.uint8]  # (S, S) of being covered, in 255ths; means nothing outside the outline
    outline: npt.NDArray[np.uint8]  # (44, 44) cells of the crop that show the face or its cover
    matrix: FloatArray  # (2, 3) px of the picture -> px of the mask
    expression_observed: FloatArray  # (n_exp,) share of what each weight moves that the picture shows

    def mask(self, height: int, width: int) -> BoolArray:
        """(H, W) whether a pixel of the picture lies within the face's outline and shows something else."""
        drawn = _core.occlusion_mask(self.chance, self.outline, self.matrix, height, width)
        return np.asarray(drawn, bool)

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
