"""What a reconstruction returns: all faces of one picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from facesdk.core.arrays import Picture
from facesdk.core.pose import Pose
from facesdk.core.quality import Quality
from facesdk.face import Face
from facesdk.frame_fields import RESULT, read_on_first_use
from facesdk.io.path_text import utf8_text

__all__ = ["Face", "Pose", "Quality", "Result"]


@read_on_first_use(RESULT)
@dataclasses.dataclass(eq=False, repr=False)
class Result:
    """All faces of one picture, largest and most certain first; none gives an empty list."""

    faces: list[Face]
    image: Picture  # (H, W, 3) uint8 RGB, EXIF orientation applied
    timings_ms: dict[str, float]  # load, detect, network, refine, decode, camera, quality, total
    source: str | None = None  # path of the photo, as it was given; None for bytes, open files and arrays
    notes: tuple[str, ...] = ()  # what is out of the ordinary with the photo, as that part of it is missing

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]

    def __iter__(self) -> Iterator[Face]:
        return iter(self.faces)

    def __len__(self) -> int:
        return len(self.faces)

    def overlay(self, layers: str | Sequence[str] = ("mesh", "landmarks")) -> Picture:
        """(H, W, 3) uint8 RGB: the photo with mesh, landmarks, depth, normals or render drawn over it."""
        from facesdk.rendering.overlay import overlay

        return overlay(self.image, [face.drawn() for face in self.faces], layers)

    def plot(self) -> Picture:
        """One sheet, uint8 RGB: the photo beside each layer of overlay()."""
        from facesdk.rendering.overlay import contact_sheet

        return contact_sheet(self.image, [face.drawn() for face in self.faces])

    def to_dict(self) -> dict[str, Any]:
        """The result as plain numbers and text, for JSON; image_size is (width, height)."""
        return {
            "source": None if self.source is None else utf8_text(self.source),
            "notes": list(self.notes),
            "image_size": list(self.image_size),
            "timings_ms": {stage: round(float(ms), 3) for stage, ms in self.timings_ms.items()},
            "faces": [face.to_dict() for face in self.faces],
        }

    def __repr__(self) -> str:
        width, height = self.image_size
        faces = "1 face" if len(self.faces) == 1 else f"{len(self.faces)} faces"
        total = f", {self.timings_ms['total']:.0f} ms" if "total" in self.timings_ms else ""
        return f"Result({faces} in {width} x {height} px{total})"
