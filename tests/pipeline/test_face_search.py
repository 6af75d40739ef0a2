"""The search for faces that enter a video: spread over frames, complete within ten of them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from facesdk import FaceSDK, InvalidOptions, Options, _core, manifest
from facesdk.io.image import load_image
from facesdk.tracking.tracker import Tracker

Picture = npt.NDArray[np.uint8]

INTERVAL = Options().detection_interval
FOUND_WITHIN = 10  # frames of a face's entry
ENTRY_PX = 24  # sqrt(width * height) of the box of a face that enters
MOST_RUNS = 3  # of the regressor in one frame beside the one of each followed face


@pytest.fixture(scope="module")
def sample() -> Picture:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(backend="native"))


@pytest.fixture(scope="module")
def face(sdk: FaceSDK, sample: Picture) -> Picture:
    """Head and shoulders of the sample."""
    x0, y0, x1, y1 = sdk.reconstruct(sample).faces[0].box_xyxy_px
    side, middle = 2.2 * (y1 - y0), ((x0 + x1) / 2, (y0 + y1) / 2)
    left, top = (max(0, int(centre - side / 2)) for centre in middle)
    return sample[top : top + int(side), left : left + int(side)]


def scene(face: Picture, boxes_px: list[int], width: int = 600) -> Picture:
    """Faces of these sizes, sqrt(width * height) of their boxes in px, side by side on a plain wall."""
    out = np.full((400, width, 3), 110, np.uint8)
    x = 20
    for size in boxes_px:
        height = round(2.2 * size * 1.12)  # a box is higher than wide
        small = cv2.resize(
            face, (height * face.shape[1] // face.shape[0], height), interpolation=cv2.INTER_AREA
        )
        out[100 : 100 + height, x : x + small.shape[1]] = small
        x += small.shape[1] + 30
    return out


def delay(sdk: FaceSDK, before: Picture, after: Picture, phase: int) -> int:
    """Frames from the first one with another face to the one whose result has it."""
    tracker = Tracker(sdk)
    for _ in range(2 * INTERVAL + phase):
        known = len(sdk.track(before, tracker=tracker).faces)
    for frame in range(50):
        if len(sdk.track(after, tracker=tracker).faces) > known:
            return frame
    return 50


@pytest.mark.parametrize("phase", range(INTERVAL))
def test_a_small_face_that_enters_is_found_within_ten_frames(sdk: FaceSDK, face: Picture, phase: int) -> None:
    entered = scene(face, [120, ENTRY_PX])
    assert len(sdk.reconstruct(entered).faces) == 2
    assert delay(sdk, scene(face, [120]), entered, phase) <= FOUND_WITHIN


def test_the_interval_is_an_option(face: Picture) -> None:
    rare = FaceSDK(Options(backend="native", detection_interval=40))
    before, after = scene(face, [120]), scene(face, [120, 60])
    assert 15 < delay(rare, before, after, 1) <= 43
    often = FaceSDK(Options(backend="native", detection_interval=1))
    assert delay(often, before, after, 1) <= 7
    for wrong in (0, 10001, 2.5):
        with pytest.raises(InvalidOptions, match="detection_interval"):
            Options(detection_interval=wrong)  # type: ignore[arg-type]


def test_a_frame_may_be_overwritten_while_it_is_searched(sdk: FaceSDK, face: Picture) -> None:
    """What a search needs of its frame is copied: two trackers, one of whose frames share a buffer."""
    frames = [scene(face, [120])] * 9 + [scene(face, [120, 50, 30])] * 12
    buffer = frames[0].copy()
    one, other = Tracker(sdk), Tracker(sdk)
    for frame in frames:
        np.copyto(buffer, frame)
        shared = sdk.track(buffer, tracker=one).faces
        buffer[:] = 0
        own = sdk.track(frame, tracker=other).faces
        assert len(shared) == len(own)
        for a, b in zip(shared, own, strict=True):
            np.testing.assert_array_equal(a.landmarks_px, b.landmarks_px)
            np.testing.assert_array_equal(a.verts_face_mm, b.verts_face_mm)
    assert len(own) == 3


def test_a_change_of_size_within_a_search_begins_a_new_one(sdk: FaceSDK, face: Picture) -> None:
    small, large = scene(face, [120, 40], 500), scene(face, [120, 40], 900)
    tracker = Tracker(sdk)
    for i in range(4 * INTERVAL):
        result = sdk.track(large if i % 2 else small, tracker=tracker)
    for _ in range(FOUND_WITHIN):
        result = sdk.track(large, tracker=tracker)
    assert len(result.faces) == 2


def test_threads_do_not_change_what_is_found(sdk: FaceSDK, face: Picture) -> None:
    many = FaceSDK(Options(backend="native", threads=3))
    one, other = Tracker(sdk), Tracker(many)
    for i in range(20):
        frame = scene(face, [120] if i < 5 else [120, 50, 30])
        a, b = sdk.track(frame, tracker=one).faces, many.track(frame, tracker=other).faces
        assert [f.track for f in a] == [f.track for f in b]
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left.landmarks_px, right.landmarks_px)
    assert len(a) == 3


class CountingSession:
    """The regressor behind Python, which counts its pictures."""

    def __init__(self, network: Any) -> None:
        self.name, self.backend, self.metadata = network.name, "python", network.metadata
        self.outputs, self.side, self.capacity = network.outputs, network.side, 1
        self.input_numbers = 0
        self._run = network.prepare(network.side, network.side)
        self.count = 0

    def run(self, pixels: Any) -> Any:
        self.count += len(pixels)
        return self._run.predict(np.ascontiguousarray(pixels[..., :3]))


def test_no_frame_runs_many_networks(sdk: FaceSDK, sample: Picture, face: Picture) -> None:
    """Pictures with many weak candidates, of which a search at once would verify eight or more."""
    counting = CountingSession(sdk._engine.regressor)
    engine = _core.Engine(
        detector=sdk._engine.detector, regressor=_core.python_network(counting),
        face_model=sdk._engine.face_model,
        eyes=_core.load_dense_network(str(manifest.asset_path(manifest.EYES)).encode()), mask=None,
        contours=None, picture=None, detect=None,
        max_faces=16, min_detector_score=0.5, min_face_px=0.0, field_of_view_deg=40.0, passes=2, threads=1,
        detection_interval=INTERVAL, deocclude=0,
    )  # fmt: skip
    session = _core.Session(engine)
    crowd = scene(face, [120, 60, 50, 40, 30], 900)
    for picture in (sample, crowd):
        session.reset()
        session.track(picture, None, None)
        runs = []
        for _ in range(40):
            before, counting.count = session.num_tracks, 0
            session.track(picture, None, None)
            runs.append(counting.count - before)
        assert max(runs) <= MOST_RUNS
        assert sum(runs) <= 1.5 * len(runs)  # what was rejected is not verified again at once
    assert session.num_tracks == 5


@pytest.mark.parametrize("parts", [2, 3, 10, 200])
@pytest.mark.parametrize("plan", [manifest.DETECTOR_PLAN, manifest.NETWORKS["tiny"][1]])
def test_a_run_in_parts_gives_the_bits_of_a_whole_one(plan: str, parts: int) -> None:
    network = _core.load_int8_network(str(manifest.asset_path(plan)).encode())
    side = network.side or 96
    pictures = np.random.default_rng(parts).integers(0, 256, (2, side, side, 3), np.uint8)
    run = network.prepare(side, side)
    whole, split = run.predict(pictures), run.predict(pictures, parts)
    assert len(whole) == len(split) > 0
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_array_equal(a, b)
