"""The int8 engine as a session: batches, crops of a picture, and where it is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from facesdk.errors import AssetError
from facesdk.inference import open_session
from facesdk.inference.choice import choose_backend

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


@pytest.mark.parametrize("name", ["missing.plan", "."])
def test_a_path_without_a_graph(name: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        open_session(tmp_path / name, "native")
