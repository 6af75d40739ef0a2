"""Frames of a video file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import cv2
import numpy as np

from facesdk.core.arrays import Picture
from facesdk.errors import InvalidImage
from facesdk.io.path_text import path_text


def video_frames(path: str | os.PathLike[str]) -> Iterator[tuple[float, Picture]]:
    """Decode a video with OpenCV.

    Args:
        path: of a file that this build of OpenCV decodes.

    Yields:
        Seconds from the start, and the frame (H, W, 3) uint8 RGB.

    Raises:
        InvalidImage: the file cannot be opened or holds no frame.
    """
    name = path_text(path)
    with _opencv_path(path) as openable:
        clip = cv2.VideoCapture(openable)
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


@contextlib.contextmanager
def _opencv_path(path: str | os.PathLike[str]) -> Iterator[str]:
    """The path in a form that OpenCV opens: it takes UTF-8 alone, and ends the process on other names."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        pass
    else:
        yield os.fspath(path)
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidImage(f"{path_text(path)}: cannot be read ({reason})") from error
    try:
        yield f"/dev/fd/{descriptor}"
    finally:
        os.close(descriptor)
