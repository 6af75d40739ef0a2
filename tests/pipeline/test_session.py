"""Sessions share an engine: the same bits on any thread; errors of Python parts come out as they are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from facesdk import FaceSDK, InvalidArray, InvalidOptions, Options, _core, manifest
from facesdk.detect import Detections, Detector
from facesdk.io.image import load_image
from facesdk.tracking.tracker import Tracker

BOX = [[110, 60, 210, 180]]


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.fixture(scope="module", params=["native", "onnxruntime"])
def sdk(request: pytest.FixtureRequest) -> FaceSDK:
    return FaceSDK(Options(backend=request.param))


def test_sessions_of_many_threads_give_the_same_bits(sdk: FaceSDK, photo: Any) -> None:
    """Pictures of several sizes, so that every thread prepares networks of its own."""
    pictures = [np.ascontiguousarray(photo[: 200 + 40 * k]) for k in range(4)]
    expected = [sdk.reconstruct(picture) for picture in pictures]
    assert sum(len(result.faces) for result in expected) >= 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(sdk.reconstruct, pictures * 3))
    for result, wanted in zip(found, expected * 3, strict=True):
        assert len(result.faces) == len(wanted.faces)
        for a, b in zip(result.faces, wanted.faces, strict=True):
            np.testing.assert_array_equal(a.verts_face_mm, b.verts_face_mm)
            np.testing.assert_array_equal(a.landmarks_px, b.landmarks_px)
            assert a.score == b.score


def test_threads_of_one_engine_give_the_same_bits(photo: Any) -> None:
    one, many = (FaceSDK(Options(threads=n, backend="native")).reconstruct(photo) for n in (1, 3))
    assert len(one.faces) == len(many.faces) == 1
    np.testing.assert_array_equal(one.faces[0].verts_face_mm, many.faces[0].verts_face_mm)
    np.testing.assert_array_equal(one.faces[0].landmarks_px, many.faces[0].landmarks_px)


def test_a_session_remembers_nothing_of_the_last_picture(sdk: FaceSDK, photo: Any) -> None:
    first = sdk.reconstruct(photo)
    sdk.reconstruct(np.zeros((90, 50, 3), np.uint8))
    sdk.reconstruct(photo, boxes=[[0, 0, 40, 40], *BOX, [200, 200, 300, 330]])
    again = sdk.reconstruct(photo)
    np.testing.assert_array_equal(first.faces[0].verts_face_mm, again.faces[0].verts_face_mm)
    np.testing.assert_array_equal(first.faces[0].box_xyxy_px, again.faces[0].box_xyxy_px)


def test_one_tracker_used_by_two_threads_at_once_is_an_error(photo: Any) -> None:
    inside, leave = threading.Event(), threading.Event()

    def detect(_: Any) -> Any:
        inside.set()
        assert leave.wait(30)
        return BOX

    tracker = Tracker(FaceSDK(Options(backend="native"), detector=detect))
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(tracker.session.track, photo, None, None)
        assert inside.wait(30)
        try:
            with pytest.raises(InvalidOptions, match="another thread"):
                tracker.session.track(photo, None, None)
            with pytest.raises(InvalidOptions, match="another thread"):
                tracker.reset()
        finally:
            leave.set()
        busy.result(30)
    tracker.reset()


class DetectorFailed(Exception):
    pass


def failing(_: Any) -> Any:
    raise DetectorFailed("no film in the camera")


@pytest.mark.parametrize("call", ["reconstruct", "track"])
def test_an_exception_of_a_callable_detector_comes_out_as_it_is(photo: Any, call: str) -> None:
    sdk = FaceSDK(Options(backend="native"), detector=failing)
    for _ in range(2):  # the session is not spoilt by the first
        with pytest.raises(DetectorFailed, match="no film"):
            getattr(sdk, call)(photo)
    assert len(sdk.reconstruct(photo, boxes=BOX).faces) == 1


class FailingSession:
    """A network that runs in Python and fails."""

    def __init__(self, network: _core.Network) -> None:
        self.name, self.backend, self.metadata = network.name, "python", network.metadata
        self.outputs, self.side, self.input_numbers, self.capacity = network.outputs, network.side, 0, 1

    def run(self, pixels: Any) -> Any:
        raise DetectorFailed(f"no power for {len(pixels)}")


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exception_of_a_network_in_python_comes_out_as_it_is(photo: Any, threads: int) -> None:
    sdk = FaceSDK(Options(backend="native"))
    regressor = _core.python_network(FailingSession(sdk._engine.regressor))
    stage = _core.Regressor(regressor, threads)
    with pytest.raises(DetectorFailed, match="no power for 1"):
        stage.predict(photo, np.array([[200.0, 200, 100, 0]] * 5), False)


@pytest.mark.parametrize(("found", "name"), [
    ([[1, 2, 3]], "boxes"), ("faces", "boxes"), ([[9, 5, 5, 9]], "box"), ([[0, 0, np.nan, 1]], "box"),
])  # fmt: skip
def test_what_a_detector_returns_is_checked(photo: Any, found: Any, name: str) -> None:
    with pytest.raises(InvalidArray, match=name):
        FaceSDK(Options(backend="native"), detector=lambda _: found).reconstruct(photo)
    with pytest.raises(InvalidArray, match=name):
        FaceSDK(Options(backend="native"), detector=found)


def test_detectors_of_every_kind_give_the_same_face(photo: Any) -> None:
    detector = Detector(manifest.asset_path(manifest.DETECTOR_PLAN))
    found = detector(photo)
    assert isinstance(found, Detections)
    kinds = [detector, found, lambda _: found, lambda picture: detector(picture)]
    options = Options(backend="native")
    faces = [FaceSDK(options, detector=kind).reconstruct(photo).faces[0] for kind in kinds]
    for face in faces[1:]:
        np.testing.assert_array_equal(face.verts_face_mm, faces[0].verts_face_mm)
    assert faces[0].score == pytest.approx(float(found.scores[0]))  # not verified: the detector's own score
    boxes = FaceSDK(options, detector=found.boxes_xyxy).reconstruct(photo).faces[0]
    assert boxes.score == 1.0
    # Without the roll the first crop differs; the second pass makes up for most of it.
    assert np.linalg.norm(boxes.landmarks_px - faces[0].landmarks_px, axis=1).mean() < 2


@pytest.mark.parametrize(("image", "intrinsics", "detections", "name"), [
    (np.zeros((9, 9), np.uint8), None, None, "image"),
    (np.zeros((9, 9, 3), np.float32), None, None, "image"),
    (np.zeros((0, 9, 3), np.uint8), None, None, "height"),
    (np.zeros((9, 9, 3), np.uint8), np.eye(3), None, "intrinsics"),
    (np.zeros((9, 9, 3), np.uint8), None, (np.zeros((1, 4), np.float32),), "detections"),
    (np.zeros((9, 9, 3), np.uint8), None, (np.zeros((1, 4)), np.zeros(1, np.float32), None, None), "boxes"),
    (np.zeros((9, 9, 3), np.uint8), None,
     (np.zeros((2, 4), np.float32), np.zeros(1, np.float32), None, None), "scores"),
    (np.zeros((9, 9, 3), np.uint8), None,
     (np.zeros((1, 4), np.float32), np.zeros(1, np.float32), np.zeros((1, 4, 2)), None), "points"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_named(
    sdk: FaceSDK, image: Any, intrinsics: Any, detections: Any, name: str
) -> None:
    session = _core.Session(sdk._engine)
    with pytest.raises(InvalidArray, match=name):
        session.reconstruct(image, intrinsics, detections)
