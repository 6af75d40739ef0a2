# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""What is put in front of faces covers what it should and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk import manifest
from training.augmentation.occluders import occlude, wear_glasses, wear_masks
from training.face_model.camera import project, rotation_from_vector
from training.face_model.linear_face import load_linear_face

SIDE = 96


@pytest.fixture(scope="module")
def landmarks() -> torch.Tensor:
    """(6, 68, 2) landmarks of the bundled mean face, seen from the front, in crop sides."""
    face = load_linear_face(manifest.asset_path(manifest.FACE_MODEL), sample=10)
    facing = rotation_from_vector(torch.tensor([[np.pi, 0.0, 0.0]], dtype=torch.float32))
    points: torch.Tensor = project(face.landmark_mean[None], facing, torch.zeros(1, 3))
    return points.repeat(6, 1, 1)


def covered(put_on: Callable[..., None], landmarks: torch.Tensor) -> torch.Tensor:
    """(3, 68) whether the picture changed at each landmark of the first three crops."""
    crops = torch.rand(6, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    before = crops.clone()
    put_on(crops, landmarks, torch.arange(3), torch.Generator().manual_seed(2))
    assert torch.equal(crops[3:], before[3:]), "only the rows asked for"
    assert float(crops.min()) >= 0
    assert float(crops.max()) <= 1
    changed = (crops - before).abs().amax(1)
    at = ((landmarks[:3] + 0.5) * SIDE).long().clamp(0, SIDE - 1)
    return changed[torch.arange(3)[:, None], at[..., 1], at[..., 0]] > 0.02


def test_a_mask_hides_mouth_and_chin(landmarks: torch.Tensor) -> None:
    hidden = covered(wear_masks, landmarks)
    assert hidden[:, 48:68].float().mean() > 0.9
    assert not hidden[:, 17:27].any()
    assert not hidden[:, 36:48].any()


def test_glasses_hide_the_eyes(landmarks: torch.Tensor) -> None:
    hidden = covered(wear_glasses, landmarks)
    assert hidden[:, 36:48].float().mean() > 0.5
    assert not hidden[:, 48:68].any()
    assert not hidden[:, 5:12].any()


def test_a_blob_covers_part_of_the_crop() -> None:
    crops = torch.zeros(8, 3, SIDE, SIDE)
    crops[:, 1] = 1.0
    before = crops.clone()
    occlude(crops, torch.arange(4), torch.Generator().manual_seed(3))
    share = ((crops - before).abs().amax(1) > 0.02).float().mean((1, 2))
    assert (share[:4] > 0.005).all()
    assert (share[:4] < 0.6).all()
    assert not share[4:].any()
