# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""Labels move exactly as the picture does."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk.core.landmarks import MIRROR_68
from tests.training.fakes import write_face_asset, write_shards
from training.augmentation.augment import Augment, Jitter, places, resample
from training.augmentation.photometry import Photometry, jpeg_like
from training.datasets.crop_frame import CROP_IN_PACK
from training.face_model.camera import (
    project,
    rotation_about_z,
    rotation_from_six,
    rotation_from_vector,
    six_from_rotation,
    turn_light,
)
from training.face_model.linear_face import load_linear_face
from training.shards.load import load_shards

torch.set_num_threads(1)
WIDE = Jitter(rotation_deg=60, scale=0.3, shift=0.2, mirror=0.5)  # twice what training draws


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Augment:
    folder = tmp_path_factory.mktemp("pack")
    face = load_linear_face(write_face_asset(folder / "face.safetensors"), sample=50)
    write_shards(folder / "shards", shards=2)
    shards = load_shards(folder / "shards")
    # Points that are the projection of the labels, so that both can be followed.
    rotation = rotation_from_vector(shards.labels["rotvec"])
    verts = face.landmarks(shards.labels["alpha"], shards.labels["delta"])
    shards.points = project(verts, rotation, shards.labels["m"])
    return Augment(shards, face)


def test_projected_labels_stay_on_the_points(source: Augment) -> None:
    """Pack camera -> jittered crop camera, mirrored rows left out: their 68 points are arbitrary here."""
    batch = source.draw(torch.arange(48), 96, Jitter(mirror=0.0), None)
    seen = project(source.face.landmarks(batch.alpha, batch.delta), batch.rotation, batch.m)
    error = (seen - batch.points).norm(dim=2) * 96
    assert float(error.max()) < 0.3  # pixels; the rest is perspective that the scaled depth cannot repeat


def test_mirrored_labels_mirror_the_surface(source: Augment) -> None:
    rows = torch.arange(48)
    plain = source.draw(rows, 64, None, None)
    mirrored = source.draw(rows, 64, Jitter(0, 0, 0, mirror=1.0), None)
    face, half = source.face, torch.tensor([-1.0, 1.0, 1.0])
    verts = face.sample_mean + face.sample_offsets(plain.alpha, plain.delta)
    # The sample is not symmetric, so compare through a mirrored copy of the basis: M's own definition.
    again = source.draw(rows, 64, Jitter(0, 0, 0, mirror=1.0), None)
    assert torch.equal(again.alpha, mirrored.alpha)
    twice = mirrored.alpha @ face.mirror_alpha
    assert torch.allclose(twice, plain.alpha, atol=2e-3)
    assert torch.allclose(mirrored.beta @ face.mirror_beta, plain.beta, atol=2e-3)
    assert torch.equal(mirrored.delta[:, face.mirror_delta], plain.delta)
    assert torch.allclose(mirrored.rotation, plain.rotation * half[:, None] * half)
    assert torch.allclose(mirrored.m, plain.m * half)
    assert torch.allclose(mirrored.crops.flip(3), plain.crops, atol=1e-5)
    assert torch.equal(mirrored.points[:, torch.from_numpy(MIRROR_68)] * half[:2], plain.points)
    assert verts.shape == (48, 50, 3)


def test_expression_mirror_swaps_names(source: Augment) -> None:
    assert source.face.mirror_delta.tolist() == [1, 0, 4, 3, 2]


def test_a_dot_lands_where_its_point_says(source: Augment) -> None:
    pictures = torch.zeros(8, 3, 144, 144)
    pictures[:, :, 80:83, 60:63] = 1.0
    where = (torch.tensor([61.0, 81.0]) - 71.5) / CROP_IN_PACK
    centre, angle, scale, mirrored = source.motion(8, WIDE)
    crops = resample(pictures, places(8, 96, "cpu"), centre, angle, scale, mirrored)
    sign = torch.where(mirrored, -1.0, 1.0)
    moved = torch.stack([where[0] * sign, where[1].expand(8)], 1) - centre
    expected = (rotation_about_z(angle)[:, :2, :2] @ moved[..., None])[..., 0] / scale[:, None] * 96 + 47.5
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    mass = crops[:, 0].sum((1, 2))
    found = torch.stack([(crops[:, 0] * x).sum((1, 2)) / mass, (crops[:, 0] * y).sum((1, 2)) / mass], 1)
    assert float((found - expected).norm(dim=1).max()) < 0.15


def test_rotation_as_six_numbers() -> None:
    rotation = rotation_from_vector(torch.randn(20, 3))
    assert torch.allclose(rotation_from_six(six_from_rotation(rotation)), rotation, atol=1e-5)
    assert torch.allclose(rotation.det(), torch.ones(20), atol=1e-5)


def test_turned_light_shades_turned_normals_alike() -> None:
    def basis(n: torch.Tensor) -> torch.Tensor:
        x, y, z = n.unbind(-1)
        one = torch.ones_like(x)
        c1, c2 = 0.488603, 1.092548
        return torch.stack(
            [
                *(0.282095 * one, c1 * y, c1 * z, c1 * x, c2 * x * y, c2 * y * z),
                *(0.315392 * (3 * z * z - 1), c2 * x * z, 0.546274 * (x * x - y * y)),
            ],
            -1,
        )

    gamma, angle = torch.randn(4, 9, 3), torch.randn(4)
    normals = torch.nn.functional.normalize(torch.randn(4, 30, 3), dim=2)
    turned = normals @ rotation_about_z(angle).transpose(1, 2)
    assert torch.allclose(basis(turned) @ turn_light(gamma, angle), basis(normals) @ gamma, atol=1e-5)


def test_photometry_keeps_range_and_reports_gain(source: Augment) -> None:
    batch = source.draw(torch.arange(40), 64, Jitter(), Photometry())
    assert batch.crops.shape == (40, 3, 64, 64)
    assert float(batch.crops.min()) >= 0
    assert float(batch.crops.max()) <= 1
    assert torch.isfinite(batch.target()).all()
    flat = torch.full((10, 3, 16, 16), 0.25)
    only_colour = Photometry(0, 0, 0, 1.0, 0, 0, 0, 0, 0)
    nowhere = torch.zeros(10, 68, 2)
    gain = only_colour.apply(flat, nowhere, torch.Generator().manual_seed(1))
    offset = flat[:, :, 0, 0] - 0.25 * gain
    assert torch.allclose(offset, offset[:, :1].expand(10, 3), atol=1e-5)  # gray stays gray times gain


def test_jpeg_like_with_fine_steps_changes_nothing() -> None:
    crops = torch.rand(2, 3, 64, 64)
    assert torch.allclose(jpeg_like(crops, 1e-6), crops, atol=1e-4)
    assert float((jpeg_like(crops, 0.1) - crops).abs().max()) > 0.05


def test_people_are_not_on_both_sides(source: Augment) -> None:
    shards = source.shards
    shards.subject = np.repeat(np.arange(12), 4)
    train, held = shards.split(0.4)
    assert len(train) + len(held) == 48
    assert not set(shards.subject[train.numpy()]) & set(shards.subject[held.numpy()])
    assert 0 < len(held) < 48
