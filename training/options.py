"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer

from facesdk import manifest

FACE_MODEL = manifest.ASSETS / manifest.FACE_MODEL
INTERIOR = manifest.ASSETS / manifest.INTERIOR

Data = Annotated[Path, typer.Option("--data", help="folder of train/, occluders/, ict_facekit/, teachers/")]
Cache = Annotated[Path, typer.Option("--cache", help="folder of what the earlier steps made")]
Out = Annotated[Path, typer.Option("--out", help="file to write")]
AlbedoFile = Annotated[Path, typer.Option("--albedo", help="what `albedo` wrote")]
GeometryFile = Annotated[Path, typer.Option("--geometry", help="what `geometry` wrote")]
LabelsFile = Annotated[Path, typer.Option("--labels", help="labels of photos, .npz")]
PicturesFile = Annotated[Path, typer.Option("--pictures", help="what `pack-shards --pictures` wrote")]
IdentityFile = Annotated[Path, typer.Option("--identity", help="what `teach-identity` wrote")]
OccludersFolder = Annotated[Path, typer.Option("--occluders", help="DATA/occluders")]
PackFolder = Annotated[Path, typer.Option("--pack", help="what `pack-detector` wrote")]
ShardsFolder = Annotated[Path, typer.Option("--shards", help="folder of shard_*.npz")]
OcclusionAssetsFile = Annotated[Path, typer.Option("--assets", help="what `pack-occluders` wrote")]
CheckpointFile = Annotated[Path, typer.Option("--checkpoint", help="of a training run")]
RunFolder = Annotated[Path, typer.Option("--out", help="folder of the run")]
Resume = Annotated[bool, typer.Option("--resume", help="continue from OUT/last.safetensors")]
Minutes = Annotated[float | None, typer.Option("--minutes", help="overrides the config's")]
Steps = Annotated[int | None, typer.Option("--steps", help="overrides the config's; use with --minutes 0")]
FaceModelFile = Annotated[Path, typer.Option("--face-model", help="face model, .safetensors")]
Threads = Annotated[int, typer.Option("--threads", help="CPU threads")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda; '': cuda where there is one")]


def choose_device(device: str) -> str:
    """The device that a command runs on."""
    return device or ("cuda" if torch.cuda.is_available() else "cpu")
