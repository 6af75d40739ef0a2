"""Pictures of a result: layers over the photo, and a sheet of all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from facesdk.errors import InvalidOptions

if TYPE_CHECKING:
    from facesdk.result import Face, Result

Picture = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

# First and last landmark of each drawn line, and whether it closes (iBUG order).
LINES = (
    (0, 16, False), (17, 21, False), (22, 26, False), (27, 30, False), (31, 35, False),
    (36, 41, True), (42, 47, True), (48, 59, True), (60, 67, True),
)  # fmt: skip
LIGHT = np.array([0.3, -0.5, -0.81], dtype=np.float32)  # towards the light of the "mesh" layer, camera frame
SURFACE = np.array([196.0, 214.0, 232.0], dtype=np.float32)  # its colour
MESH_OPACITY = 0.6
ROOM = 0.6  # about the faces of a contact sheet, in faces
LARGEST_ZOOM = 3.0  # of its tiles


def overlay(result: Result, layers: str | Sequence[str] = ("mesh", "landmarks")) -> Picture:
    """The photo with the named layers drawn over it, the farthest face first; (H, W, 3) uint8 RGB."""
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    unknown = [name for name in names if name not in LAYERS]
    if unknown:
        raise InvalidOptions(f"layers: got {unknown[0]!r}, expected some of {', '.join(LAYERS)}")
    canvas = result.image.copy()
    farthest_first = sorted(result.faces, key=lambda face: -float(face.pose.translation_mm[2]))
    for name in names:
        for face in farthest_first:
            LAYERS[name](canvas, face)
    return canvas


def contact_sheet(result: Result, tile: int = 480) -> Picture:
    """The photo and each layer alone, round the faces, in two rows of captioned tiles up to `tile` px."""
    rows, columns = _around_faces(result)
    scale = min(LARGEST_ZOOM, tile / max(rows.stop - rows.start, columns.stop - columns.start))
    near = _zoomed(result, rows, columns, scale)
    tiles = [_captioned(near.image, "photo")]
    tiles += [_captioned(overlay(near, name), name) for name in LAYERS]
    half = (len(tiles) + 1) // 2
    above, below = np.concatenate(tiles[:half], axis=1), np.concatenate(tiles[half:], axis=1)
    return np.ascontiguousarray(np.concatenate([above, below], axis=0))


def _around_faces(result: Result) -> tuple[slice, slice]:
    """Rows and columns of the picture that hold all faces, with room about them; all of it without faces."""
    width, height = result.image_size
    if not result.faces:
        return slice(0, height), slice(0, width)
    points = np.concatenate([face.landmarks_px for face in result.faces])
    low, high = points.min(axis=0), points.max(axis=0)
    largest = max(float(np.ptp(face.landmarks_px, axis=0).max()) for face in result.faces)
    room = ROOM * largest
    x0, y0 = (int(np.clip(v - room, 0, n - 1)) for v, n in zip(low, (width, height), strict=True))
    x1, y1 = (int(np.clip(v + room, 1, n)) for v, n in zip(high, (width, height), strict=True))
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _zoomed(result: Result, rows: slice, columns: slice, scale: float) -> Result:
    """The result in a part of its picture at another size; faces are drawn anew, so that edges stay fine."""
    part = result.image[rows, columns]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = np.asarray(cv2.resize(part, size, interpolation=method), dtype=np.uint8)
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
    faces = []
    for face in result.faces:
        pose = dataclasses.replace(face.pose, intrinsics=zoom @ face.pose.intrinsics)
        faces.append(dataclasses.replace(face, image=image, pose=pose))
    return dataclasses.replace(result, faces=faces, image=image)


def _draw_mesh(canvas: Picture, face: Face) -> None:
    """The surface in one colour under a fixed light, half transparent: shows shape, not skin."""
    normals = face.rendering.interpolate(face.normals_camera, face.triangles)
    shade = 0.35 + 0.65 * np.clip(normals @ LIGHT, 0.0, 1.0)
    _blend(canvas, face, shade[:, :, None] * SURFACE, MESH_OPACITY)


def _draw_landmarks(canvas: Picture, face: Face) -> None:
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


def _draw_depth(canvas: Picture, face: Face) -> None:
    """Depth as colour: near is red, far is blue, over the face's own range."""
    depth = face.rendering.depth_mm
    covered = face.rendering.covered
    if not covered.any():
        return
    near, far = float(depth[covered].min()), float(depth[covered].max())
    level = np.clip((far - depth) / max(far - near, 1e-3) * 255.0, 0.0, 255.0).astype(np.uint8)
    colors = cv2.applyColorMap(level, cv2.COLORMAP_TURBO)[:, :, ::-1]  # OpenCV's maps are BGR
    _blend(canvas, face, np.asarray(colors, dtype=np.float32), 1.0)


def _draw_normals(canvas: Picture, face: Face) -> None:
    """Normals as colour: red to the right, green up, blue towards the camera."""
    normals = face.rendering.interpolate(face.normals_camera, face.triangles)
    length = np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    flipped = normals / length * np.array([1.0, -1.0, -1.0], dtype=np.float32)
    _blend(canvas, face, (flipped * 0.5 + 0.5) * 255.0, 1.0)


def _draw_render(canvas: Picture, face: Face) -> None:
    """The model's own albedo under the estimated light."""
    canvas[:] = face.render(background=canvas)


LAYERS: dict[str, Callable[[Picture, Face], None]] = {
    "mesh": _draw_mesh,
    "landmarks": _draw_landmarks,
    "depth": _draw_depth,
    "normals": _draw_normals,
    "render": _draw_render,
}


def _blend(canvas: Picture, face: Face, colors: FloatArray, opacity: float) -> None:
    """Lay (h, w, 3) colours in 0..255 over the face's window of the canvas."""
    window = canvas[face.rendering.window]
    covered = face.rendering.covered
    mixed = opacity * colors[covered] + (1.0 - opacity) * window[covered]
    window[covered] = np.clip(mixed + 0.5, 0.0, 255.0).astype(np.uint8)


def _captioned(picture: npt.NDArray[np.generic], caption: str) -> Picture:
    """The picture under a strip with its name."""
    strip = np.full((26, picture.shape[1], 3), 24, dtype=np.uint8)
    cv2.putText(strip, caption, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
    return np.concatenate([strip, np.asarray(picture, dtype=np.uint8)], axis=0)
