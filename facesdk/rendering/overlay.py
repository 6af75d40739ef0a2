"""Pictures of faces: layers over the photo, and a sheet of all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from facesdk.core.arrays import FloatArray, Picture
from facesdk.errors import InvalidOptions
from facesdk.rendering.pictures import draw_shaded
from facesdk.rendering.posed_mesh import ColoredMesh, PosedMesh

# First and last landmark of each drawn line, and whether it closes (iBUG order).
LINES = (
    (0, 16, False), (17, 21, False), (22, 26, False), (27, 30, False), (31, 35, False),
    (36, 41, True), (42, 47, True), (48, 59, True), (60, 67, True),
)  # fmt: skip
LIGHT = np.array([0.3, -0.5, -0.81], dtype=np.float32)  # towards the light of the "mesh" layer, camera frame
SURFACE = np.array([196.0, 214.0, 232.0], dtype=np.float32)  # its colour, RGB
MESH_OPACITY = 0.6
SHEET_MARGIN = 0.6  # round the faces of a contact sheet, in sizes of the largest
MAX_ZOOM = 3.0  # of its tiles


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class DrawnFace:
    """What is drawn of a face."""

    mesh: PosedMesh
    landmarks_px: FloatArray  # (68, 2), px of the mesh's picture
    colored: Callable[[], ColoredMesh]  # for "render" alone
    sh: Callable[[], FloatArray]  # (9, 3) light, for "render" alone

    def __repr__(self) -> str:
        return f"DrawnFace({self.mesh!r})"


def overlay(image: Picture, faces: Sequence[DrawnFace], layers: str | Sequence[str]) -> Picture:
    """Draw the named layers over a photo, the farthest face first.

    Args:
        image: (H, W, 3) uint8 RGB, left as it is.
        faces: in that picture.
        layers: one or several of LAYERS, drawn in this order.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        InvalidOptions: an unknown layer.
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    unknown = [name for name in names if name not in LAYERS]
    if unknown:
        raise InvalidOptions(f"layers: got {unknown[0]!r}, expected some of {', '.join(LAYERS)}")
    canvas = image.copy()
    farthest_first = sorted(faces, key=lambda face: -float(face.mesh.translation_mm[2]))
    for name in names:
        for face in farthest_first:
            LAYERS[name](canvas, face)
    return canvas


def contact_sheet(image: Picture, faces: Sequence[DrawnFace], tile: int = 480) -> Picture:
    """Draw the photo and each layer alone, round the faces, in two rows of captioned tiles.

    Args:
        image: (H, W, 3) uint8 RGB.
        faces: in that picture.
        tile: longer side of a tile, px.

    Returns:
        (H', W', 3) uint8 RGB.
    """
    rows, columns = _around_faces(image, faces)
    scale = min(MAX_ZOOM, tile / max(rows.stop - rows.start, columns.stop - columns.start))
    zoomed, near = _zoomed(image, faces, rows, columns, scale)
    tiles = [_captioned(zoomed, "photo")]
    tiles += [_captioned(overlay(zoomed, near, name), name) for name in LAYERS]
    half = (len(tiles) + 1) // 2
    above, below = np.concatenate(tiles[:half], axis=1), np.concatenate(tiles[half:], axis=1)
    return np.ascontiguousarray(np.concatenate([above, below], axis=0))


def _around_faces(image: Picture, faces: Sequence[DrawnFace]) -> tuple[slice, slice]:
    """Rows and columns of the picture that hold all faces and a margin; all of it without faces."""
    height, width = image.shape[:2]
    if not faces:
        return slice(0, height), slice(0, width)
    points = np.concatenate([face.landmarks_px for face in faces])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = SHEET_MARGIN * max(float(np.ptp(face.landmarks_px, axis=0).max()) for face in faces)
    x0, y0 = (int(np.clip(v - margin, 0, n - 1)) for v, n in zip(low, (width, height), strict=True))
    x1, y1 = (int(np.clip(v + margin, 1, n)) for v, n in zip(high, (width, height), strict=True))
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _zoomed(
    image: Picture, faces: Sequence[DrawnFace], rows: slice, columns: slice, scale: float
) -> tuple[Picture, list[DrawnFace]]:
    """A part of the picture at another size, and the faces in it; meshes are drawn anew: edges stay fine."""
    part = image[rows, columns]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(part, size, interpolation=method), dtype=np.uint8)
    sx, sy = size[0] / part.shape[1], size[1] / part.shape[0]
    # The first pixel's centre is at 0, its corner at -0.5: corners scale, centres do not.
    zoom = np.array(
        [
            [sx, 0, (0.5 - columns.start) * sx - 0.5],
            [0, sy, (0.5 - rows.start) * sy - 0.5],
            [0, 0, 1],
        ],
        dtype=np.float32,
    )
    near = [
        dataclasses.replace(
            face,
            mesh=face.mesh.zoomed(zoom, *size),
            landmarks_px=face.landmarks_px * zoom.diagonal()[:2] + zoom[:2, 2],
        )
        for face in faces
    ]
    return resized, near


def _draw_mesh(canvas: Picture, face: DrawnFace) -> None:
    """The surface in one colour under a fixed light, half transparent: shows shape, not skin."""
    normals = face.mesh.rendering.interpolate(face.mesh.normals_camera, face.mesh.triangles)
    shade = 0.35 + 0.65 * np.clip(normals @ LIGHT, 0.0, 1.0)
    _blend(canvas, face, shade[:, :, None] * SURFACE, MESH_OPACITY)


def _draw_landmarks(canvas: Picture, face: DrawnFace) -> None:
    """The 68 points, joined by parts; sizes follow the face."""
    points = face.landmarks_px
    extent = float((points.max(axis=0) - points.min(axis=0)).max())
    radius = max(1.0, extent / 110.0)
    thickness = max(1, round(extent / 260.0))
    shift = 4  # OpenCV takes fixed-point positions: 4 bits below the pixel
    # Far off the picture OpenCV's fixed-point arithmetic would overflow.
    fixed = np.rint(np.clip(points, -1e5, 1e5) * (1 << shift)).astype(np.int32)
    for first, last, closed in LINES:
        line = fixed[first : last + 1].reshape(-1, 1, 2)
        cv2.polylines(canvas, [line], closed, (40, 220, 120), thickness, cv2.LINE_AA, shift)
    for x, y in fixed:
        center = (int(x), int(y))
        cv2.circle(canvas, center, round(radius * (1 << shift)), (255, 255, 255), -1, cv2.LINE_AA, shift)


def _draw_depth(canvas: Picture, face: DrawnFace) -> None:
    """Depth as colour: near is red, far is blue, over the face's own range."""
    depth = face.mesh.rendering.depth_mm
    covered = face.mesh.rendering.covered
    if not covered.any():
        return
    near, far = float(depth[covered].min()), float(depth[covered].max())
    level = np.clip((far - depth) / max(far - near, 1e-3) * 255.0, 0.0, 255.0).astype(np.uint8)
    colors = cv2.applyColorMap(level, cv2.COLORMAP_TURBO)[:, :, ::-1]  # OpenCV's maps are BGR
    _blend(canvas, face, np.asarray(colors, dtype=np.float32), 1.0)


def _draw_normals(canvas: Picture, face: DrawnFace) -> None:
    """Normals as colour: red to the right, green up, blue towards the camera."""
    normals = face.mesh.rendering.interpolate(face.mesh.normals_camera, face.mesh.triangles)
    length = np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    flipped = normals / length * np.array([1.0, -1.0, -1.0], dtype=np.float32)
    _blend(canvas, face, (flipped * 0.5 + 0.5) * 255.0, 1.0)


def _draw_render(canvas: Picture, face: DrawnFace) -> None:
    """The model's own albedo under the estimated light."""
    verts, triangles, albedo = face.colored()
    draw_shaded(face.mesh.with_mesh(verts, triangles), albedo, face.sh(), canvas)


LAYERS: dict[str, Callable[[Picture, DrawnFace], None]] = {
    "mesh": _draw_mesh,
    "landmarks": _draw_landmarks,
    "depth": _draw_depth,
    "normals": _draw_normals,
    "render": _draw_render,
}


def _blend(canvas: Picture, face: DrawnFace, colors: FloatArray, opacity: float) -> None:
    """Lay (h, w, 3) colours in 0..255 over the face's window of the canvas."""
    window = canvas[face.mesh.rendering.window]
    covered = face.mesh.rendering.covered
    mixed = opacity * colors[covered] + (1.0 - opacity) * window[covered]
    window[covered] = np.clip(mixed + 0.5, 0.0, 255.0).astype(np.uint8)


def _captioned(picture: npt.NDArray[np.generic], caption: str) -> Picture:
    """The picture under a strip with its name."""
    strip = np.full((26, picture.shape[1], 3), 24, dtype=np.uint8)
    cv2.putText(strip, caption, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
    return np.concatenate([strip, np.asarray(picture, dtype=np.uint8)], axis=0)
