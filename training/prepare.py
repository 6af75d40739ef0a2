"""From the photo sets to the face model and the shards, by one command that goes on where it stopped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from training.options import FACE_MODEL, INTERIOR, Cache, Data

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Step:
    """One command of `python -m training` and the file that proves it was done."""

    proof: Path
    command: str
    options: dict[str, str]

    @property
    def arguments(self) -> list[str]:
        """The command as a process."""
        options = [part for name, value in self.options.items() for part in (f"--{name}", value)]
        return [sys.executable, "-m", "training", self.command, *options]


def step(proof: Path, command: str, **options: Path | str | int) -> Step:
    """A step; underscores in the options' names stand for dashes."""
    return Step(proof, command, {name.replace("_", "-"): str(value) for name, value in options.items()})


def steps(data: Path, cache: Path, mediapipe_python: Path | None, profiled: int) -> Iterator[Step]:
    """The steps in order; each reads only what those before it left."""
    labels, light, shards = cache / "labels.npz", cache / "labels_light.npz", cache / "shards"
    pictures, geometry, albedo, detail, places, identity, by_hand = (
        cache / f"{name}.npz"
        for name in ("pictures", "geometry", "albedo", "detail", "places", "identity", "hand_points")
    )
    seen = {"pictures": pictures, "geometry": geometry}
    yield step(geometry, "geometry", data=data, out=geometry)
    yield step(cache / "mb05/helen_afw.npz", "teach-mb05", data=data, out=cache / "mb05")
    if mediapipe_python is not None:
        out = cache / "mediapipe"
        yield step(out / "youtube_faces.npz", "teach-mediapipe", data=data, python=mediapipe_python, out=out)
    yield step(labels, "label-photos", data=data, cache=cache, out=labels)
    yield step(pictures, "pack-shards", data=data, labels=labels, out=cache / "plain", pictures=pictures)
    yield step(light, "albedo", labels=labels, **seen, out=albedo, fit=light)
    yield step(detail, "detail", labels=light, **seen, albedo=albedo, out=detail)
    yield step(
        FACE_MODEL, "face-model", geometry=geometry, places=places, albedo=albedo, detail=detail,
        out=FACE_MODEL,
    )  # fmt: skip
    yield step(INTERIOR, "mouth-interior", data=data)
    yield step(identity, "teach-identity", data=data, labels=light, out=identity)
    yield step(
        shards / "shard_profiled_000.npz", "turn-photos", labels=light, **seen, places=places,
        identity=identity, count=profiled, out=shards,
    )  # fmt: skip
    cutouts = shards / "cutouts.npz"
    yield step(cutouts, "pack-cutouts", occluders=data / "occluders", out=cutouts)
    yield step(
        shards / "shard_000.npz", "pack-shards", data=data, labels=light, out=shards, pictures=pictures,
        identity=identity,
    )  # fmt: skip
    yield step(by_hand, "label-hand-points", data=data, cache=cache, kept=light, out=by_hand)
    yield step(
        shards / "shard_turned_000.npz", "pack-shards", data=data, labels=by_hand, out=shards,
        stem="shard_turned", held_out=cache / "held_out",
    )  # fmt: skip


def prepare(
    data: Data,
    cache: Cache,
    mediapipe_python: Annotated[
        Path | None, typer.Option(help="see `teach-mediapipe`; without it that teacher is left out")
    ] = None,
    profiled: Annotated[int, typer.Option(help="photos to turn")] = 6000,
) -> None:
    """Run the steps from geometry to shards; one whose file is there is skipped."""
    cache.mkdir(parents=True, exist_ok=True)
    console = Console()
    for step in steps(data, cache, mediapipe_python, profiled):
        if step.proof.exists():
            console.print(f"{step.proof}: there already")
            continue
        console.rule(f"{step.command}: {step.proof.name}")
        if subprocess.run(step.arguments, cwd=ROOT).returncode:
            raise SystemExit(f"{step.command} failed: mend it and run the same command again")
