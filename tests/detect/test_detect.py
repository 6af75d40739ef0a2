"""The detector on a photo with free terms, turned, scaled and emptied; and its parts by themselves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk.detect import ASSET, Detector, fit, letterbox, suppress
from facesdk.errors import AssetError, InvalidImage, InvalidOptions

skimage_data = pytest.importorskip("skimage.data")
EYES = np.array([[204.0, 100.0], [248.0, 103.0]])  # right, left; read off the photo by eye
MOUTH = np.array([224.0, 145.0])


@pytest.fixture(scope="module")
def photo() -> NDArray[np.uint8]:
    return np.asarray(skimage_data.astronaut(), np.uint8)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def test_asset_is_small() -> None:
    assert ASSET.stat().st_size < 600_000


def test_finds_the_one_face_with_its_points(photo: NDArray[np.uint8], detector: Detector) -> None:
    found = detector(photo)
    assert len(found) == 1
    x0, y0, x1, y1 = found.boxes_xyxy[0]
    assert x0 < 200
    assert x1 > 250
    assert y0 < 90
    assert 160 < y1 < 200
    assert np.abs(found.points[0, :2] - EYES).max() < 8
    assert np.linalg.norm(found.points[0, 3:].mean(0) - MOUTH) < 8
    assert abs(found.roll_deg[0] - 3) < 8
    assert all(a.dtype == np.float32 for a in (found.boxes_xyxy, found.scores, found.points, found.roll_deg))


@pytest.mark.parametrize("degrees", [-45, -25, 25, 45])
def test_a_turned_photo_has_a_turned_face(degrees: int, photo: NDArray[np.uint8], detector: Detector) -> None:
    # OpenCV turns counter-clockwise for positive angles: the top of the head goes to the left, roll < 0
    matrix = cv2.getRotationMatrix2D((225, 125), degrees, 0.9)
    found = detector(np.asarray(cv2.warpAffine(photo, matrix, (512, 512)), np.uint8))
    assert len(found) >= 1
    centre = (found.boxes_xyxy[0, :2] + found.boxes_xyxy[0, 2:]) / 2
    assert np.linalg.norm(centre - (225, 122)) < 20
    # at 45 degrees the points lean some 14 degrees too little; the landmarks' pass makes up for it
    assert abs(found.roll_deg[0] - 3 + degrees) < 18


@pytest.mark.parametrize("scale", [0.3, 0.5, 2.0])
def test_sizes(scale: float, photo: NDArray[np.uint8], detector: Detector) -> None:
    resized = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detector(np.asarray(resized, np.uint8))
    assert len(found) >= 1
    assert np.linalg.norm(found.points[0, 2] / scale - (225, 127)) < 10


def test_a_mirrored_photo_gives_the_mirrored_face(photo: NDArray[np.uint8], detector: Detector) -> None:
    plain, mirrored = detector(photo), detector(np.ascontiguousarray(photo[:, ::-1]))
    middle = plain.boxes_xyxy[0, [0, 2]].mean()
    assert abs(511 - mirrored.boxes_xyxy[0, [0, 2]].mean() - middle) < 8
    assert np.all(mirrored.points[:1, 0, 0] < mirrored.points[:1, 1, 0])  # right eye at the picture's left


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (33, 7), (5, 2000), (240, 321)])
def test_nothing_to_find(shape: tuple[int, int], detector: Detector) -> None:
    for value in (0, 127, 255):
        found = detector(np.full((*shape, 3), value, np.uint8))
        assert len(found) == 0
        assert found.boxes_xyxy.shape == (0, 4)
        assert found.points.shape == (0, 5, 2)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(image: NDArray[np.uint8], detector: Detector) -> None:
    with pytest.raises(InvalidImage):
        detector(image)


def test_bad_settings_and_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidOptions):
        Detector(threshold=0)
    with pytest.raises(InvalidOptions):
        Detector(long_side=8)
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(AssetError):
        Detector(tmp_path / "broken.onnx")
    with pytest.raises(AssetError):
        Detector(tmp_path / "absent.onnx")


def test_same_input_same_bits(photo: NDArray[np.uint8], detector: Detector) -> None:
    a, b = detector(photo), detector(photo)
    assert np.array_equal(a.boxes_xyxy, b.boxes_xyxy)
    assert np.array_equal(a.scores, b.scores)


def test_suppression_keeps_the_best_and_separates_the_kept() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 60, (300, 2))
    boxes = np.concatenate([low, low + rng.uniform(5, 40, (300, 2))], 1).astype(np.float32)
    scores = rng.random(300).astype(np.float32)
    kept = suppress(boxes, scores, 0.4)
    assert kept[0] == scores.argmax()
    assert np.all(np.diff(scores[kept]) <= 0)
    for i in range(300):
        a = np.minimum(boxes[i, 2:], boxes[kept][:, 2:]) - np.maximum(boxes[i, :2], boxes[kept][:, :2])
        common = np.maximum(a, 0).prod(1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        iou = common / (areas[i] + areas[kept] - common)
        better = scores[kept] > scores[i]
        assert (iou[better].max(initial=0) >= 0.4) != (i in kept)
    assert len(suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.4)) == 0


def test_fit_keeps_the_shape() -> None:
    seen = letterbox(300, 401, 200)
    assert fit(np.zeros((300, 401, 3), np.uint8), seen).shape == (160, 224, 3)
    assert np.allclose(seen.scale, 0.5, atol=0.005)
    seen = letterbox(10, 10, 480)
    assert fit(np.zeros((10, 10, 3), np.uint8), seen).shape == (32, 32, 3)
    assert np.allclose(seen.scale, 3)


@pytest.fixture(scope="module")
def eight_bits() -> Detector:
    return Detector(ASSET.with_suffix(".plan"))


def test_eight_bits_find_the_same(photo: NDArray[np.uint8], detector: Detector, eight_bits: Detector) -> None:
    exact, rounded = detector(photo), eight_bits(photo)
    assert len(rounded) >= 1
    assert abs(rounded.scores[0] - exact.scores[0]) < 0.05
    np.testing.assert_allclose(rounded.boxes_xyxy[0], exact.boxes_xyxy[0], atol=4)
    np.testing.assert_allclose(rounded.points[0], exact.points[0], atol=4)


def test_a_quick_look_sees_a_large_face_and_no_small_one(
    photo: NDArray[np.uint8], eight_bits: Detector
) -> None:
    quick = eight_bits.quick(photo)
    assert len(quick) == 1
    np.testing.assert_allclose(quick.boxes_xyxy[0], eight_bits(photo).boxes_xyxy[0], atol=8)
    far = np.zeros((1500, 1500, 3), np.uint8)
    far[:512, :512] = photo
    assert len(eight_bits.quick(far)) == 0
    assert len(eight_bits(far)) >= 1


def test_one_face_is_the_same_with_and_without_the_dear_look(
    photo: NDArray[np.uint8], eight_bits: Detector
) -> None:
    single = Detector(ASSET.with_suffix(".plan"), single=True)
    # A cell of the quick look spans twice the pixels; the network that reads the crop puts up with more.
    np.testing.assert_allclose(single(photo).points[0], eight_bits(photo).points[0], atol=8)


def test_sizes_that_change_do_not_mix(photo: NDArray[np.uint8], eight_bits: Detector) -> None:
    before = eight_bits(photo)
    for width in range(64, 512, 48):
        eight_bits(np.ascontiguousarray(photo[:, :width]))
    np.testing.assert_array_equal(eight_bits(photo).boxes_xyxy, before.boxes_xyxy)
