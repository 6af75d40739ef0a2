"""24 assorted evaluation photos with mesh and landmarks drawn over them, as one picture to look at.

python -m benchmarks.contact_sheet --data DIR --out sheet.png [--network FILE] [--layers mesh landmarks]

The photos are spread evenly over each set, profiles among them, and are the same at every run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.bench_accuracy import DATA
from benchmarks.measures import Array
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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--network", help="an ONNX file in place of the bundled network")
    parser.add_argument("--layers", nargs="+", default=["mesh", "landmarks"])
    args = parser.parse_args()
    sdk = FaceSDK(Options(network=args.network)) if args.network else FaceSDK()
    tiles = []
    for path in choose(args.data):
        result = sdk.reconstruct(enlarged(path))
        note = "" if result.faces else " NOT FOUND"
        tiles.append(tile(result.overlay(args.layers), f"{path.parent.parent.name}/{path.name}{note}"))
    if not tiles:
        raise SystemExit(f"{args.data}: no evaluation photos; give --data")
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.concatenate(tiles[i : i + COLUMNS], axis=1) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(args.out), np.concatenate(rows, axis=0)[:, :, ::-1])
    print(f"{args.out.name}: {len(choose(args.data))} photos")


if __name__ == "__main__":
    main()
