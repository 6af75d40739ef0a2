"""The MediaPipe teacher in its own environment: mediapipe 0.10.21 pins an old NumPy."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from training.options import Data

SCRIPT = Path(__file__).with_name("mediapipe.py")
TASK = "teachers/face_landmarker.task"  # below DATA


def teach_mediapipe(
    data: Data,
    python: Annotated[Path, typer.Option(help="interpreter of an environment with mediapipe==0.10.21")],
    out: Annotated[Path, typer.Option(help="folder of the points")],
    sets: Annotated[list[str] | None, typer.Option(help="only these")] = None,
) -> None:
    """Predict MediaPipe's 478 points and 52 scores on every photo; may be left out."""
    arguments = ["--data", data, "--task", data / TASK, "--out", out]
    if sets:
        arguments += ["--sets", *sets]
    done = subprocess.run([str(part) for part in (python, SCRIPT, *arguments)])
    if done.returncode:
        raise typer.Exit(done.returncode)
