"""A sheet of covered faces: what is seen, what is called covered, completed, in 3D, and the texture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.metrics.landmark_errors import Array
from benchmarks.occlusion.mask_accuracy import face_of
from benchmarks.occlusion.occluders import blobs
from facesdk import FaceSDK, Options, manifest
from facesdk.io.image import load_photo
from facesdk.result import Face

TILE = 240
ROUND = 1.5  # sides of a tile over the face's points
CLOTH, BAR = (70, 110, 160), (25, 25, 30)  # RGB


def covered_samples(picture: Array, points: Array) -> list[Array]:
    """The picture behind blobs of 20 and 40 per cent, a cloth over the mouth, and a bar over the eyes."""
    cloth, bar = picture.copy(), picture.copy()
    edge = np.concatenate([points[2:15], points[28:29]])
    cv2.fillPoly(cloth, [edge.round().astype(np.int32)], CLOTH, cv2.LINE_AA)
    low, high = points[36:48].min(0), points[36:48].max(0)
    room = 0.5 * (high[1] - low[1]) + 4
    away = np.array([3 * room, room])
    (x0, y0), (x1, y1) = (low - away).astype(int), (high + away).astype(int)
    bar[y0:y1, x0:x1] = BAR
    return [blobs(picture, points, 20, 0), blobs(picture, points, 40, 1), cloth, bar]


def row(face: Face, picture: Array, points: Array) -> Array:
    """(TILE, 5 TILE, 3) of one face: the picture, its mask, completed, the mesh drawn, and the texture."""
    mask, completed = face.occlusion_mask, face.completed_image
    assert mask is not None
    assert completed is not None
    marked = np.where(mask[..., None], 0.4 * picture + 0.6 * np.array([255, 40, 40]), picture).astype(
        np.uint8
    )
    middle, side = (points.min(0) + points.max(0)) / 2, ROUND * np.ptp(points, axis=0).max()
    scale = TILE / side
    place = np.array([[scale, 0, TILE / 2 - scale * middle[0]], [0, scale, TILE / 2 - scale * middle[1]]])
    pictures = [picture, marked, completed, face.render()]
    tiles = [cv2.warpAffine(one, place, (TILE, TILE), flags=cv2.INTER_AREA) for one in pictures]
    texture = cv2.resize(face.texture.image, (TILE, TILE), interpolation=cv2.INTER_AREA)
    return np.hstack([*tiles, texture])


def occlusion_sheet(
    out: Annotated[Path, typer.Option(help="picture to write")],
    photo: Annotated[Path | None, typer.Option(help="of a bare face; default: the bundled sample")] = None,
) -> None:
    """Draw a bare face behind four covers: seen, mask, completed, in 3D, texture."""
    path = photo or manifest.asset_path(manifest.SAMPLE)
    picture = load_photo(path).picture
    sdk = FaceSDK(Options(max_faces=1, deocclude="always", fit_appearance=True))
    points = np.asarray(sdk.reconstruct(picture).faces[0].landmarks_px, float)
    rows = []
    for covered in covered_samples(picture, points):
        covered = np.ascontiguousarray(covered, np.uint8)
        rows.append(row(face_of(sdk, covered, points), covered, points))
    cv2.imwrite(str(out), np.ascontiguousarray(np.vstack(rows)[..., ::-1]))
