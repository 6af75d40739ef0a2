"""Cameras and poses: intrinsics, projection, Euler angles, crop pose -> picture pose.

Frames: the camera's is x right, y down, z forward, mm; the face's is x to the picture's right for a frontal
face, y up, z out of the face, mm; p_camera = R p_face + m (paper 1, equation 5); frontal R = diag(1, -1, -1)

Euler angles, written here and nowhere else:

    R = Rz(roll) Rx(-pitch) Ry(-yaw) diag(1, -1, -1)

with the usual right-handed Rx, Ry, Rz about the camera's axes; read from the right, the head turns about its
own vertical (yaw > 0: nose to the picture's right), nods (pitch > 0: nose up) and leans in the picture plane
(roll > 0: top of the head to the picture's right). Roll comes last, so that turning a picture changes roll
alone, and the only singular poses look straight up or down: profiles are regular.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.crop import Crop
from facesdk.errors import InvalidOptions
from facesdk.reference.pose import turn_by

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]

FRONTAL = np.diag([1.0, -1.0, -1.0])


def rotation_from_euler(yaw_deg: float, pitch_deg: float, roll_deg: float) -> FloatArray:
    """(3, 3) rotation of equation 5 from the three angles, in the order written at the top of this file."""
    yaw, pitch, roll = math.radians(yaw_deg), math.radians(pitch_deg), math.radians(roll_deg)
    about_z = _roll_matrix(roll)
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]]
    )
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    return np.asarray(about_z @ about_x @ about_y @ FRONTAL, dtype=np.float32)


def euler_from_rotation(rotation: npt.ArrayLike) -> tuple[float, float, float]:
    """(yaw_deg, pitch_deg, roll_deg) of a (3, 3) rotation; pitch in -90..90, the others in -180..180."""
    # The entries of R diag(1, -1, -1) by hand: a tracker asks every frame.
    (r00, r01, _), (r10, r11, _), (r20, r21, r22) = np.asarray(rotation, dtype=np.float64).tolist()
    pitch = math.asin(min(1.0, max(-1.0, r21)))
    if abs(r21) > 1.0 - 1e-9:
        # Looking straight up or down, yaw and roll turn about one axis: all of it is called roll.
        return 0.0, math.degrees(pitch), math.degrees(math.atan2(r10, r00))
    yaw, roll = math.atan2(r20, -r22), math.atan2(r01, -r11)
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def quaternion_from_rotation(rotation: npt.ArrayLike) -> FloatArray:
    """(4,) unit quaternion x, y, z, w of a (3, 3) rotation, w >= 0."""
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


def assumed_intrinsics(
    width: int, height: int, field_of_view_deg: float, least_focal_px: float = 0.0
) -> FloatArray:
    """(3, 3) intrinsics of a picture whose camera is unknown: square pixels, centred, a stated field of view.

    field_of_view_deg spans the longer side. least_focal_px narrows it where the picture is a close crop,
    whose true field of view must have been smaller than a whole photo's.
    """
    focal = max(max(width, height) / 2 / math.tan(math.radians(field_of_view_deg) / 2), least_focal_px)
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]], dtype=np.float32)


def check_intrinsics(intrinsics: npt.ArrayLike) -> FloatArray:
    """The user's (3, 3) intrinsics as float32; raises InvalidOptions where it is no camera matrix."""
    try:
        k = np.asarray(intrinsics, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidOptions(f"intrinsics: not numbers ({error}), expected a (3, 3) camera matrix") from error
    if k.shape != (3, 3):
        raise InvalidOptions(f"intrinsics: got shape {k.shape}, expected (3, 3)")
    if not np.isfinite(k).all() or not (k[0, 0] > 0 and k[1, 1] > 0) or not np.allclose(k[2], [0, 0, 1]):
        raise InvalidOptions("intrinsics: expected [[fx, s, cx], [0, fy, cy], [0, 0, 1]] with fx, fy > 0")
    return np.ascontiguousarray(k)


def project_points(points_camera_mm: npt.ArrayLike, intrinsics: npt.ArrayLike) -> FloatArray:
    """(N, 3) mm, camera frame -> (N, 2) px; for the few points of a pose (meshes: ops.project)."""
    p = np.asarray(points_camera_mm, dtype=np.float64) @ np.asarray(intrinsics, dtype=np.float64).T
    return (p[:, :2] / p[:, 2:3]).astype(np.float32)


def crop_intrinsics(size: int, focal_ratio: float) -> FloatArray:
    """(3, 3) intrinsics of the network's virtual camera: focal_ratio x size px, centred on the crop."""
    focal, middle = focal_ratio * size, (size - 1) / 2
    return np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], dtype=np.float32)


def picture_pose(
    crop: Crop,
    rotation: npt.ArrayLike,
    translation_mm: npt.ArrayLike,
    landmarks_face_mm: npt.ArrayLike,
    focal_ratio: float,
    intrinsics: npt.ArrayLike,
    steps: int = 2,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pose in the picture's camera from the pose in the crop's virtual camera.

    rotation (3, 3) and translation_mm (3,) are the network's, landmarks_face_mm (68, 3) the landmarks of its
    face. The crop's roll is put back, the pose turned from the crop's optical axis to the ray through the
    crop's centre, its depth scaled by the ratio of the focal lengths; then `steps` Gauss-Newton steps make
    the projected landmarks agree with those of the crop's camera, in the picture.
    Returns the (3, 3) rotation and the (3,) translation in mm, picture camera frame, and the (68, 2) px
    of the landmarks by that pose.
    """
    return ops.picture_pose(
        _f32(rotation),
        _f32(translation_mm),
        _f32(landmarks_face_mm),
        crop.center,
        crop.side,
        math.radians(crop.roll_deg),
        focal_ratio,
        _f32(intrinsics),
        steps=steps,
    )


def exponential(vector: DoubleArray) -> DoubleArray:
    """Rotation matrix of a rotation vector (Rodrigues)."""
    return turn_by(vector)


def _roll_matrix(angle: float) -> DoubleArray:
    """Rotation about the camera's z axis that leans an upright head to the picture's right."""
    return np.array(
        [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    )


def _f32(values: npt.ArrayLike) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float32)
