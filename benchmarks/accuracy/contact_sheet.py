"""A contact sheet: 24 evaluation photos with mesh and landmarks drawn over them, as one picture.

The photos are spread evenly over each set, profiles among them, and are the same at every run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.data_folder import DATA
from benchmarks.metrics.landmark_errors import Array
from facesdk import FaceSDK, Options

COLUMNS, TILE = 6, 320
# Set, file name ending or part that the photos must have, how many.
CHOICE = (
    ("aflw2000_aligned", "", 4),
    ("aflw2000_exact", "", 4),
    ("aflw_merl", "", 3),
    ("cfp", "_profile_", 4),
    ("cfp", "_frontal_", 1),
    ("facesynthetics", "", 3),
    ("lfw_identities", "", 3),
    ("masked_faces", "", 2),
)


def choose(data: Path) -> list[Path]:
    """The 24 photos."""
    chosen: list[Path] = []
    for name, part, count in CHOICE:
        files = sorted(p for p in (data / name / "images").rglob("*") if p.is_file() and part in p.name)
        places: Array = (
            np.linspace(0, len(files) - 1, count + 2)[1:-1].round().astype(int) if files else np.zeros(0, int)
        )
        chosen += [files[i] for i in places]
    return chosen


def tile(picture: Array, caption: str) -> Array:
    """The picture enlarged or reduced into a square with its name under it."""
    height, width = picture.shape[:2]
    scale = (TILE - 22) / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    out = np.full((TILE, TILE, 3), 24, np.uint8)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    out[: size[1], (TILE - size[0]) // 2 :][:, : size[0]] = small
    cv2.putText(
        out, caption[:44], (4, TILE - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA
    )
    return out


def enlarged(path: Path, least: int = 300) -> Array:
    """RGB picture; small ones are enlarged, so that lines drawn over them stay thin beside the face."""
    picture = np.asarray(cv2.imread(str(path)))[:, :, ::-1]
    scale = least / max(picture.shape[:2])
    if scale > 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(picture)


def contact_sheet(
    out: Annotated[Path, typer.Option(help="picture to write")],
    data: Annotated[Path, typer.Option(help="folder laid out like eval/")] = DATA,
    network: Annotated[str | None, typer.Option(help="an ONNX file in place of the bundled network")] = None,
    layer: Annotated[list[str] | None, typer.Option(help="repeatable; mesh, landmarks by default")] = None,
) -> None:
    """Draw 24 evaluation photos with mesh and landmarks; measures nothing."""
    sdk = FaceSDK(Options(network=network))
    photos = choose(data)
    tiles = []
    for path in photos:
        result = sdk.reconstruct(enlarged(path))
        note = "" if result.faces else " NOT FOUND"
        drawn = result.overlay(layer or ["mesh", "landmarks"])
        tiles.append(tile(drawn, f"{path.parent.parent.name}/{path.name}{note}"))
    if not tiles:
        raise SystemExit(f"{data}: no evaluation photos; give --data")
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.concatenate(tiles[i : i + COLUMNS], axis=1) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(out), np.concatenate(rows, axis=0)[:, :, ::-1])
    print(f"{out.name}: {len(photos)} photos")
