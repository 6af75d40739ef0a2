"""Settings of a training run of the reconstruction network: configs/reconstruction/*.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.augmentation.augment import Jitter
from training.augmentation.photometry import Photometry
from training.loop.settings import LoopSettings
from training.losses.fit import Weights
from training.losses.paper import PaperWeights


@dataclass(frozen=True)
class Settings(LoopSettings):
    """One run; the names of LoopSettings and these."""

    preset: str = "default"
    autocast: bool = False
    # --init also gives the outputs' mean and scale: for short runs from a trained network.
    keep_statistics: bool = False
    held_out: float = 0.03
    evaluate_rows: int = 512
    # Parts of the network, by name, that keep their weights and norms: low-level features of a trained
    # network need no change, and a step is a third cheaper without stem and units.
    freeze: tuple[str, ...] = ()
    # Input side from each share of the run on: small crops first, twice the pictures a second.
    sizes: tuple[tuple[float, int], ...] = ((0.0, 64), (0.45, 96))
    # How much more often a row of a set is drawn; sets not named count 1.
    set_weights: dict[str, float] = field(default_factory=dict)
    # Rows at yaw 90 degrees are drawn 1 + yaw_boost times as often as frontal ones.
    yaw_boost: float = 1.0
    # Rows whose eyes are shut are drawn 1 + closed_eyes_boost times as often: photos show few of them.
    closed_eyes_boost: float = 0.0
    jitter: Jitter = field(default_factory=Jitter)
    photometry: Photometry = field(default_factory=Photometry)
    weights: Weights = field(default_factory=Weights)
    paper: PaperWeights = field(default_factory=PaperWeights)
