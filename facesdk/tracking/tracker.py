"""Faces followed from frame to frame of a video (csrc/pipeline/tracker.h)."""

from __future__ import annotations

from typing import Protocol

from facesdk.core.compiled import _core


class _HasEngine(Protocol):
    _engine: _core.Engine


class Tracker:
    """What is remembered of one video: give it to `FaceSDK.track`.

    Args:
        sdk: the FaceSDK whose engine follows the faces.
    """

    def __init__(self, sdk: _HasEngine) -> None:
        self.session = _core.Session(sdk._engine)

    def reset(self) -> None:
        """Forget all faces: the next frame is of another video. Numbers of faces go on."""
        self.session.reset()

    def __len__(self) -> int:
        return self.session.num_tracks
