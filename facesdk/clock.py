"""Milliseconds per stage of the chain."""

from __future__ import annotations

import time

STAGES = ("load", "detect", "crop", "network", "refine", "decode", "camera", "quality")


class Clock:
    """Started when made; a stage that runs several times adds up."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps = dict.fromkeys(STAGES, 0.0)

    def lap(self, stage: str) -> None:
        """What has passed since the last lap was this stage."""
        now = time.perf_counter()
        self._laps[stage] += (now - self._last) * 1e3
        self._last = now

    def finish(self) -> dict[str, float]:
        """Milliseconds by stage, and the total."""
        return {**self._laps, "total": (time.perf_counter() - self._start) * 1e3}
