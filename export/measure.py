"""What a form of the network loses against float32, on training crops of people who are held out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facesdk.inference import open_session
from training.augment import Augment
from training.camera import project, rotation_from_six
from training.data import load_shards
from training.linear_face import load_linear_face

FACE_MODEL = Path(__file__).parent.parent / "facesdk" / "assets" / "face_model.safetensors"
HELD_OUT = 0.02  # share of the people, as in training/settings.py


def load_augment(shards: Path) -> Augment:
    """The packed training crops with the bundled face model."""
    torch.set_num_threads(1)
    return Augment(load_shards(shards), load_linear_face(FACE_MODEL))


class HeldOut:
    """Plain held-out crops with their landmarks."""

    def __init__(self, shards: Path, size: int) -> None:
        augment = load_augment(shards)
        batch = augment.draw(augment.shards.split(HELD_OUT)[1], size, None, None)
        self.face = augment.face
        # Whole bytes: what a crop of a photo is, give or take half a step.
        self.crops = np.round(batch.crops.numpy() * 255).astype(np.uint8)
        self.points = batch.points
        self.known = (batch.points_weight > 0).float()
        self.box = (batch.points.amax(1) - batch.points.amin(1)).prod(1).sqrt()[:, None]

    def run(self, network: Path, backend: str) -> dict[str, Tensor]:
        """Landmarks of the mesh, points, and surface offsets of a network's answers."""
        session = open_session(network, backend)
        layout = json.loads(session.metadata["facesdk"])["layout"]
        answers: dict[str, list[NDArray[np.float32]]] = {}
        for start in range(0, len(self.crops), 16):
            batch = self.crops[start : start + 16].astype(np.float32) * np.float32(1 / 255)
            for name, values in session.run(batch).items():
                answers.setdefault(name, []).append(values.copy())
        out = {name: torch.from_numpy(np.concatenate(values)) for name, values in answers.items()}
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
        """Per cent, against the labels."""
        off = 100 * (points - self.points).norm(dim=2) / self.box
        return float((off * self.known).sum() / self.known.sum())

    def apart(self, points: Tensor, others: Tensor) -> float:
        """Mean distance of two answers, per cent as in NME."""
        return float((100 * (points - others).norm(dim=2) / self.box).mean())


def print_table(held: HeldOut, network: Path, forms: list[Path]) -> dict[Path, float]:
    """One line per form against the float32 `network`; returns the points of NME that each loses."""
    exact = held.run(network, "onnxruntime")
    base = {name: held.nme(exact[name]) for name in ("mesh", "points")}
    print(
        f"{len(held.crops)} held-out crops; float32: NME mesh {base['mesh']:.3f}, points {base['points']:.3f}"
    )
    lost = {}
    for path in forms:
        seen = held.run(path, "native" if path.suffix == ".plan" else "onnxruntime")
        loss = {name: held.nme(seen[name]) - base[name] for name in base}
        surface = float((seen["surface"] - exact["surface"]).norm(dim=2).mean())
        apart = {name: held.apart(seen[name], exact[name]) for name in base}
        print(
            f"{path.name}: loss mesh {loss['mesh']:+.3f} points {loss['points']:+.3f}; off float32 by "
            f"{apart['mesh']:.3f} and {apart['points']:.3f} per cent, surface {surface:.3f} mm"
        )
        lost[path] = max(loss.values())
    return lost
