"""The int8 engine as a session: batches, crops of a picture, and where it is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facesdk import ops
from facesdk.errors import AssetError, InvalidArray
from facesdk.inference import choose_backend, open_session

PLAN = Path(__file__).parents[2] / "facesdk" / "assets" / "mobile_facernet_tiny.plan"


@pytest.mark.parametrize(
    ("backend", "suffixes", "chosen"),
    [("auto", {".plan", ".onnx"}, "native"), ("auto", {".plan"}, "native"),
     ("onnxruntime", {".plan", ".onnx"}, "onnxruntime")],
)  # fmt: skip
def test_auto_takes_the_int8_engine_for_a_quantised_graph(
    backend: str, suffixes: set[str], chosen: str
) -> None:
    assert choose_backend(backend, suffixes) == chosen


def test_auto_never_takes_it_without_one() -> None:
    assert choose_backend("auto", {".onnx"}) in ("openvino", "onnxruntime")


def test_crops_of_a_picture_equal_a_batch_of_crops() -> None:
    session = open_session(PLAN, "native")
    picture = np.random.default_rng(0).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    matrices = [np.array([[s, 0.1, -9], [-0.1, s, 4]], np.float32) for s in (0.5, 0.7, 1.1)]
    crops = np.stack([ops.warp(picture, m, 96, normalize=False) for m in matrices])
    expected = session.run(crops.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255))
    given, gray = session.run_on(picture, matrices, 96)
    for name, values in expected.items():
        np.testing.assert_array_equal(given[name], values)
    np.testing.assert_allclose(gray, crops @ np.array([0.299, 0.587, 0.114]) / 255, atol=1e-6)
    with pytest.raises(InvalidArray, match="side: got 95, expected 96"):
        session.run_on(picture, matrices, 95)


@pytest.mark.parametrize("name", ["missing.plan", "."])
def test_a_path_without_a_graph(name: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        open_session(tmp_path / name, "native")
