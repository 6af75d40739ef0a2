"""Errors of a checkpoint by set and yaw."""

# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.fakes import write_face_asset, write_shards
from training.augmentation.augment import Augment
from training.face_model.camera import rotation_from_vector
from training.face_model.linear_face import load_linear_face
from training.networks.layout import Layout
from training.networks.mobile_facernet import build
from training.reconstruction.evaluate_bins import Errors, errors_of, labelled_rows, table, yaw_deg
from training.shards.load import load_shards


def test_yaw_is_the_turn_of_the_face_s_forward_axis() -> None:
    for degrees in (0.0, 40.0, -75.0):
        about_y = rotation_from_vector(torch.tensor([[0.0, math.radians(degrees), 0.0]]))
        assert abs(float(yaw_deg(about_y)) - abs(degrees)) < 1e-2


def test_rows_fall_into_their_sets_and_bins() -> None:
    inner = np.array([1.0, 2.0, 30.0, 4.0], np.float32)
    errors = Errors(inner, inner, inner, inner, np.array([5, 50, 70, 70], np.float32))
    rows = table(errors, np.array([0, 0, 1, 1]), ["a", "b"])
    assert rows["all"]["faces"] == 4
    assert rows["all 45-60"]["inner"] == 2
    assert rows["all 60-90"] == {
        "faces": 2, "inner": 17.0, "median": 17.0, "over_10": 0.5, "all": 17.0, "maps": 17.0, "degrees": 17.0,
    }  # fmt: skip
    assert rows["b"]["over_10"] == 0.5


def test_hidden_points_do_not_count_as_seen(tmp_path: Path) -> None:
    asset = write_face_asset(tmp_path / "face.safetensors")
    write_shards(tmp_path / "shards", rows=12, shards=1)
    shards, face = load_shards(tmp_path / "shards"), load_linear_face(asset)
    shards.points_weight[:] = 1.0
    shards.points_weight[:, 40] = 0.25
    torch.manual_seed(0)
    network = build("tiny", Layout(alpha=face.n_id, beta=face.n_tex, delta=face.n_exp)).eval()
    rows = labelled_rows(shards, 0.0, all_rows=True)
    assert len(rows) == 12
    before = errors_of(network, Augment(shards, face), rows, 64)
    shards.points[:, 40] += 50.0
    box = errors_of(network, Augment(shards, face), rows, 64)
    # The point's own error is in `every` alone; the box that both are divided by grew for both.
    assert (box.every / box.inner > before.every / before.inner * 1.2).all()
    shards.points_weight[:6, 17:] = 0.25
    assert len(labelled_rows(shards, 0.0, all_rows=True)) == 6
