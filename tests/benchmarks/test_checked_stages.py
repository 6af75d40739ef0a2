"""The stages that are timed are compared with their NumPy references first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.speed.checked_stages import Dense, checked_stages
from benchmarks.speed.stage import measure
from benchmarks.speed.tracked_frame import TrackedFrame
from facesdk import FaceModel, FaceSDK, FaceSDKError, manifest, ops
from facesdk.io.image import load_image


@pytest.fixture(scope="module")
def frame() -> TrackedFrame:
    return TrackedFrame(FaceSDK(), load_image(manifest.asset_path(manifest.SAMPLE)), side=64)


def test_every_stage_is_its_reference(frame: TrackedFrame) -> None:
    stages = {stage.name: stage for stage in checked_stages(frame)}
    assert list(stages) == [*frame.laps(2), "frame"]
    for name, stage in stages.items():
        assert (stage.reference is None) == (name in ("network", "frame"))
        assert stage.difference() <= stage.tolerance, name


def test_a_stage_that_is_wrong_is_not_timed(frame: TrackedFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ops.shade_and_project

    def brighter(*args: Any, **options: Any) -> Any:
        points, colors = right(*args, **options)
        return points, colors * np.float32(1.01)

    monkeypatch.setattr(ops, "shade_and_project", brighter)
    light = next(stage for stage in checked_stages(frame) if stage.name == "light")
    with pytest.raises(FaceSDKError, match="light differs from its reference"):
        measure([light], 2)


def test_the_dense_model_is_the_decoder_s() -> None:
    rng = np.random.default_rng(0)
    model = FaceModel.load()
    identity = rng.normal(size=model.n_id).astype(np.float32)
    expression = rng.uniform(size=model.n_exp).astype(np.float32)
    dense = Dense().decode(identity, expression)
    assert np.abs(dense - model.decode(identity, expression)).max() < 0.05  # mm: the packed shapes' steps
