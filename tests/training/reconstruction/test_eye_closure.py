"""What the small network of eyes learns from is what it sees at use."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facesdk import FaceSDK, Options, manifest  # noqa: E402
from facesdk.io.image import load_image  # noqa: E402
from facesdk.reference import eye_closure  # noqa: E402
from training.augmentation.close_eyes import lids  # noqa: E402
from training.reconstruction.eye_closure import patches  # noqa: E402


def test_patches_are_those_of_the_sdk() -> None:
    rng = np.random.default_rng(0)
    gray = rng.random((3, 96, 96), dtype=np.float32)
    points = rng.uniform(-0.3, 0.3, (3, 68, 2)).astype(np.float32)
    ours = np.stack([eye_closure.patches(g, p) for g, p in zip(gray, points, strict=True)])
    np.testing.assert_allclose(patches(torch.from_numpy(gray), torch.from_numpy(points)), ours, atol=0.01)


def test_the_sample_s_eyes_drawn_shut_are_seen_shut() -> None:
    sdk = FaceSDK(Options(max_faces=1))
    photo = load_image(manifest.asset_path(manifest.SAMPLE))
    face = sdk.reconstruct(photo).faces[0]
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    seen = torch.from_numpy(np.stack([x, y], 2))[None]
    points = torch.from_numpy(face.landmarks_px.copy())[None]
    wink = lids(points, 1).sources(seen, torch.ones(1))[0].numpy()
    winking = sdk.reconstruct(cv2.remap(photo, wink[..., 0], wink[..., 1], cv2.INTER_LINEAR)).faces[0]
    for found, left in ((face, False), (winking, True)):
        assert found.expression["eyeBlinkRight"] < 0.2
        assert (found.expression["eyeBlinkLeft"] > 0.8) is left
    opening = [
        f.landmarks_px[[46, 47], 1].mean() - f.landmarks_px[[43, 44], 1].mean() for f in (face, winking)
    ]
    assert opening[1] < 0.4 * opening[0]
