"""Settings of a training run of the detector: configs/detector/*.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.loop.settings import LoopSettings


@dataclass(frozen=True)
class DetectorSettings(LoopSettings):
    """One run; the names of LoopSettings and these."""

    batch: int = 16
    learning_rate: float = 3e-3
    warmup_steps: int = 150
    clip: float = 10.0
    average: float = 0.998
    evaluate_minutes: float = 10.0
    size: int = 256  # px, side of a canvas
    fresh: int = 6  # canvases composed anew per batch; the others come, mirrored or not, from the pool
    pool: int = 4096
    weights: tuple[float, float, float] = (1.0, 2.0, 4.0)  # score, box, points
    # How many times as often as by its size a set is drawn; sets not named count 1.
    set_weights: dict[str, float] = field(default_factory=dict)
