"""The bench's stages are those of a frame, its dense model is the decoder's, its pictures show the face."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, FaceSDKError, InvalidImage
from facesdk.cli import bench


def test_a_frame_is_its_stages_in_a_row(tiny_sdk: FaceSDK, picture: Any) -> None:
    frame = bench.TrackedFrame(tiny_sdk, picture, side=64)
    drawn = frame.run()
    assert drawn.shape == (64, 64, 3)
    assert (drawn > 0).any(axis=2).mean() > 0.2  # the face fills its crop
    assert [stage.name for stage in frame.stages()] == [*frame.laps(2), "frame"]
    for stage in frame.stages():
        assert stage.difference() <= stage.tolerance, stage.name


def test_the_dense_model_is_the_decoder_s(tiny_sdk: FaceSDK) -> None:
    rng = np.random.default_rng(0)
    model = tiny_sdk.model
    identity = rng.normal(size=model.n_id).astype(np.float32)
    expression = rng.uniform(size=model.n_exp).astype(np.float32)
    dense = bench.Dense(tiny_sdk.options.face_model).decode(identity, expression)
    np.testing.assert_allclose(dense, model.decode(identity, expression), atol=0.01)


def test_a_tracked_video_draws_the_face_and_keeps_its_albedo(
    tiny_sdk: FaceSDK, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = tiny_sdk.model.albedo
    monkeypatch.setattr(tiny_sdk.model, "albedo", lambda *given: asked.append(given) or real(*given))
    monkeypatch.setattr(tiny_sdk, "track", tiny_sdk.reconstruct)  # the tiny network does not follow
    video = bench.TrackedVideo(tiny_sdk, picture, side=64)
    drawn = video.run()
    assert drawn.shape == (64, 64, 3)
    assert (drawn > 0).any(axis=2).mean() > 0.2
    assert len(asked) == 1


def test_a_picture_without_a_face_is_refused(tiny_sdk: FaceSDK, picture: Any) -> None:
    nothing = FaceSDK(tiny_sdk.options, detector=lambda _: np.zeros((0, 4)))
    with pytest.raises(InvalidImage, match="no face"):
        bench.TrackedFrame(nothing, picture)


def test_a_wrong_stage_is_not_timed() -> None:
    times = []
    wrong = bench.Stage("wrong", lambda: times.append(0) or np.ones(3), lambda: np.zeros(3), 0.5)
    with pytest.raises(FaceSDKError, match="wrong differs"):
        bench.measure([wrong], 5)
    assert len(times) == 1
