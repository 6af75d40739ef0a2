"""Face profiling: photos turned to large yaw, with exact labels.

The fitted mesh carries the photo's own colours; behind it a grid over the inpainted photo, whose depth
falls from the face's outline to a plane at the ears, turns along, so that hair and neck keep to the head.
Only turns away from the camera are made (what comes into view was in view before). After Zhu et al., "Face
alignment in full pose range".
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer
from tqdm import tqdm

from facesdk import ops
from training.datasets.crop_frame import CROP_OF_BOX, PACK_SIZE
from training.face_model.camera import FOCAL_RATIO, pack_intrinsics
from training.labels.archive import load_labels
from training.labels.geometry import landmark_places
from training.options import FACE_MODEL, GeometryFile, LabelsFile, PicturesFile
from training.shards.pack import crop_position, write_shards

Array = npt.NDArray[np.float32]
GRID = 6
"""Spacing of the background grid in px."""
EAR_MM = 95.0
"""How far behind the model's origin the background's plane stands."""
FALL_PX = 14.0
"""Distance from the outline over which the background falls to its plane."""


@dataclass(frozen=True)
class Scene:
    """A photo as two meshes in its crop's camera: the face and the background grid, vertices (., 3) mm."""

    face: Array
    background: Array
    grid_triangles: npt.NDArray[np.int32]
    picture: npt.NDArray[np.uint8]
    behind: npt.NDArray[np.uint8]


class Profiler:
    """Holds the face model's arrays and the crop's camera."""

    def __init__(self, geometry: Path, places: Path | None = None) -> None:
        with np.load(geometry) as z:
            self.mean = z["mean_control_mm"]
            self.bases = np.concatenate([z["identity"], z["expression"]]).reshape(-1, self.mean.size)
            self.triangles = np.ascontiguousarray(z["control_triangles"], dtype=np.int32)
            self.subdivision = (
                z["sub_ptr"].astype(np.int32), z["sub_idx"].astype(np.int32), z["sub_val"].astype(np.float32)
            )  # fmt: skip
            dense_triangles = z["triangles"]
        if places is None:
            triangles, bary = landmark_places(FACE_MODEL)
        else:
            with np.load(places) as z:
                triangles, bary = z["landmarks_triangles"], z["landmarks_bary"].astype(np.float32)
        self.corners, self.bary = dense_triangles[triangles], bary
        self.intrinsics = pack_intrinsics()
        nodes = np.arange(-2 * GRID, PACK_SIZE + 3 * GRID, GRID, dtype=np.float32)
        self.grid = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
        n = len(nodes)
        corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
        quads = np.stack([corner, corner + n, corner + n + 1, corner + 1], 1)
        self.grid_triangles = np.ascontiguousarray(
            np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), dtype=np.int32
        )

    def face(self, alpha: Array, delta: Array) -> Array:
        """Control vertices (C, 3) in the face frame."""
        coefficients = np.concatenate([alpha, delta]).astype(np.float32)
        return np.asarray(self.mean + (coefficients @ self.bases).reshape(-1, 3), dtype=np.float32)

    def landmarks(self, control: Array) -> Array:
        """The 68 points (68, 3) in the face frame."""
        dense = ops.subdivide(control, *self.subdivision)
        return np.asarray(np.einsum("pk,pkx->px", self.bary, dense[self.corners]), dtype=np.float32)

    def scene(self, picture: npt.NDArray[np.uint8], camera: Array, depth_mm: float) -> Scene:
        """Background grid with depth for a photo (S, S, 3) whose face stands at `camera` (C, 3)."""
        points = ops.project(camera, self.intrinsics)
        depth = ops.rasterize(points, self.triangles, PACK_SIZE, PACK_SIZE, want=("depth",)).depth
        assert depth is not None
        covered = (depth > 0).astype(np.uint8)
        mask = cv2.dilate(covered, np.ones((5, 5), np.uint8))
        behind = cv2.inpaint(picture, cv2.erode(mask, np.ones((3, 3), np.uint8)), 3, cv2.INPAINT_TELEA)
        away, label = cv2.distanceTransformWithLabels(
            1 - covered, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        table = np.zeros(int(label.max()) + 1, np.float32)
        table[label[covered > 0]] = depth[covered > 0]
        outline = table[label]
        plane = np.float32(depth_mm + EAR_MM)
        ground = plane - (plane - outline) * np.exp(-away / FALL_PX)
        # Under the face itself the grid lies at the plane, out of its way.
        inner = cv2.erode(covered, np.ones((7, 7), np.uint8))
        ground = np.where(inner > 0, plane, ground).astype(np.float32)
        x = np.clip(np.rint(self.grid), 0, PACK_SIZE - 1).astype(int)
        z = ground[x[:, 1], x[:, 0]]
        rays = (self.grid - (PACK_SIZE - 1) / 2) / self.intrinsics[0, 0]
        background = np.c_[rays * z[:, None], z].astype(np.float32)
        return Scene(camera, background, self.grid_triangles, picture, behind.astype(np.uint8))

    def turn(
        self, scene: Scene, face: Array, rotation: Array, translation: Array, new_rotation: Array
    ) -> tuple[npt.NDArray[np.uint8], Array, Array]:
        """The photo with the head turned: picture (S, S, 3), new translation (3,) and the 68
        points (68, 2) px."""
        marks = self.landmarks(face)
        moved = translation.astype(np.float64).copy()
        for _ in range(3):
            q = marks @ new_rotation.T + moved
            uv = FOCAL_RATIO * q[:, :2] / q[:, 2:]
            low, high = uv.min(0), uv.max(0)
            moved[2] *= (high - low).max() * CROP_OF_BOX
            moved[:2] -= (low + high) / 2 * moved[2] / FOCAL_RATIO
        shift = moved.astype(np.float32)
        turned = ops.transform(face, new_rotation, shift)
        to_face = (scene.background - translation) @ rotation
        ground = ops.transform(np.ascontiguousarray(to_face, dtype=np.float32), new_rotation, shift)
        out = np.zeros((PACK_SIZE, PACK_SIZE, 3), np.uint8)
        nearest = np.full((PACK_SIZE, PACK_SIZE), np.inf, np.float32)
        layers = (
            (ground, scene.grid_triangles, scene.background, scene.behind, False),
            (turned, self.triangles, scene.face, scene.picture, True),
        )
        for verts, triangles, origin, texture, cull in layers:
            raster = ops.rasterize(
                ops.project(verts, self.intrinsics),
                triangles,
                PACK_SIZE,
                PACK_SIZE,
                want=("depth", "triangle", "bary"),
                cull=cull,
            )
            triangle, depth = raster.triangle, raster.depth
            assert triangle is not None
            assert depth is not None
            assert raster.bary is not None
            source = ops.project(origin, self.intrinsics)[:, :2]
            where = np.einsum("hwk,hwkx->hwx", raster.bary, source[triangles[np.maximum(triangle, 0)]])
            colour = cv2.remap(texture, where.astype(np.float32), None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
            # The face wins over the part of the grid that hangs on its own outline.
            ahead = (triangle >= 0) & (depth < nearest + (25.0 if cull else 0.0))
            out[ahead] = colour[ahead]
            nearest[ahead] = depth[ahead]
        final = ops.project(ops.transform(marks, new_rotation, shift), self.intrinsics)
        return out, shift, final[:, :2]


def rotation_y(angle: float) -> Array:
    """Turn about the face's y axis."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)


def usable_photos(labels: dict[str, npt.NDArray[Any]], yaw_deg: Array) -> npt.NDArray[np.intp]:
    """Rows of well fitted faces that look about ahead, but close-ups: they make heads without hair."""
    close = [list(labels["sets"]).index(name) for name in ("utkface", "cfp", "fasseg")]
    usable = ~labels["wrong"].astype(bool) & (np.abs(yaw_deg) < 40) & ~np.isin(labels["set_index"], close)
    if "rms" in labels:  # the kept fits are without
        usable &= labels["rms"] < 0.02
    return np.flatnonzero(usable)


def turned_arrays(
    labels: dict[str, npt.NDArray[Any]],
    rows: npt.NDArray[np.intp],
    found: list[tuple[Array, Array, Array]],
) -> dict[str, npt.NDArray[np.generic]]:
    """Label arrays of the shards; `found`: rotation, translation and 68 points of each turned face."""
    n = len(rows)
    weight = np.ones((n, 68), np.float32)
    weight[:, :17] = 0.5
    return {
        "alpha": labels["alpha"][rows].astype(np.float16),
        "delta": labels["delta"][rows].astype(np.float16),
        "rotvec": np.stack([cv2.Rodrigues(f[0].astype(np.float64))[0][:, 0] for f in found]).astype(
            np.float32
        ),
        "m": crop_position(np.stack([f[1] for f in found])),
        "points": np.stack([f[2] for f in found]).astype(np.float32),
        "points_weight": weight,
        "weight": np.full(n, 0.7, np.float32),
        "set": np.full(n, len(labels["sets"]), np.uint8),
        "subject": labels["subject"][rows].astype(np.int32),
        "beta": np.zeros((n, labels["beta"].shape[1] if "beta" in labels else 50), np.float16),
        "gamma": np.zeros((n, 27), np.float32),
        # The photo's shading turned with the head: no light in the camera's frame explains it.
        "light_weight": np.zeros(n, np.float32),
    }


def turn_photos(
    labels_file: LabelsFile,
    pictures_file: PicturesFile,
    geometry: GeometryFile,
    out: Annotated[Path, typer.Option(help="folder of the shards")],
    places: Annotated[
        Path | None, typer.Option(help="of `label-photos`; default: the face model's landmarks")
    ] = None,
    identity: Annotated[Path | None, typer.Option(help="what `teach-identity` wrote")] = None,
    count: Annotated[int, typer.Option(help="photos to turn")] = 6000,
) -> None:
    """Turn photos to large yaw, with exact labels: shards of the set `profiled`."""
    labels = load_labels(labels_file, FACE_MODEL)
    with np.load(pictures_file) as z:
        blob, ptr = z["jpg"].tobytes(), z["ptr"]
    profiler = Profiler(geometry, places)
    rng = np.random.default_rng(7)
    yaw = np.degrees(np.arcsin(np.clip(labels["rotation"][:, 0, 2], -1, 1)))
    usable = usable_photos(labels, yaw)
    rows = rng.choice(usable, count, replace=len(usable) < count)
    pictures: list[bytes] = []
    found: list[tuple[Array, Array, Array]] = []
    for row in tqdm(rows, desc="profiling", mininterval=5):
        picture = cv2.imdecode(np.frombuffer(blob[ptr[row] : ptr[row + 1]], np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        rotation = labels["rotation"][row].astype(np.float32)
        translation = labels["translation_mm"][row].astype(np.float32)
        face = profiler.face(labels["alpha"][row], labels["delta"][row])
        camera = ops.transform(face, rotation, translation)
        scene = profiler.scene(picture.astype(np.uint8), camera, float(translation[2]))
        side = np.sign(yaw[row]) if abs(yaw[row]) > 6 else rng.choice([-1.0, 1.0])
        wanted = side * rng.uniform(max(35.0, abs(yaw[row]) + 15), 92.0)
        new_rotation = rotation @ rotation_y(np.radians(wanted - yaw[row]))
        turned, shift, points = profiler.turn(scene, face, rotation, translation, new_rotation)
        pictures.append(cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        found.append((new_rotation, shift, points))
    arrays = turned_arrays(labels, rows, found)
    if identity:
        with np.load(identity) as z:
            arrays["identity"] = z["embedding"][rows]
    sets = np.array([*labels["sets"], "profiled"])
    print(f"{len(rows)} faces in {write_shards(out, pictures, arrays, sets, 'shard_profiled')} shards")
