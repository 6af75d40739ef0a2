# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The paper's losses against their equations, and the renderer's gradient against finite differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk import ops
from tests.training.fakes import write_face_asset, write_shards
from training.face_model.render import barycentrics, rasterize, shade, vertex_normals
from training.losses.image import photo_loss, ssim_loss
from training.losses.landmarks import PointErrors, land_loss
from training.losses.paper import PaperWeights
from training.losses.surface import regularisation, smoothness_loss
from training.reconstruction.settings import Settings
from training.reconstruction.train import Trainer
from training.shards.load import load_shards

torch.set_num_threads(1)


def test_land_loss_is_equation_12() -> None:
    true = torch.zeros(1, 68, 2)
    seen = true + torch.tensor([3.0, 4.0])
    assert float(land_loss(seen, true, torch.ones(1, 68))) == pytest.approx(25 * (51 + 17 / 2))
    assert float(land_loss(seen, true, torch.zeros(1, 68))) == 0


def test_land_error_weighs_by_the_epoch_before() -> None:
    errors = PointErrors()
    true, known = torch.zeros(2, 68, 2), torch.ones(2, 68)
    seen = true.clone()
    seen[:, 30, 0] = 2.0
    assert float(errors.loss(seen, true, known)) == 0
    errors.add(seen, true, known)
    errors.end_epoch()
    assert float(errors.loss(seen, true, known)) == pytest.approx(2 * 4)  # e_30 = 2, squared distance 4
    seen[:, 30], seen[:, 40, 0] = 0.0, 5.0
    assert float(errors.loss(seen, true, known)) == 0  # point 40 made no error in the epoch before


def test_photo_and_ssim_of_equal_and_different_pictures() -> None:
    picture = torch.rand(2, 8, 8, 3)
    covered = torch.ones(2, 8, 8, dtype=torch.bool)
    covered[:, :, 5:] = False
    assert float(photo_loss(picture, picture, covered)) < 1e-3
    assert float(ssim_loss(picture, picture, covered)) == pytest.approx(0, abs=1e-5)
    other = picture.clone()
    other[:, :, 5:] = 0  # outside of the face
    assert float(ssim_loss(picture, other, covered)) == pytest.approx(0, abs=1e-5)
    shifted = picture + torch.tensor([0.3, 0.4, 0.0])
    assert float(photo_loss(picture, shifted, covered)) == pytest.approx(0.5, abs=1e-4)
    assert float(ssim_loss(picture, 1 - picture, covered)) > 1
    assert float(ssim_loss(picture, other, covered & False)) == 0


def test_smoothness_has_the_ops_gradient() -> None:
    triangles = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1]], np.int32)
    ptr, idx = ops.adjacency(triangles, 5)
    verts = torch.randn(2, 5, 3, requires_grad=True)
    smoothness_loss(verts, ptr, idx).backward()
    moved = verts.detach().clone()
    moved[1, 0, 2] += 1e-2
    base = smoothness_loss(verts.detach(), ptr, idx)
    slope = (smoothness_loss(moved, ptr, idx) - base) / 1e-2
    assert float(slope) == pytest.approx(float(verts.grad[1, 0, 2]), rel=0.05, abs=1e-2)


def test_regularisation_is_equation_17() -> None:
    one = torch.ones(3, 10)
    assert float(regularisation(one, one, one)) == pytest.approx(10 * (2e-5 + 2e-2 + 4e-4))


def patch() -> tuple[torch.Tensor, torch.Tensor]:
    """A bent 4 x 4 patch before the camera, facing it, seen large."""
    y, x = torch.meshgrid(torch.linspace(-60, 60, 4), torch.linspace(-60, 60, 4), indexing="ij")
    generator = torch.Generator().manual_seed(3)
    z = 1300 + 15 * torch.rand(4, 4, generator=generator)
    verts = torch.stack([x, y, z], 2).reshape(1, 16, 3)
    quads = [(4 * r + c, 4 * r + c + 1, 4 * r + c + 5, 4 * r + c + 4) for r in range(3) for c in range(3)]
    # The camera's y points down: outside is towards -z, where this order runs counter-clockwise.
    triangles = torch.tensor([t for a, b, c, d in quads for t in ((a, c, b), (a, d, c))])
    return verts, triangles


def test_barycentrics_are_the_rasterizers() -> None:
    verts, triangles = patch()
    size = 48
    intrinsics = np.array([[4.5 * size, 0, 23.5], [0, 4.5 * size, 23.5], [0, 0, 1]], np.float32)
    raster = ops.rasterize(
        ops.project(verts[0].numpy(), intrinsics), triangles.numpy().astype(np.int32), size, size
    )
    if not (raster.triangle >= 0).any():
        pytest.fail("the patch faces away")
    rows, columns = np.nonzero(raster.triangle >= 0)
    corners = verts[0][triangles[raster.triangle[rows, columns]]]
    ray = np.stack([(columns - 23.5) / (4.5 * size), (rows - 23.5) / (4.5 * size), np.ones(len(rows))], 1)
    mine = barycentrics(corners, torch.from_numpy(ray).float())
    assert np.allclose(mine.numpy(), raster.bary[rows, columns], atol=2e-4)


def test_rendered_gradient_matches_finite_differences() -> None:
    """On pixels well inside their triangles: small moves do not change which triangle is seen."""
    verts, triangles = patch()
    verts, size = verts.double(), 48
    albedo = torch.rand(1, 16, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    light = torch.zeros(1, 9, 3, dtype=torch.float64)
    light[:, 0], light[:, 2], light[:, 3] = 2.0, -0.8, 0.5

    def picture(v: torch.Tensor) -> torch.Tensor:
        colours = shade(albedo, vertex_normals(v, triangles), light)
        return rasterize(v, colours, triangles, size)[0]

    still = picture(verts)
    for vertex, axis in ((5, 0), (6, 1), (9, 2)):
        step = torch.zeros_like(verts)
        step[0, vertex, axis] = 0.02
        plus, minus = picture(verts + step), picture(verts - step)
        numeric = (plus - minus) / 0.04
        leaf = verts.clone().requires_grad_()
        weights = torch.rand(still.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        # A pixel that changed its triangle between the two jumps; leave such few pixels out.
        steady = (plus + minus - 2 * still).abs().amax(3, keepdim=True) < 1e-4
        assert float(steady.double().mean()) > 0.9
        (picture(leaf) * weights * steady).sum().backward()
        expected = float((numeric * weights * steady).sum())
        assert float(leaf.grad[0, vertex, axis]) == pytest.approx(expected, rel=0.02, abs=1e-4)


def test_training_with_every_term(tmp_path: Path) -> None:
    asset = write_face_asset(tmp_path / "face.safetensors")
    write_shards(tmp_path / "shards", rows=12, shards=1)
    paper = PaperWeights(400, 2000, 100, 2, 50, 1, land_error_from_epoch=1, photo_from_epoch=1, rendered=2)
    settings = Settings(preset="tiny", batch=4, sizes=((0.0, 64),), steps=8, held_out=0.2, paper=paper)
    trainer = Trainer(load_shards(tmp_path / "shards"), settings, tmp_path / "run", asset, "cpu")
    names = set()
    for _ in range(8):
        terms = trainer.step(0.1)
        assert torch.isfinite(terms["total"])
        names |= set(terms)
    assert {"land12", "land13", "photo14", "ssim15", "smooth16", "reg17"} <= names
