"""Many photos at once, and one FaceSDK that several Python threads share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facesdk import FaceSDK, FaceSDKError, InvalidImage, InvalidOptions, Options, manifest, reconstruct_many
from facesdk.io.image import load_image


def photos() -> list[np.ndarray]:
    """The sample as it is and in a mirror, larger and smaller: no two give the same landmarks."""
    sample = load_image(manifest.asset_path(manifest.SAMPLE))
    return [np.ascontiguousarray(sample[::step, ::flip]) for step in (1, 2) for flip in (1, -1)]


def test_threads_that_share_an_sdk_do_not_disturb_each_other() -> None:
    sdk = FaceSDK(Options(max_faces=1))
    alone = [sdk.reconstruct(photo).faces[0] for photo in photos()]
    assert not np.allclose(alone[0].landmarks_px, alone[1].landmarks_px)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda photo: sdk.reconstruct(photo).faces[0], 4 * photos()))
    for face, expected in zip(together, 4 * alone, strict=True):
        assert np.array_equal(face.landmarks_px, expected.landmarks_px)
        assert np.array_equal(face.verts_face_mm, expected.verts_face_mm)


def test_results_come_in_the_order_of_the_images_and_errors_in_their_places() -> None:
    some = photos()
    many: list[object] = [some[0], b"no picture", some[1], "missing.jpg", some[2]]
    results = list(reconstruct_many(many, Options(max_faces=1), workers=2))  # type: ignore[arg-type]
    assert [isinstance(result, FaceSDKError) for result in results] == [False, True, False, True, False]
    assert isinstance(results[1], InvalidImage)
    sdk = FaceSDK(Options(max_faces=1))
    for at in (0, 2, 4):
        own = sdk.reconstruct(many[at]).faces[0].landmarks_px  # type: ignore[arg-type]
        assert np.array_equal(results[at].faces[0].landmarks_px, own)  # type: ignore[union-attr]


def test_images_are_read_only_a_few_ahead() -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros((64, 64, 3), np.uint8)

    results = reconstruct_many(endless(), workers=2)
    for _ in range(3):
        next(results)
    assert taken <= 8
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("workers", [0, 257, 1.5, True])
def test_workers_out_of_range(workers: object) -> None:
    with pytest.raises(InvalidOptions, match="workers: got"):
        reconstruct_many([], workers=workers)  # type: ignore[arg-type]


def test_the_small_network_sees_the_same_face() -> None:
    sample = manifest.asset_path(manifest.SAMPLE)
    sdks = [FaceSDK(Options(preset=preset)) for preset in ("default", "tiny")]
    large, small = (sdk.reconstruct(sample).faces for sdk in sdks)
    assert len(large) == len(small) == 1
    box = np.ptp(large[0].landmarks_px, axis=0)
    apart = np.linalg.norm(large[0].landmarks_px - small[0].landmarks_px, axis=1).mean()
    assert apart < 0.03 * np.sqrt(box.prod())  # each errs by 2 to 3 per cent
    assert not np.array_equal(large[0].landmarks_px, small[0].landmarks_px)
