"""Faces followed over the frames of a made-up video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facesdk import FaceSDK, Options, manifest
from facesdk.detect import Detector
from facesdk.tracking.tracker import Tracker

Picture = npt.NDArray[np.uint8]
VIDEOS = Path(__file__).parents[2].parent / "shared" / "data" / "video"


INTERVAL = Options().detection_interval
FRAMES = 30
FOUND_WITHIN = 10  # frames of a face's entry


class Counting:
    """A detector that counts its calls."""

    def __init__(self) -> None:
        self.inner, self.calls = Detector(manifest.asset_path(manifest.DETECTOR)), 0

    def __call__(self, picture: Picture) -> Any:
        self.calls += 1
        return self.inner(picture)


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(max_faces=2))


@pytest.fixture(scope="module")
def sample() -> Picture:
    bgr = cv2.imread(str(manifest.asset_path(manifest.SAMPLE)))
    return np.asarray(cv2.cvtColor(cv2.resize(bgr, None, fx=0.7, fy=0.7), cv2.COLOR_BGR2RGB), np.uint8)


def motion(frame: int) -> npt.NDArray[np.float64]:
    """(2, 3) sample px -> frame px: the head sways, turns and comes nearer."""
    angle, scale = 8 * np.sin(frame / 7), 1 + 0.15 * np.sin(frame / 9)
    matrix = np.asarray(cv2.getRotationMatrix2D((180, 150), angle, scale))
    matrix[:, 2] += [40 * np.sin(frame / 6), 15 * np.sin(frame / 5)]
    return matrix


def frame_of(sample: Picture, frame: int) -> Picture:
    height, width = sample.shape[:2]
    moved = cv2.warpAffine(sample, motion(frame), (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def test_a_moving_face_is_followed_without_detections(sdk: FaceSDK, sample: Picture) -> None:
    counting = Counting()
    counted = FaceSDK(sdk.options, detector=counting)
    tracker, own = Tracker(counted), Tracker(sdk)
    still = sdk.reconstruct(sample).faces[0].landmarks_px
    width = float(np.ptp(still[:, 0]))
    numbers = set()
    for i in range(FRAMES):
        result = counted.track(frame_of(sample, i), tracker=tracker)
        assert len(result.faces) == len(sdk.track(frame_of(sample, i), tracker=own).faces) == 1
        face = result.faces[0]
        numbers.add(face.track)
        matrix = motion(i)
        expected = still @ matrix[:, :2].T + matrix[:, 2]
        assert np.linalg.norm(face.landmarks_px - expected, axis=1).mean() < 0.05 * width
    assert len(numbers) == 1
    assert counting.calls == 1 + (FRAMES - 1) // INTERVAL  # in the first frame, then for a second face


def test_identity_steadies_while_expression_and_pose_stay_the_frames_own(
    sdk: FaceSDK, sample: Picture
) -> None:
    tracker = Tracker(sdk)
    identities, poses = [], []
    for i in range(20):
        face = sdk.track(frame_of(sample, i), tracker=tracker).faces[0]
        identities.append(face.identity)
        poses.append(face.pose.roll_deg)
    np.testing.assert_array_equal(identities[16], identities[19])  # renewed at 16, kept since
    single = [sdk.reconstruct(frame_of(sample, i)).faces[0].identity for i in (3, 9, 19)]
    apart = np.mean([np.linalg.norm(a - identities[19]) for a in single])
    assert apart < 0.7 * np.linalg.norm(identities[19])
    assert np.ptp(poses) > 8


def test_a_face_that_goes_is_lost_and_a_new_one_gets_a_new_number(sdk: FaceSDK, sample: Picture) -> None:
    tracker = Tracker(sdk)
    first = sdk.track(sample, tracker=tracker).faces[0].track
    empty = np.full_like(sample, 90)
    assert sdk.track(empty, tracker=tracker).faces == []
    again = sdk.track(sample, tracker=tracker).faces
    assert [face.track for face in again] == [first + 1]
    tracker.reset()
    assert len(tracker) == 0


def test_a_second_face_is_found_while_one_is_followed(sdk: FaceSDK, sample: Picture) -> None:
    tracker = Tracker(sdk)
    both = np.concatenate([sample, sample], axis=1)
    alone = both.copy()
    alone[:, sample.shape[1] :] = 90
    for _ in range(2):  # fast detection first, full detection in the next frame
        assert len(sdk.track(alone, tracker=tracker).faces) == 1
    counts = [len(sdk.track(both, tracker=tracker).faces) for _ in range(FOUND_WITHIN + 1)]
    assert counts[0] == 1
    assert counts[-1] == 2


def test_tracks_of_two_videos_do_not_mix(sdk: FaceSDK, sample: Picture) -> None:
    one, other = Tracker(sdk), Tracker(sdk)
    sdk.track(sample, tracker=one)
    assert sdk.track(np.full_like(sample, 90), tracker=other).faces == []
    assert len(one) == 1
    assert len(sdk.tracker) == 0


def test_an_rgb_frame_is_not_copied_and_bgr_gives_the_same(sdk: FaceSDK, sample: Picture) -> None:
    result = sdk.track(sample, tracker=Tracker(sdk))
    assert result.image is sample
    turned = sdk.track(sample[:, :, ::-1], bgr=True, tracker=Tracker(sdk))
    np.testing.assert_array_equal(turned.image, sample)
    np.testing.assert_array_equal(turned.faces[0].landmarks_px, result.faces[0].landmarks_px)


def test_a_real_video_is_followed(sdk: FaceSDK) -> None:
    path = VIDEOS / "3DDFA__demo@obama_obama.mp4"
    if not path.exists():
        pytest.skip("needs ../shared/data/video")
    video, tracker, numbers = cv2.VideoCapture(str(path)), Tracker(sdk), []
    for _ in range(40):
        there, frame = video.read()
        if not there:
            break
        numbers += [face.track for face in sdk.track(frame, bgr=True, tracker=tracker).faces]
    assert len(numbers) >= 38
    assert set(numbers) == {0}


def other_person(sample: Picture, seed: int) -> Picture:
    """A rendered head where the sample's face is, before another background."""
    path = sorted((Path(__file__).parent / "fixtures" / "heads").glob("*.png"))[seed]
    head = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = sample.shape[:2]
    noise = np.random.default_rng(seed).integers(0, 255, (6, 6, 3)).astype(np.uint8)
    scene = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    side = min(head.shape[0], height, width)
    scene[:side, :side] = cv2.resize(head, (side, side))
    return np.asarray(scene, np.uint8)


@pytest.mark.parametrize("seed", [0, 5, 11])
def test_a_cut_to_another_person_gives_a_new_number_and_their_own_shape(
    sdk: FaceSDK, sample: Picture, seed: int
) -> None:
    """Of one scene, the person before would be averaged into the one after."""
    tracker, alone = Tracker(sdk), Tracker(sdk)
    scene = other_person(sample, seed)
    own = sdk.track(scene, tracker=alone).faces[0]
    # The face before fills the place of the face after.
    still = sdk.reconstruct(sample).faces[0]
    shift = own.landmarks_px.mean(0) - still.landmarks_px.mean(0)
    size = tuple(np.sqrt(np.prod(np.ptp(f.landmarks_px, axis=0))) for f in (own, still))
    scale = float(size[0] / size[1])
    middle = still.landmarks_px.mean(0)
    place = np.array([[scale, 0, 0], [0, scale, 0]])
    place[:, 2] = middle + shift - scale * middle
    height, width = sample.shape[:2]
    before = np.asarray(cv2.warpAffine(sample, place, (width, height), borderMode=cv2.BORDER_REPLICATE))
    for _ in range(12):
        old = sdk.track(before, tracker=tracker).faces[0]
    for _ in range(10):
        face = sdk.track(scene, tracker=tracker).faces[0]
        sdk.track(scene, tracker=alone)
    assert face.track != old.track
    assert np.linalg.norm(face.neutral() - own.neutral(), axis=1).mean() < 2.0


def test_a_flash_a_shake_and_a_lamp_that_goes_out_are_no_cuts(sdk: FaceSDK, sample: Picture) -> None:
    tracker, numbers = Tracker(sdk), set()
    for i in range(16):
        frame = frame_of(sample, 2 * i)  # twice as fast
        if i == 5:
            frame = np.asarray(np.clip(frame.astype(float) * 1.7, 0, 255), np.uint8)
        if i > 8:
            frame = np.asarray(frame // 2, np.uint8)
        if i == 12:
            frame = np.asarray(cv2.blur(frame, (15, 1)), np.uint8)
        numbers.add(sdk.track(frame, tracker=tracker).faces[0].track)
    assert len(numbers) == 1
