"""Settings of training runs of N_cont and N_syn: configs/occlusion/contour*.toml and completion*.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.augmentation.augment import Jitter
from training.augmentation.photometry import Photometry
from training.loop.settings import LoopSettings
from training.occlusion.compose import Mixture


def _plain() -> Photometry:
    """Looks of the true picture: nothing covers it, and nothing that a completion should not imitate."""
    return Photometry(occluder=0, mask=0, glasses=0, low_resolution=0.1, blur=0.05, noise=0.1, jpeg=0.1)


@dataclass(frozen=True)
class PictureSettings(LoopSettings):
    """What both networks' runs have; the names of LoopSettings and these."""

    preset: str = "edge"  # or "paper"
    batch: int = 16
    learning_rate: float = 5e-4
    beta1: float = 0.5
    discriminator_rate: float = 0.1  # of the generator's learning rate
    warmup_steps: int = 100
    clip: float = 100.0
    average: float = 0.998
    evaluate_minutes: float = 10.0
    save_minutes: float = 10.0
    held_out: float = 0.03
    evaluate_rows: int = 48  # held-out crops for each share of cover
    widen: int = 4  # px
    # The losses see the generator's output only where it is covered, the truth elsewhere: what is used of it.
    # The paper's losses see all of it, and a small network first learns to copy what it was given.
    composite: bool = False
    # Share of the run from which on there is a discriminator, and N_syn's style loss: before, the generator
    # learns from covered pixels alone, in half the time.
    adversarial_from: float = 0.0
    within_face: float = 0.5  # share of the masks that keep to the face, as N_mask's may
    jitter: Jitter = field(default_factory=lambda: Jitter(rotation_deg=20, scale=0.12, shift=0.06))
    photometry: Photometry = field(default_factory=_plain)
    mixture: Mixture = field(default_factory=lambda: Mixture(bare=0.0))


@dataclass(frozen=True)
class ContourSettings(PictureSettings):
    """One run of N_cont; the paper's weights."""

    adversarial: float = 1.0
    matching: float = 11.5
    # Beyond equation 7: cross-entropy of the covered pixels, which leads a short run.
    entropy: float = 0.0


@dataclass(frozen=True)
class CompletionSettings(PictureSettings):
    """One run of N_syn; the paper's weights."""

    adversarial: float = 0.1
    pixel: float = 1.0
    style: float = 250.0
    # Pictures of equation 6: "seen", both without their covered pixels as it is printed, or "whole".
    style_of: str = "seen"
    predicted: float = 0.0  # share of the crops with contours of N_cont
    predicted_from: float = 0.3  # share of the run from which
