"""Faces followed from frame to frame of a video (csrc/pipeline/tracker.h)."""

from __future__ import annotations

import weakref
from typing import Any, Protocol

from facesdk.core.compiled import _core


class _HasEngine(Protocol):
    _engine: _core.Engine


class Tracker:
    """What is remembered of one video: give it to `FaceSDK.track`.

    A copy or a pickle remembers nothing: it starts a new video.

    Args:
        sdk: the FaceSDK whose engine follows the faces.
    """

    def __init__(self, sdk: _HasEngine) -> None:
        self.session = _core.Session(sdk._engine)
        self._sdk = weakref.ref(sdk)  # an SDK holds its own tracker: a cycle would delay freeing the engine

    def reset(self) -> None:
        """Forget all faces: the next frame is of another video. Numbers of faces go on."""
        self.session.reset()

    def __len__(self) -> int:
        return self.session.num_tracks

    def __repr__(self) -> str:
        return f"Tracker({len(self)} faces)"

    def __reduce__(self) -> tuple[Any, ...]:
        sdk = self._sdk()
        if sdk is None:
            raise TypeError("tracker: its FaceSDK is gone, so that no copy can be made; keep the FaceSDK")
        return type(self), (sdk,)
