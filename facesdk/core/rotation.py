"""Rotations: Euler angles, quaternions, rotation vectors.

Frames: the camera's is x right, y down, z forward; the face's is x to the picture's right for a frontal face,
y up, z out of the face; p_camera = R p_face + m (paper 1, equation 5). Euler angles are defined by

    R = Rz(roll) Rx(-pitch) Ry(-yaw) diag(1, -1, -1)

with the usual right-handed Rx, Ry, Rz about the camera's axes; read from the right, the head turns about its
own vertical (yaw > 0: nose to the picture's right), nods (pitch > 0: nose up) and leans in the picture plane
(roll > 0: top of the head to the picture's right). Roll comes last, so that turning a picture changes roll
alone, and the only singular poses face straight up or down: profiles are regular.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import DoubleArray, FloatArray

FRONTAL = np.diag([1.0, -1.0, -1.0])  # R of a frontal face


def rotation_from_euler(yaw_deg: float, pitch_deg: float, roll_deg: float) -> FloatArray:
    """Compose a rotation from Euler angles, in the order that the module defines.

    Returns:
        (3, 3) float32, face frame -> camera frame.
    """
    yaw, pitch, roll = math.radians(yaw_deg), math.radians(pitch_deg), math.radians(roll_deg)
    about_z = _roll_matrix(roll)
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    )
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    return np.asarray(about_z @ about_x @ about_y @ FRONTAL, dtype=np.float32)


def euler_from_rotation(rotation: npt.ArrayLike) -> tuple[float, float, float]:
    """Decompose a rotation into Euler angles.

    Args:
        rotation: (3, 3), face frame -> camera frame.

    Returns:
        (yaw, pitch, roll) in degrees; pitch in -90..90, the others in -180..180.
    """
    # Entry by entry, without small matrix products: computed for every tracked frame.
    (r00, r01, _), (r10, r11, _), (r20, r21, r22) = np.asarray(rotation, dtype=np.float64).tolist()
    pitch = math.asin(min(1.0, max(-1.0, r21)))
    if abs(r21) > 1.0 - 1e-9:
        # Facing straight up or down, yaw and roll turn about one axis: all of it is reported as roll.
        return 0.0, math.degrees(pitch), math.degrees(math.atan2(r10, r00))
    yaw, roll = math.atan2(r20, -r22), math.atan2(r01, -r11)
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def quaternion_from_rotation(rotation: npt.ArrayLike) -> FloatArray:
    """Convert a (3, 3) rotation to the unit quaternion (4,) x, y, z, w with w >= 0."""
    r = np.asarray(rotation, dtype=np.float64)
    # The largest of the four squares is at least 1/4, so that nothing small is divided by.
    squares = np.array([r[0, 0], r[1, 1], r[2, 2], np.trace(r)])
    k = int(np.argmax(squares))
    q = np.empty(4)
    if k == 3:
        q[:] = (r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1.0 + squares[3])
    else:
        i, j = (k + 1) % 3, (k + 2) % 3
        q[k] = 1.0 + r[k, k] - r[i, i] - r[j, j]
        q[i] = r[i, k] + r[k, i]
        q[j] = r[j, k] + r[k, j]
        q[3] = r[j, i] - r[i, j]
    q /= np.linalg.norm(q)
    return np.asarray(-q if q[3] < 0 else q, dtype=np.float32)


def rotation_from_vector(vector: DoubleArray) -> DoubleArray:
    """Convert a rotation vector (3,) in radians to its (3, 3) matrix (Rodrigues' formula)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * (skew @ skew))


def _roll_matrix(angle: float) -> DoubleArray:
    """Rotation about the camera's z axis that leans an upright head to the picture's right."""
    return np.array(
        [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    )
