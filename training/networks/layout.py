"""Where each coefficient sits in the network's output x = (alpha, beta, delta, R, m, gamma), equation 10."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Sizes of the groups of x, in their order; `rotation` is 6 (two columns of R) or 3 (rotation vector)."""

    alpha: int = 100
    beta: int = 40
    delta: int = 53
    rotation: int = 6
    translation: int = 3
    gamma: int = 27

    def sizes(self) -> dict[str, int]:
        """Group name, as the ONNX metadata writes it -> number of outputs."""
        return {
            "alpha": self.alpha,
            "beta": self.beta,
            "delta": self.delta,
            "R": self.rotation,
            "m": self.translation,
            "gamma": self.gamma,
        }

    def slices(self) -> dict[str, slice]:
        """Group name -> its columns in x."""
        out, start = {}, 0
        for name, size in self.sizes().items():
            out[name] = slice(start, start + size)
            start += size
        return out

    @property
    def total(self) -> int:
        """Number of outputs."""
        return sum(self.sizes().values())

    @staticmethod
    def from_sizes(sizes: dict[str, int]) -> Layout:
        """The inverse of `sizes`."""
        return Layout(sizes["alpha"], sizes["beta"], sizes["delta"], sizes["R"], sizes["m"], sizes["gamma"])


# The paper's own form with the Basel Face Model: 199 + 199 + 64 + 3 + 3 + 27 = 495 outputs.
PAPER_LAYOUT = Layout(alpha=199, beta=199, delta=64, rotation=3)
