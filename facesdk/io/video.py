"""Frames of a video file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facesdk.core.arrays import Picture
from facesdk.errors import InvalidImage


def video_frames(path: str | os.PathLike[str]) -> Iterator[tuple[float, Picture]]:
    """Decode a video with OpenCV.

    Args:
        path: of a file that this build of OpenCV decodes.

    Yields:
        Seconds from the start, and the frame (H, W, 3) uint8 RGB.

    Raises:
        InvalidImage: the file cannot be opened or holds no frame.
    """
    name = Path(path).name
    clip = cv2.VideoCapture(os.fspath(path))
    try:
        rate = clip.get(cv2.CAP_PROP_FPS)
        good, bgr = clip.read()
        if not good:
            raise InvalidImage(f"{name}: cannot be read as a video")
        index = 0
        while good:
            yield (
                index / rate if rate > 0 else 0.0,
                np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8),
            )
            good, bgr = clip.read()
            index += 1
    finally:
        clip.release()
