"""How much of each vertex's skin a photo shows, and how much of what covers it, of clothes or of hair."""

from __future__ import annotations

import cv2
import numpy as np

from facesdk import ops
from facesdk.core.arrays import FloatArray
from facesdk.core.compiled import _core
from facesdk.core.occlusion import Occlusion
from facesdk.rendering.posed_mesh import PosedMesh

BESIDE = 2  # px of the mask that lie beside its own: its border is that exact, and a hair's shadow that wide
SOFT = 1.5  # px, of the Gaussian that leaves no seam


def skin_shown(occlusion: Occlusion, mesh: PosedMesh) -> FloatArray:
    """Find where a photo shows the skin of a face.

    Args:
        occlusion: what covers the face.
        mesh: the face in the photo's camera.

    Returns:
        (V,) 1 within the face's outline, 0 outside it (neck, crown) and on what covers it, between them at
        its border.
    """
    side = len(occlusion.chance)
    crop = np.eye(2, 3, dtype=np.float32)  # the crop itself as the picture
    everything = np.full_like(occlusion.chance, 255)
    inside, covered = (
        _core.occlusion_mask(chance, occlusion.outline, crop, side, side)
        for chance in (everything, occlusion.chance)
    )
    grown = cv2.dilate(covered, np.ones((2 * BESIDE + 1, 2 * BESIDE + 1), np.uint8))
    shown = cv2.GaussianBlur((inside * (1 - grown)).astype(np.float32), (0, 0), SOFT)
    points = ops.project(mesh.verts_camera_mm, mesh.intrinsics)
    x, y = (points[:, :2] @ occlusion.matrix[:, :2].T + occlusion.matrix[:, 2]).clip(-2, side + 1).T
    folded = -(-len(x) // 1024) * 1024  # remap takes maps of at most 32767 rows
    columns, rows = (np.resize(axis.astype(np.float32), folded).reshape(-1, 1024) for axis in (x, y))
    taken = cv2.remap(shown, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    share = np.asarray(taken, np.float32).ravel()[: len(x)]
    # Nearer the border than the Gaussian reaches, what it covers already shows.
    return np.where(points[:, 2] > 0, np.clip(2 * share - 1, 0, 1), np.float32(0))
