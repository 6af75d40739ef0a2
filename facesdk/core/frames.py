"""Frames of other programs, as rotations and scales from the face frame.

Face frame: x to the picture's right for a frontal face (the person's left), y up, z out of the face, mm.
A point goes over by `p_other = METRES * (R @ p_face)` where that program counts in metres.
"""

from __future__ import annotations

import numpy as np

METRES = np.float32(0.001)  # per millimetre

GLTF_FROM_FACE = np.eye(3, dtype=np.float32)  # glTF 2.0: y up, +z forward, metres
ARKIT_FROM_FACE = np.eye(3, dtype=np.float32)  # ARFaceAnchor: x to the viewer's right, y up, z out, metres
# ROS REP-155: x out of the face, y to the person's left, z up, metres; its origin is the sellion.
ROS_FROM_FACE = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
SELLION = 27  # of the 68 landmarks
