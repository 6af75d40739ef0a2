"""Pose of a face in a camera."""

from __future__ import annotations

import dataclasses
from typing import Any

from facesdk.core.arrays import FloatArray, rounded
from facesdk.core.rotation import euler_from_rotation, quaternion_from_rotation


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Pose:
    """Face frame -> camera frame (paper 1, equation 5), and the camera; angles as in core/rotation.py."""

    matrix: FloatArray  # (3, 3) rotation; diag(1, -1, -1) for a frontal face
    translation_mm: FloatArray  # (3,)
    intrinsics: FloatArray  # (3, 3), px
    metric: bool  # True if the intrinsics are the user's: mm are true up to the size of this person's face

    @property
    def yaw_deg(self) -> float:
        """Positive: the nose points to the picture's right."""
        return euler_from_rotation(self.matrix)[0]

    @property
    def pitch_deg(self) -> float:
        """Positive: the nose points up."""
        return euler_from_rotation(self.matrix)[1]

    @property
    def roll_deg(self) -> float:
        """Positive: the top of the head leans to the picture's right."""
        return euler_from_rotation(self.matrix)[2]

    @property
    def quaternion_xyzw(self) -> FloatArray:
        """(4,) the same rotation as a unit quaternion."""
        return quaternion_from_rotation(self.matrix)

    def to_dict(self) -> dict[str, Any]:
        """The pose as plain numbers, for JSON."""
        yaw, pitch, roll = euler_from_rotation(self.matrix)
        return {
            "matrix": rounded(self.matrix, 6),
            "quaternion_xyzw": rounded(self.quaternion_xyzw, 6),
            "yaw_deg": round(yaw, 3),
            "pitch_deg": round(pitch, 3),
            "roll_deg": round(roll, 3),
            "translation_mm": rounded(self.translation_mm, 3),
            "intrinsics": rounded(self.intrinsics, 4),
            "metric": bool(self.metric),
        }

    def __repr__(self) -> str:
        yaw, pitch, roll = euler_from_rotation(self.matrix)
        x, y, z = self.translation_mm.tolist()
        unit = "mm, metric" if self.metric else "mm"
        at = f"{x:.0f} {y:.0f} {z:.0f} {unit}"
        return f"Pose(yaw {yaw:.1f}, pitch {pitch:.1f}, roll {roll:.1f} deg, at {at})"
