"""From the photo sets to the face model and the training shards, in one command that can be stopped and
resumed.

    python -m training.prepare --data DATA --cache cache [--mediapipe-python ENV/bin/python]

Every step leaves a file in the cache and is skipped when that file is there:

    geometry      the face model's arrays from ICT-FaceKit
    mb05          68 points of 3DDFA_V2 on every photo, plain, mirrored and shifted
    mediapipe     478 points and 52 scores; runs in an environment of its own (mediapipe pins an old numpy);
                  without one, photos are labelled from the other sources
    labels        places of the points on the mesh, then pose, identity and expression of every photo
    light         mean albedo and basis, then albedo and SH light of every photo
    detail        directions of albedo beyond those
    face model    facesdk/assets/face_model.safetensors
    identity      the identity teacher's embedding of every photo
    profiled      photos turned to large yaw
    cutouts       masks, hands and textures that training puts before faces
    shards        what training reads
    hand points   labels of the sets with 68 hand-made points and visibility, and their shards
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[1]
FACE_MODEL = ROOT / "facesdk" / "assets" / "face_model.safetensors"


@dataclass(frozen=True)
class Step:
    """One command and the file that proves it was done."""

    name: str
    proof: Path
    command: list[str]


def steps(data: Path, cache: Path, mediapipe_python: Path | None, profiled: int) -> Iterator[Step]:
    """The steps in order; each reads only what those before it left."""

    def module(name: str, *args: str | Path) -> list[str]:
        return [sys.executable, "-m", f"training.{name}", *map(str, args)]

    labels, light, shards = cache / "labels.npz", cache / "labels_light.npz", cache / "shards"
    pictures, geometry, albedo, places = (
        cache / f"{n}.npz" for n in ("pictures", "geometry", "albedo", "places")
    )
    yield Step("geometry", geometry, module("model", "--data", data, "--out", geometry))
    yield Step(
        "mb05",
        cache / "mb05/helen_afw.npz",
        module("teach_mb05", "--data", data, "--out", cache / "mb05"),
    )
    if mediapipe_python is not None:
        script = [
            str(mediapipe_python),
            str(ROOT / "training/teach_mediapipe.py"),
            "--data",
            str(data),
            "--task",
        ]
        script += [str(data / "teachers/face_landmarker.task"), "--out", str(cache / "mediapipe")]
        yield Step("mediapipe", cache / "mediapipe/youtube_faces.npz", script)
    yield Step("labels", labels, module("labels", "--data", data, "--cache", cache, "--out", labels))
    yield Step(
        "pictures", pictures,
        module("pack", "--data", data, "--labels", labels, "--out", cache / "plain", "--pictures", pictures),
    )  # fmt: skip
    seen = ("--labels", labels, "--pictures", pictures, "--geometry", geometry)
    yield Step("light", light, module("albedo", *seen, "--out", albedo, "--fit", light))
    detail = cache / "detail.npz"
    lit = ("--labels", light, *seen[2:], "--albedo", albedo)
    yield Step("detail", detail, module("detail", *lit, "--out", detail))
    parts = ("--cache", cache, "--places", places, "--albedo", albedo, "--detail", detail)
    yield Step("face model", FACE_MODEL, module("assemble", *parts, "--out", FACE_MODEL))
    identity = cache / "identity.npz"
    yield Step(
        "identity", identity, module("teach_identity", "--data", data, "--labels", light, "--out", identity)
    )
    turned = ("--identity", identity, "--places", places, "--out", shards, "--count", str(profiled))
    yield Step(
        "profiled", shards / "shard_profiled_000.npz",
        module("profiling", "--labels", light, *seen[2:], *turned),
    )  # fmt: skip
    cutouts = shards / "cutouts.npz"
    yield Step(
        "cutouts", cutouts, module("pack_cutouts", "--occluders", data / "occluders", "--out", cutouts)
    )
    yield Step(
        "shards", shards / "shard_000.npz",
        module("pack", "--data", data, "--labels", light, "--out", shards, "--pictures", pictures,
               "--identity", identity),
    )  # fmt: skip
    by_hand = cache / "hand_points.npz"
    kept = ("--data", data, "--cache", cache, "--kept", light, "--out", by_hand)
    yield Step("hand points", by_hand, module("label_hand_points", *kept))
    yield Step(
        "shards of hand points", shards / "shard_turned_000.npz",
        module("pack", "--data", data, "--labels", by_hand, "--out", shards, "--stem", "shard_turned",
               "--held-out", cache / "held_out"),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--mediapipe-python", type=Path)
    parser.add_argument("--profiled", type=int, default=6000, help="how many photos are turned")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    console = Console()
    for step in steps(args.data, args.cache, args.mediapipe_python, args.profiled):
        if step.proof.exists():
            console.print(f"{step.name}: there already")
            continue
        console.rule(step.name)
        if subprocess.run(step.command, cwd=ROOT).returncode:
            raise SystemExit(f"{step.name} failed: mend it and run the same command again")


if __name__ == "__main__":
    main()
