"""What a tracked frame takes outside its ops, by stage."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.speed import outside_ops as outside
from benchmarks.speed.outside_ops import outside_ops
from facesdk import Face, FaceSDK, Options, manifest, ops
from facesdk.io.image import load_image


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(preset="tiny", backend="native"))


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


def test_every_stage_has_its_row(sdk: FaceSDK, photo: Any) -> None:
    rows = outside_ops(sdk, photo, 3)
    stages = ["detect", "network", "refine", "decode", "camera", "occlusion", "completion", "quality"]
    assert list(rows) == [*stages, "python", "fields", "sum"]
    for name, row in rows.items():
        assert row["outside"] >= 0, name
        assert row["frame"] >= 0, name
    assert rows["sum"]["outside"] == pytest.approx(sum(r["outside"] for n, r in rows.items() if n != "sum"))
    assert rows["python"]["ops"] == rows["detect"]["frame"] == 0  # a followed face is not detected again


def test_what_is_no_op_counts(sdk: FaceSDK, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sdk._result

    def slow(*given: Any) -> Any:
        time.sleep(0.02)
        return real(*given)

    monkeypatch.setattr(sdk, "_result", slow)
    assert outside_ops(sdk, photo, 3)["sum"]["outside"] > 20


def test_fields_count_when_they_are_read(sdk: FaceSDK, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any) -> Any:
        time.sleep(0.02)
        return np.zeros((68, 2), np.float32)

    monkeypatch.setattr(Face.__dict__["landmarks_px"], "read", slow)
    monkeypatch.setattr(outside, "WARM_UP", 1)
    monkeypatch.setattr(outside, "FrameOps", lambda *_: SimpleNamespace(stages={}))
    rows = outside_ops(sdk, photo, 3)
    assert rows["fields"]["outside"] > 20 > rows["python"]["outside"]


def test_what_is_an_op_does_not_count(sdk: FaceSDK, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain runs the op within the engine, so a slow one here is a stage faster than its ops."""
    real = ops.sharpness

    def slow(*given: Any) -> float:
        time.sleep(0.02)
        return real(*given)

    monkeypatch.setattr(ops, "sharpness", slow)
    row = outside_ops(sdk, photo, 3)["quality"]
    assert row["ops"] > 20
    assert row["outside"] == 0
