"""Settings of a training run of N_mask: configs/occlusion/*.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.augmentation.augment import Jitter
from training.augmentation.photometry import Photometry
from training.loop.settings import LoopSettings
from training.occlusion.compose import Mixture


@dataclass(frozen=True)
class MaskSettings(LoopSettings):
    """One run; the names of LoopSettings and these."""

    steps: int = 4000
    batch: int = 32
    learning_rate: float = 3e-3
    warmup_steps: int = 100
    clip: float = 10.0
    average: float = 0.998
    evaluate_minutes: float = 10.0
    save_minutes: float = 5.0
    held_out: float = 0.03
    evaluate_rows: int = 256
    # Share of each batch from photos with hand-made pixel maps, and from faces with hidden landmarks.
    mapped: float = 0.15
    hidden: float = 0.20
    dice: float = 0.3
    points: float = 0.3
    # Weight of bare pixels above the brows: hair there is unlabelled in most sets.
    forehead: float = 0.25
    jitter: Jitter = field(default_factory=Jitter)
    photometry: Photometry = field(default_factory=lambda: Photometry(occluder=0.0, mask=0.0, glasses=0.0))
    mixture: Mixture = field(default_factory=Mixture)
