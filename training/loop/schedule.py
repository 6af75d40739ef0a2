"""How far a run is, and the learning rate there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from training.loop.settings import LoopSettings

LOWEST_RATE = 1e-3  # of the learning rate, at the end of the cosine


@dataclass
class Progress:
    """How far a run is; survives in the checkpoint. Evaluation is not counted in `seconds`."""

    step: int = 0
    seconds: float = 0.0
    images: int = 0

    def share(self, settings: LoopSettings) -> float:
        """0 at the start, 1 at the end."""
        if settings.minutes > 0:
            return min(self.seconds / (60 * settings.minutes), 1.0)
        return min(self.step / settings.steps, 1.0)


def learning_rate(settings: LoopSettings, step: int, share: float) -> float:
    """Linear warm-up over the first steps, then a cosine to (nearly) zero at the end of the run."""
    warm = min(1.0, (step + 1) / settings.warmup_steps)
    cosine = 0.5 * (1 + math.cos(math.pi * share))
    return settings.learning_rate * max(warm * cosine, LOWEST_RATE)
