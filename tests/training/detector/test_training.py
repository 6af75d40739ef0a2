"""The detector's training parts: shapes, parity with the run-time side, and geometry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk import ops  # noqa: E402
from training.detector.geometry import map_boxes, map_points, similarity, visible  # noqa: E402
from training.detector.loss import Targets, assign, detector_loss  # noqa: E402
from training.detector.network import DetectorNet, cells, decode  # noqa: E402


def _targets() -> Targets:
    boxes = torch.tensor(
        [
            [[40.0, 40, 72, 76], [100, 20, 112, 32], [130, 130, 190, 200]],
            [[10.0, 10, 250, 250], [0, 0, 0, 0], [0, 0, 0, 0]],
        ]
    )
    points = (boxes[..., :2] + boxes[..., 2:])[:, :, None] / 2 + torch.zeros(2, 3, 5, 2)
    points[0, 1] = torch.nan
    return Targets(boxes, points, torch.tensor([[1, 1, 0], [1, -1, -1]]))


def test_size_and_decode_agree_with_the_sdk() -> None:
    net = DetectorNet().eval()
    assert sum(p.numel() for p in net.parameters()) < 140_000
    with torch.no_grad():
        raw = net(torch.rand(1, 3, 96, 160))
    raw[..., 0] += 9
    centres, strides = cells(96, 160)
    logits, boxes, points = decode(raw, centres, strides)
    got = ops.decode_detections(np.ascontiguousarray(raw[0].numpy()), 96, 160, 0.5)
    assert np.allclose(got[0], boxes[0].numpy(), atol=1e-3)
    assert np.allclose(got[1], logits.sigmoid()[0].numpy(), atol=1e-5)
    assert np.allclose(got[2], points[0].numpy(), atol=1e-3)


def test_every_face_has_a_cell_and_unsure_ones_are_silent() -> None:
    raw = DetectorNet()(torch.rand(2, 3, 256, 256)).detach()
    centres, strides = cells(256, 256)
    logits, boxes, _ = decode(raw, centres, strides)
    owner, silent = assign(logits, boxes, _targets(), 256)
    assert set(owner[0]) == {-1, 0, 1}
    assert set(owner[1]) == {-1, 0}
    inside = (centres[:, 0] > 132) & (centres[:, 0] < 188) & (centres[:, 1] > 132) & (centres[:, 1] < 198)
    assert silent[0][inside.numpy()].all()
    assert not silent[1].any()


def test_a_few_steps_fit_two_pictures() -> None:
    torch.manual_seed(0)
    net = DetectorNet().train()
    pictures = torch.rand(2, 3, 256, 256)
    centres, strides = cells(256, 256)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    values = []
    for _ in range(12):
        terms = detector_loss(net(pictures), _targets(), centres, strides, 256)
        optimizer.zero_grad()
        terms["all"].backward()
        optimizer.step()
        values.append(terms["all"].item())
    assert np.isfinite(values).all()
    assert values[-1] < 0.6 * values[0]


def test_a_turned_face_keeps_its_size_and_a_mirror_its_sides() -> None:
    box = np.array([[10, 20, 40, 40]], np.float32)
    points = np.array([[[20, 30], [40, 30], [30, 40], [22, 50], [38, 50]]], np.float32)
    turned = map_boxes(box, similarity(np.array([30, 40]), np.array([30, 40]), 1.0, 45, False))
    assert np.allclose(turned, [[10, 20, 50, 60]], atol=1e-3)  # a circle's box does not grow
    mirror = similarity(np.array([30, 40]), np.array([30, 40]), 1.0, 0, True)
    assert np.allclose(map_points(points, mirror), points, atol=1e-3)  # a symmetric face is its own mirror
    assert np.allclose(visible(turned, 30, 60), 0.5, atol=1e-3)


def test_export_is_the_same_network(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from training.detector.export import to_onnx

    path = tmp_path / "detector.onnx"
    assert to_onnx(DetectorNet().state_dict(), path) < 1e-3
    assert path.stat().st_size < 600_000
