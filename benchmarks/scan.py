"""A head scan rendered from five yaws and reconstructed: how far the surface is from the scan, in mm.

python -m benchmarks.scan --data DIR [--json FILE] [--picture FILE] [--network FILE]

Scan: "Infinite" head of Lee Perry-Smith, (c) I-R Entertainment Ltd. / triplegangers.com, CC BY 3.0; read from
../lee_perry_smith beside DIR. It states no scale: its millimetre is the one in which the mean face fits it
best. Each surface, the mean face included, is moved and scaled to the scan by landmarks, then by closest
points; the figure is the mean distance from the scan's face (within 95 mm of the nose tip, seen from the
front) to the surface.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import cKDTree

from benchmarks.bench_accuracy import DATA
from benchmarks.measures import Array
from facesdk import FaceSDK, Options, ops
from facesdk.morphable.face_model import FaceModel
from training.landmarks import INNER

YAWS = (-60, -30, 0, 30, 60)
SIZE, FOCAL, DISTANCE, RADIUS_MM = 512, 3000.0, 40.0, 95.0  # the camera's distance is in the scan's own units
Similarity = tuple[float, Array, Array]  # scale, rotation, shift
HEAD = np.array([0.0, 1.7, 0.0])  # where the camera looks, scan units: about the middle of the head


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
        seen = np.ascontiguousarray((self.verts - HEAD) @ turn.T + [0, 0, DISTANCE], np.float32)
        centre = (SIZE - 1) / 2
        intrinsics = np.array([[FOCAL, 0, centre], [0, FOCAL, centre], [0, 0, 1]], np.float32)
        raster = ops.rasterize(
            ops.project(seen, intrinsics), self.triangles, SIZE, SIZE, want=("triangle", "bary")
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
        normals = spread(ops.normals(seen, self.triangles))
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


def measure(scan: Scan, sdk: FaceSDK) -> tuple[dict[str, float], list[Array]]:
    """Mean distances in mm by yaw and of the mean face; the rendered pictures with their overlays."""
    model: FaceModel = sdk.model
    skin = np.ascontiguousarray(model.triangles[: model.n_skin_triangles])
    none = np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32)
    mean = model.decode(*none)[: model.n_skin_verts].astype(np.float64)
    reconstructed, pictures = {}, []
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
        own = model.landmarks(face.verts_face_mm)[INNER]
        reconstructed[yaw] = (face.verts_face_mm[: model.n_skin_verts], own[known], under[known], known)
    if 0 not in reconstructed:
        raise SystemExit("the frontal rendering was not found: no landmarks to begin with")
    frontal = reconstructed[0]
    nose = frontal[2][np.argmax(frontal[2][:, 2])]
    # Millimetres and the face region, from the mean face and the frontal landmarks.
    landmarks = model.landmarks(model.decode(*none)).astype(np.float64)
    chin_mm = landmarks[8]
    start = similarity(landmarks[INNER][frontal[3]], frontal[2])
    # What the frontal picture shows, a point per pixel: even in area, and free of the scan's inner folds.
    shown = scan.photograph(0)[1].reshape(-1, 3)[::5]
    front = shown[np.isfinite(shown[:, 0])]
    for _ in range(3):
        unit = start[0]  # scan units per mm
        near = np.linalg.norm(front - nose, axis=1) < RADIUS_MM * unit
        chin = start[0] * start[1] @ chin_mm + start[2]
        region = front[near & (front[:, 1] > chin[1])]  # the neck is no part of the face
        start = fit(mean, skin, start, region)[1]
    face_points = region / unit
    figures = {}
    spread, _ = fit(mean, skin, (start[0] / unit, start[1], start[2] / unit), face_points)
    figures["mean face"] = float(spread.mean())
    for yaw, (verts, own, under, _) in reconstructed.items():
        begin = similarity(own.astype(np.float64), under / unit)
        spread, _ = fit(verts.astype(np.float64), skin, begin, face_points)
        figures[f"yaw {yaw}"] = float(spread.mean())
    figures["mean over yaws"] = float(np.mean([v for k, v in figures.items() if k.startswith("yaw")]))
    return figures, pictures


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="write the five renderings with their overlays")
    parser.add_argument("--network", help="an ONNX file in place of the bundled network")
    parser.add_argument("--check", action="store_true", help="exit 1 where a rendering was not found")
    args = parser.parse_args()
    folder = args.data.resolve().parent / "lee_perry_smith"
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder; give --data")
    sdk = FaceSDK(Options(network=args.network)) if args.network else FaceSDK()
    figures, pictures = measure(Scan.load(folder), sdk)
    print('"Infinite" head scan of Lee Perry-Smith (I-R Entertainment Ltd. / triplegangers.com, CC BY 3.0)')
    for name, value in figures.items():
        print(f"  {name:16s} {value:6.3f} mm")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    if args.picture:
        cv2.imwrite(str(args.picture), np.concatenate(pictures, axis=1)[:, :, ::-1])
    if args.check and sum(k.startswith("yaw") for k in figures) < len(YAWS):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
