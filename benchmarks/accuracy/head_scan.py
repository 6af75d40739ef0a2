"""A head scan rendered from five yaws and reconstructed: distance of the surface from the scan, in mm.

Scan: "Infinite" head of Lee Perry-Smith, (c) I-R Entertainment Ltd. / triplegangers.com, CC BY 3.0; read from
../lee_perry_smith beside DIR. It states no scale: its millimetre is the one in which the mean face fits it
best. Each surface, the mean face included, is moved and scaled to the scan by landmarks, then by closest
points; the figure is the mean distance from the scan's face (within 95 mm of the nose tip, seen from the
front) to the surface.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from scipy.spatial import cKDTree

from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.metrics.landmark_errors import Array
from benchmarks.metrics.landmark_sets import INNER
from facesdk import FaceSDK, Options, ops
from facesdk.morphable.face_model import FaceModel

YAWS = (-60, -30, 0, 30, 60)
SIZE, FOCAL, DISTANCE, RADIUS_MM = 512, 3000.0, 40.0, 95.0  # the camera's distance is in the scan's own units
Similarity = tuple[float, Array, Array]  # scale, rotation, shift
HEAD = np.array([0.0, 1.7, 0.0])  # the camera's target, scan units: about the middle of the head


@dataclass
class Scan:
    """Vertices, triangles, UV (v up) and colour map; y up, face towards +z."""

    verts: Array
    triangles: Array
    uv: Array
    colour: Array  # (h, w, 3) RGB 0..1

    @staticmethod
    def load(folder: Path) -> Scan:
        """From the folder of the data page."""
        with np.load(folder / "lee_perry_smith_mesh.npz", allow_pickle=False) as mesh:
            verts, triangles, uv = (np.ascontiguousarray(mesh[name]) for name in ("v", "f", "uv"))
        colour = np.asarray(cv2.imread(str(folder / "Map-COL.jpg")))[:, :, ::-1] / 255
        return Scan(verts.astype(np.float32), triangles.astype(np.int32), uv, colour)

    def photograph(self, yaw_deg: float) -> tuple[Array, Array]:
        """Picture (SIZE, SIZE, 3) uint8 with the nose pointing to its right for yaw > 0, and the scan's own

        point (SIZE, SIZE, 3) under each pixel, NaN where there is none.
        """
        c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
        turn = np.diag([1.0, -1.0, -1.0]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        camera = np.ascontiguousarray((self.verts - HEAD) @ turn.T + [0, 0, DISTANCE], np.float32)
        centre = (SIZE - 1) / 2
        intrinsics = np.array([[FOCAL, 0, centre], [0, FOCAL, centre], [0, 0, 1]], np.float32)
        raster = ops.rasterize(
            ops.project(camera, intrinsics), self.triangles, SIZE, SIZE, want=("triangle", "bary")
        )
        assert raster.triangle is not None
        assert raster.bary is not None
        covered = raster.triangle >= 0
        corners, weights = self.triangles[raster.triangle[covered]], raster.bary[covered]

        def spread(values: Array) -> Array:
            return np.asarray(np.einsum("pc,pcd->pd", weights, values[corners]))

        uv = spread(self.uv)
        height, width = self.colour.shape[:2]
        rows = np.clip((1 - uv[:, 1]) * height, 0, height - 1).astype(int)
        columns = np.clip(uv[:, 0] * width, 0, width - 1).astype(int)
        normals = spread(ops.normals(camera, self.triangles))
        light = 0.55 + 0.5 * np.clip(normals @ np.array([0.3, -0.4, -0.86]), 0, 1)
        picture = np.full((SIZE, SIZE, 3), 0.55)
        picture[covered] = self.colour[rows, columns] * light[:, None]
        points = np.full((SIZE, SIZE, 3), np.nan)
        points[covered] = spread(self.verts)
        return (np.clip(picture, 0, 1) * 255).astype(np.uint8), points


def similarity(source: Array, target: Array) -> Similarity:
    """Scale, rotation and shift that take source nearest to target in the least-squares sense (Umeyama
    1991)."""
    a, b = source.mean(0), target.mean(0)
    u, d, vt = np.linalg.svd((target - b).T @ (source - a))
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = float((d * np.diag(sign)).sum() / ((source - a) ** 2).sum())
    return scale, rotation, b - scale * rotation @ a


def fit(verts: Array, triangles: Array, start: Similarity, face: Array) -> tuple[Array, Similarity]:
    """Distance of every point of `face` to the surface after the best similarity, and that similarity.

    Closest points are searched among vertices, edge middles and triangle centres (under 2 mm apart); the
    distance is along the surface's normal there.
    """
    corners = verts[triangles]
    samples = np.concatenate(
        [verts, corners.mean(1), *((corners[:, i] + corners[:, i - 1]) / 2 for i in range(3))]
    )
    normals = ops.normals(np.ascontiguousarray(verts, np.float32), triangles)
    flat = normals[triangles].sum(1)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    every = np.concatenate([normals, flat, flat, flat, flat])
    scale, rotation, shift = start
    tree = cKDTree(samples)
    for _ in range(60):
        back = (
            (face - shift) @ rotation / scale
        )  # the scan's points in the surface's frame: one tree serves all
        nearest = tree.query(back)[1]
        scale, rotation, shift = similarity(samples[nearest], face)
    back = (face - shift) @ rotation / scale
    gap, nearest = tree.query(back)
    along = np.abs(((back - samples[nearest]) * every[nearest]).sum(1))
    return np.where(gap < 4, along, gap) * scale, (scale, rotation, shift)


@dataclass
class Reconstruction:
    """One rendering's face: skin vertices mm, and its inner landmarks that lie on the scan."""

    verts: Array  # (V, 3) mm
    landmarks: Array  # (n, 3) mm
    scan_points: Array  # (n, 3) scan units, under the landmarks
    on_scan: Array  # (51,) bool: which of the inner landmarks these are


def reconstruct_views(scan: Scan, sdk: FaceSDK) -> tuple[dict[int, Reconstruction], list[Array]]:
    """Reconstruct the renderings: yaw -> the face where one was found, and the pictures with overlays."""
    model = sdk.model
    views: dict[int, Reconstruction] = {}
    pictures = []
    for yaw in YAWS:
        picture, points = scan.photograph(yaw)
        result = sdk.reconstruct(picture)
        pictures.append(result.overlay())
        if not result.faces:
            continue
        face = result.faces[0]
        at = np.rint(face.landmarks_px[INNER]).astype(int).clip(0, SIZE - 1)
        under = points[at[:, 1], at[:, 0]]
        known = np.isfinite(under[:, 0])
        landmarks = model.landmarks(face.verts_face_mm)[INNER]
        skin = face.verts_face_mm[: model.n_skin_verts]
        views[yaw] = Reconstruction(skin, landmarks[known], under[known], known)
    return views, pictures


def face_region(scan: Scan, model: FaceModel, frontal: Reconstruction) -> tuple[Array, Similarity, float]:
    """The scan's face (n, 3) mm, the similarity from the mean face to it, and scan units per millimetre.

    Millimetres and the region depend on each other: both are refined three times.
    """
    mean, skin = mean_face(model)
    none = np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32)
    landmarks = model.landmarks(model.decode(*none)).astype(np.float64)
    chin_mm = landmarks[8]
    start = similarity(landmarks[INNER][frontal.on_scan], frontal.scan_points)
    nose = frontal.scan_points[np.argmax(frontal.scan_points[:, 2])]
    # What the frontal picture shows, a point per pixel: even in area, and free of the scan's inner folds.
    shown = scan.photograph(0)[1].reshape(-1, 3)[::5]
    front = shown[np.isfinite(shown[:, 0])]
    for _ in range(3):
        unit = start[0]
        near = np.linalg.norm(front - nose, axis=1) < RADIUS_MM * unit
        chin = start[0] * start[1] @ chin_mm + start[2]
        region = front[near & (front[:, 1] > chin[1])]  # the neck is no part of the face
        start = fit(mean, skin, start, region)[1]
    return region / unit, (start[0] / unit, start[1], start[2] / unit), unit


def mean_face(model: FaceModel) -> tuple[Array, Array]:
    """Skin vertices (V, 3) mm and triangles of the mean face."""
    none = np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32)
    verts = model.decode(*none)[: model.n_skin_verts].astype(np.float64)
    return verts, np.ascontiguousarray(model.triangles[: model.n_skin_triangles])


def measure(scan: Scan, sdk: FaceSDK) -> tuple[dict[str, float], list[Array]]:
    """Mean distances in mm by yaw and of the mean face; the rendered pictures with their overlays."""
    views, pictures = reconstruct_views(scan, sdk)
    if 0 not in views:
        raise SystemExit("the frontal rendering was not found: no landmarks to begin with")
    mean, skin = mean_face(sdk.model)
    face_mm, start, unit = face_region(scan, sdk.model, views[0])
    figures = {"mean face": float(fit(mean, skin, start, face_mm)[0].mean())}
    for yaw, view in views.items():
        begin = similarity(view.landmarks.astype(np.float64), view.scan_points / unit)
        distances, _ = fit(view.verts.astype(np.float64), skin, begin, face_mm)
        figures[f"yaw {yaw}"] = float(distances.mean())
    figures["mean over yaws"] = float(np.mean([v for k, v in figures.items() if k.startswith("yaw")]))
    return figures, pictures


def head_scan(
    data: Annotated[Path, typer.Option(help="folder laid out like eval/, the scan beside it")] = DATA,
    network: Annotated[str | None, typer.Option(help="an ONNX file in place of the bundled network")] = None,
    picture: Annotated[Path | None, typer.Option(help="write the five renderings with overlays")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure millimetres to a head scan, rendered from five yaws."""
    folder = data.resolve().parent / "lee_perry_smith"
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder; give --data")
    figures, pictures = measure(Scan.load(folder), FaceSDK(Options(network=network)))
    print('"Infinite" head scan of Lee Perry-Smith (I-R Entertainment Ltd. / triplegangers.com, CC BY 3.0)')
    for name, value in figures.items():
        print(f"  {name:16s} {value:6.3f} mm")
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n")
    if picture:
        cv2.imwrite(str(picture), np.concatenate(pictures, axis=1)[:, :, ::-1])
    found = sum(name.startswith("yaw") for name in figures)
    if check_bounds and not check("head_scan", {"renderings_found": float(found)}):
        raise typer.Exit(1)
