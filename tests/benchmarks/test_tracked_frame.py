"""A tracked frame by the ops alone is its stages in a row, and draws the face."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.speed.stage import Stage, measure
from benchmarks.speed.tracked_frame import TrackedFrame, TrackedVideo
from facesdk import FaceSDK, FaceSDKError, InvalidImage, manifest
from facesdk.core.crop import crop_from_landmarks
from facesdk.io.image import load_image


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK()


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


def test_a_frame_is_its_stages_in_a_row(sdk: FaceSDK, photo: Any) -> None:
    frame = TrackedFrame(sdk, photo, side=64)
    drawn = frame.run()
    assert drawn.shape == (64, 64, 3)
    assert (drawn > 0).any(axis=2).mean() > 0.2  # the face fills its crop
    assert [stage.name for stage in frame.stages()] == [*frame.laps(2), "frame"]


def test_the_regressor_alone_predicts_the_face_of_the_sdk(sdk: FaceSDK, photo: Any) -> None:
    """Up to what the second pass and the refinement change."""
    face = sdk.reconstruct(photo).faces[0]
    frame = TrackedFrame(sdk, photo, side=64)
    assert frame.crop.side == crop_from_landmarks(face.landmarks_px, None, frame.network.input_size).side
    predicted = sdk.model.decode(frame.x.identity[0], frame.x.expression[0])
    assert np.linalg.norm(predicted - face.verts_face_mm, axis=1).mean() < 4  # mm
    turned = frame.x.rotation[0] @ face.pose.matrix.T
    assert np.degrees(np.arccos(min(1.0, (np.trace(turned) - 1) / 2))) < 25  # the crop's camera is another


def test_a_tracked_video_draws_the_face_and_keeps_its_albedo(
    sdk: FaceSDK, photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = sdk.model.albedo
    monkeypatch.setattr(sdk.model, "albedo", lambda *given: asked.append(given) or real(*given))
    video = TrackedVideo(sdk, photo, side=64)
    drawn = video.run()  # the fourth frame renews the person's averages, the fifth does not
    before = len(asked)
    drawn = video.run()
    assert drawn.shape == (64, 64, 3)
    assert (drawn > 0).any(axis=2).mean() > 0.2
    assert 1 <= before == len(asked)


def test_a_picture_without_a_face_is_refused(sdk: FaceSDK, photo: Any) -> None:
    nothing = FaceSDK(sdk.options, detector=lambda _: np.zeros((0, 4)))
    with pytest.raises(InvalidImage, match="no face"):
        TrackedFrame(nothing, photo)


def test_a_wrong_stage_is_not_timed() -> None:
    times = []
    wrong = Stage("wrong", lambda: times.append(0) or np.ones(3), lambda: np.zeros(3), 0.5)
    with pytest.raises(FaceSDKError, match="wrong differs"):
        measure([wrong], 5)
    assert len(times) == 1
