"""Parity: NME lost by a quantised network against float32, on training crops of people who are held out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facesdk.inference import open_session
from training.augmentation.augment import Augment
from training.face_model.camera import project, rotation_from_six
from training.face_model.linear_face import load_linear_face
from training.shards.load import load_shards

FACE_MODEL = Path(__file__).parent.parent / "facesdk" / "assets" / "face_model.safetensors"
HELD_OUT = 0.02  # share of the people, as in training/reconstruction/settings.py


def load_augment(shards: Path) -> Augment:
    """Load the packed training crops with the bundled face model."""
    torch.set_num_threads(1)
    return Augment(load_shards(shards), load_linear_face(FACE_MODEL))


class HeldOut:
    """Held-out crops, not augmented, with their landmarks."""

    def __init__(self, shards: Path, size: int) -> None:
        augment = load_augment(shards)
        batch = augment.draw(augment.shards.split(HELD_OUT)[1], size, None, None)
        self.face = augment.face
        # Whole bytes, as a photo's crop has them.
        self.crops = np.round(batch.crops.numpy() * 255).astype(np.uint8)
        self.points = batch.points
        self.known = (batch.points_weight > 0).float()
        self.box = (batch.points.amax(1) - batch.points.amin(1)).prod(1).sqrt()[:, None]

    def run(self, network: Path, backend: str) -> dict[str, Tensor]:
        """Run a network; its outputs, and "mesh" (N, 68, 2) landmarks and "surface" (N, V, 3) offsets, mm."""
        session = open_session(network, backend)
        layout = json.loads(session.metadata["facesdk"])["layout"]
        outputs: dict[str, list[NDArray[np.float32]]] = {}
        for start in range(0, len(self.crops), 16):
            batch = self.crops[start : start + 16].astype(np.float32) * np.float32(1 / 255)
            for name, values in session.run(batch).items():
                outputs.setdefault(name, []).append(values.copy())
        out = {name: torch.from_numpy(np.concatenate(values)) for name, values in outputs.items()}
        part, start = {}, 0
        for name, width in layout.items():
            part[name] = out["x"][:, start : start + width]
            start += width
        delta = part["delta"].clamp(0, 1)
        shape = self.face.landmarks(part["alpha"], delta)
        out["mesh"] = project(shape, rotation_from_six(part["R"]), part["m"])
        out["surface"] = self.face.sample_offsets(part["alpha"], delta)
        return out

    def nme(self, points: Tensor) -> float:
        """NME (equation 18) of (N, 68, 2) points against the labels, per cent."""
        off = 100 * (points - self.points).norm(dim=2) / self.box
        return float((off * self.known).sum() / self.known.sum())

    def distance(self, points: Tensor, others: Tensor) -> float:
        """Mean distance of two predictions, per cent as in NME."""
        return float((100 * (points - others).norm(dim=2) / self.box).mean())


def print_parity(held: HeldOut, network: Path, quantised: list[Path]) -> dict[Path, float]:
    """Print one line per quantised file against the float32 `network`.

    Returns:
        The NME that each loses, in points of per cent; the larger of mesh and points.
    """
    exact = held.run(network, "onnxruntime")
    base = {name: held.nme(exact[name]) for name in ("mesh", "points")}
    print(
        f"{len(held.crops)} held-out crops; float32: NME mesh {base['mesh']:.3f}, points {base['points']:.3f}"
    )
    lost = {}
    for path in quantised:
        rounded = held.run(path, "native" if path.suffix == ".plan" else "onnxruntime")
        loss = {name: held.nme(rounded[name]) - base[name] for name in base}
        surface = float((rounded["surface"] - exact["surface"]).norm(dim=2).mean())
        distance = {name: held.distance(rounded[name], exact[name]) for name in base}
        print(
            f"{path.name}, {path.stat().st_size / 1e6:.2f} MB: loss mesh {loss['mesh']:+.3f} "
            f"points {loss['points']:+.3f}; from float32 {distance['mesh']:.3f} and {distance['points']:.3f} "
            f"per cent, surface {surface:.3f} mm"
        )
        lost[path] = max(loss.values())
    return lost
