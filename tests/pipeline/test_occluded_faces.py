"""The chain with a mask network that takes what is painted green for a cover."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from facesdk import AssetError, FaceSDK, InvalidOptions, Options, Visibility, manifest
from facesdk.core.arrays import Picture
from facesdk.io.image import load_photo
from tests.pipeline.covers import GREEN, SIDE, GreenIsCover, covered_by, sdk_with

MOUTH = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "mouthClose")


@pytest.fixture(scope="module")
def photo() -> Picture:
    return load_photo(manifest.asset_path(manifest.SAMPLE)).picture


@pytest.fixture(scope="module")
def landmarks(photo: Picture) -> Any:
    return FaceSDK(Options(max_faces=1, deocclude="off")).reconstruct(photo).faces[0].landmarks_px


@pytest.fixture
def masked(photo: Picture, landmarks: Any) -> Picture:
    """The sample with a green medical mask: from the nose's bridge down over the jaw."""
    return covered_by(photo, landmarks, 29, 8)


def test_a_bare_face_has_the_bits_of_off(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    off = FaceSDK(Options(max_faces=1, deocclude="off")).reconstruct(photo).faces[0]
    auto = sdk_with(monkeypatch, GreenIsCover()).reconstruct(photo).faces[0]
    assert (off.occlusion, off.occluded_share, off.occlusion_mask) == (None, None, None)
    assert auto.occluded_share == 0
    assert not auto.occlusion_mask.any()
    assert auto.quality == off.quality
    for name in ("verts_face_mm", "landmarks_px", "expression_weights", "identity"):
        np.testing.assert_array_equal(getattr(auto, name), getattr(off, name))
    np.testing.assert_array_equal(auto.pose.matrix, off.pose.matrix)


def test_what_is_covered_is_said(masked: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    face = sdk_with(monkeypatch, GreenIsCover()).reconstruct(masked).faces[0]
    green = (masked == GREEN).all(-1)
    mask = face.occlusion_mask
    assert 0.2 < face.occluded_share < 0.6
    assert (green[mask]).mean() > 0.97  # the border is that of the mask's pixels
    assert mask.sum() > 0.5 * green.sum()  # within the face's outline alone
    states = face.visibility
    assert all(states.expressions[name] is Visibility.INFERRED for name in MOUTH)
    assert states.expressions["eyeBlinkLeft"] is Visibility.OBSERVED
    assert (states.landmarks[48:68] == Visibility.INFERRED).all()
    assert (states.landmarks[36:48] == Visibility.OBSERVED).all()
    assert {Visibility.OBSERVED, Visibility.SELF_OCCLUDED, Visibility.INFERRED} == set(states.vertices)
    record = json.loads(json.dumps(face.to_dict()))
    assert record["occlusion"]["share"] == round(face.occluded_share, 4)
    assert set(MOUTH) <= set(record["occlusion"]["inferred_expressions"])


def test_much_cover_lowers_the_quality(
    photo: Picture, landmarks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given as a box: no detector finds a face that is covered all over."""
    x0, y0 = landmarks.min(0).astype(int)
    x1, y1 = landmarks.max(0).astype(int)
    covered = photo.copy()
    covered[max(y0 - 120, 0) : y1 + 60, x0 - 60 : x1 + 60] = GREEN
    box = [[x0, y0 - 40, x1, y1]]
    face = sdk_with(monkeypatch, GreenIsCover()).reconstruct(covered, boxes=box).faces[0]
    assert face.occluded_share > 0.9
    assert "occluded" in face.quality.reasons
    assert face.quality.score < 0.2
    assert np.isfinite(face.verts_face_mm).all()


def test_a_video_holds_the_expressions_of_what_is_covered(
    photo: Picture, masked: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mouth keeps what it was before the mask; without the mask network it follows the guess."""
    sdk = sdk_with(monkeypatch, GreenIsCover())
    off = FaceSDK(Options(max_faces=1, deocclude="off"))
    for _ in range(8):
        before, plain = (one.track(photo).faces[0] for one in (sdk, off))
    np.testing.assert_array_equal(before.expression_weights, plain.expression_weights)
    for _ in range(8):
        after, guessed = (one.track(masked).faces[0] for one in (sdk, off))
    held = [name for name, state in after.visibility.expressions.items() if state is Visibility.INFERRED]
    assert set(MOUTH) <= set(held)
    changes = {name: abs(after.expression[name] - before.expression[name]) for name in MOUTH}
    guesses = {name: abs(guessed.expression[name] - plain.expression[name]) for name in MOUTH}
    assert max(guesses.values()) > 0.05
    assert sum(changes.values()) < 0.5 * sum(guesses.values())


def test_a_followed_face_is_looked_at_now_and_then(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    network = GreenIsCover()
    sdk = sdk_with(monkeypatch, network)
    for _ in range(25):
        sdk.track(photo)
    assert 4 <= network.runs <= 7


def test_occlusion_pickles_and_copies(masked: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    face = sdk_with(monkeypatch, GreenIsCover()).reconstruct(masked).faces[0]
    for again in (pickle.loads(pickle.dumps(face)), copy.deepcopy(face)):
        assert again.occluded_share == face.occluded_share
        np.testing.assert_array_equal(again.occlusion_mask, face.occlusion_mask)
        np.testing.assert_array_equal(again.visibility.vertices, face.visibility.vertices)


class Broken(GreenIsCover):
    """Says not-a-number everywhere."""

    def run(self, pixels: Picture) -> list[Any]:
        return [np.full((1, SIDE // 2, SIDE // 2, 4), np.nan, np.float32)]


class Short(GreenIsCover):
    """Gives a map of another size."""

    def run(self, pixels: Picture) -> list[Any]:
        return [np.zeros((1, 8, 8, 4), np.float32)]


def test_a_network_that_says_nothing_covers_nothing(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sdk_with(monkeypatch, Broken()).reconstruct(photo).faces[0].occluded_share == 0


def test_a_network_of_another_kind_is_refused(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssetError, match="no output mask"):
        sdk_with(monkeypatch, GreenIsCover("logits"))
    with pytest.raises(AssetError, match="output mask has 256 numbers"):
        sdk_with(monkeypatch, Short()).reconstruct(photo)


@pytest.mark.parametrize("value", ["always!", "", None, True])
def test_options_name_what_there_is(value: Any) -> None:
    with pytest.raises(InvalidOptions, match="deocclude"):
        Options(deocclude=value)
