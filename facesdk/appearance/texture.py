"""UV texture of a face from photo and mesh.

A texel is taken from the photo where its point of the face is in the picture, turned towards the camera and
in front of the rest of the face; where it is known what covers the face, only where no cover and no clothes
are. Elsewhere it is taken from the mirrored side of the face where that is seen, relit by the ratio of the
model's shading there and here; and where neither is, it is the model's albedo under the estimated light,
scaled per channel to the photo's level, so that both meet without a step.
"""

from __future__ import annotations

import dataclasses
import functools

import cv2
import numpy as np

from facesdk import ops
from facesdk.core.arrays import FloatArray, IntArray, Picture
from facesdk.errors import InvalidArray
from facesdk.io.picture import encode_picture
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.posed_mesh import PosedMesh
from facesdk.rendering.render import lit_colors

DEPTH_TOLERANCE_MM = 4.0  # more than the depth between two pixels on a slope, less than nose to cheek
COSINE = (0.15, 0.45)  # to the line of sight: weight 0 at the first, 1 from the second on
RELIT = (0.4, 2.5)  # least and greatest change of a colour from the mirrored side: the light is an estimate
CHUNK = 1 << 16  # texels per pass: intermediate arrays stay in the cache
SAMPLED = 20000  # of all texels, for the median level
BORDER_PX = 4  # texels painted beyond the edge of an island, so that its seam stays clean when filtered
MIN_VISIBILITY = 0.8  # of a texel that counts for the level


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Texture:
    """A baked texture; row 0 is v = 1, as in an image file."""

    image: Picture  # (size, size, 3) RGB
    observed: FloatArray  # (size, size) in 0..1: weight of the photo in a texel, at its own place

    @functools.cached_property
    def png(self) -> bytes:
        """The image as the bytes of a .png file."""
        return encode_picture(self.image, ".png")

    def __repr__(self) -> str:
        size, share = len(self.image), float((self.observed > 0).mean())
        return f"Texture({size} x {size}, {share:.0%} observed)"


def bake(
    mesh: PosedMesh,
    image: Picture,
    model: FaceModel,
    albedo: FloatArray,
    sh: FloatArray,
    shown: FloatArray | None = None,
    size: int = 1024,
) -> Texture:
    """Bake the texture of one face.

    Args:
        mesh: the face in the photo's camera.
        image: (H, W, 3) uint8 RGB, the photo.
        model: the mesh's face model: triangles and texture coordinates.
        albedo: (V, 3), 0..1.
        sh: (9, 3), RGB.
        shown: (V,) 0..1, how much of a vertex the photo shows and not something else; None: all.
        size: side of the texture, texels.

    Raises:
        InvalidArray: the model has no texture coordinates.
    """
    if len(model.uv_triangles) == 0:
        raise InvalidArray(
            f"texture: {model.name} has no texture coordinates, nor has any mesh of Options(mesh='control')"
        )
    layout = _layout(model, size)
    source = _Source(mesh, image, albedo, sh, shown)
    count = len(layout.texels)
    step = count // SAMPLED + 1
    level = source.level(layout.vertices[::step], layout.weights[::step])
    texture = np.zeros((size * size, 3), dtype=np.uint8)
    observed = np.zeros(size * size, dtype=np.float32)
    for start in range(0, count, CHUNK):
        some = slice(start, start + CHUNK)
        vertices, weights = layout.vertices[some], layout.weights[some]
        seen, lit, weight = source.at(vertices, weights)
        guess = np.clip(lit * level, 0.0, 1.0)
        if len(model.mirror):
            guess = _mirrored(source, guess, lit, model.mirror[vertices], weights)
        color = guess + weight[:, None] * (seen - guess)
        texture[layout.texels[some]] = (color * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)
        observed[layout.texels[some]] = weight
    texture[layout.border] = texture[layout.border_from]
    return Texture(texture.reshape(size, size, 3), observed.reshape(size, size))


def _mirrored(
    source: _Source, guess: FloatArray, lit: FloatArray, vertices: IntArray, weights: FloatArray
) -> FloatArray:
    """Colours (n, 3) of texels whose mirror images lie between `vertices`: the photo's there, relit, where it
    is seen; else `guess`."""
    seen, lit_there, weight = source.at(vertices, weights)
    relit = np.clip(seen * np.clip(lit / np.maximum(lit_there, 0.02), *RELIT), 0.0, 1.0)
    return np.asarray(guess + weight[:, None] * (relit - guess), np.float32)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class _Layout:
    """The mesh in UV space: the n texels under its triangles, each a weighted mean of three vertices."""

    texels: IntArray  # (n,) row * size + column
    vertices: IntArray  # (n, 3)
    weights: FloatArray  # (n, 3)
    border: IntArray  # (m,) texels beside an island
    border_from: IntArray  # (m,) the island's texel nearest to each


@functools.lru_cache(maxsize=2)
def _layout(model: FaceModel, size: int) -> _Layout:
    """Rasterize a model's texture coordinates; the same for every face, kept (40 MB at 1024 texels)."""
    # Each triangle gets corners of its own, because a vertex on a seam has several places.
    corner_uv = model.uv[model.uv_triangles.ravel()]
    points = np.ones((len(corner_uv), 3), dtype=np.float32)
    points[:, 0] = corner_uv[:, 0] * size - 0.5
    points[:, 1] = (1.0 - corner_uv[:, 1]) * size - 0.5
    corners = np.arange(len(corner_uv), dtype=np.int32).reshape(-1, 3)
    raster = ops.rasterize(points, corners, size, size, want=("triangle", "bary"), cull=False)
    assert raster.triangle is not None
    assert raster.bary is not None
    triangle = raster.triangle.ravel()
    texels = np.flatnonzero(triangle >= 0).astype(np.int32)
    # Texel of the nearest island about each texel: labels of OpenCV's distance transform name the zeros.
    outside = (raster.triangle < 0).astype(np.uint8)
    distance, label = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    named = np.zeros(int(label.max()) + 1, dtype=np.int32)
    named[label.ravel()[texels]] = texels
    border = np.flatnonzero((distance.ravel() > 0) & (distance.ravel() <= BORDER_PX)).astype(np.int32)
    return _Layout(
        texels,
        np.ascontiguousarray(model.triangles[triangle[texels]]),
        np.ascontiguousarray(raster.bary.reshape(-1, 3)[texels]),
        border,
        named[label.ravel()[border]],
    )


class _Source:
    """Colours of points on one face by the photo and by the model.

    A triangle is about a millimetre wide: projection and shading are linear inside, so both are computed at
    the vertices and interpolated.
    """

    def __init__(
        self, mesh: PosedMesh, image: Picture, albedo: FloatArray, sh: FloatArray, shown: FloatArray | None
    ) -> None:
        points, normals = mesh.verts_camera_mm, mesh.normals_camera
        length = np.maximum(np.sqrt(np.einsum("nk,nk->n", points, points)), 1e-6)
        cosine = -np.einsum("nk,nk->n", normals, points) / length  # 1 where the surface faces the camera
        self._mesh, self._image = mesh, image
        self._pixels = ops.project(points, mesh.intrinsics)
        self._lit = lit_colors(albedo, normals, sh)
        self._facing = np.ones((len(cosine), 3), np.float32)  # cosine, share that is shown
        self._facing[:, 0] = cosine
        if shown is not None:
            self._facing[:, 1] = shown
        self._starts = np.arange(0, 3 * CHUNK + 1, 3, dtype=np.int32)

    def at(self, vertices: IntArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Photo colours (n, 3), model colours (n, 3), visibility (n,), 0..1, of means of three vertices."""
        starts, index, share = self._starts[: len(vertices) + 1], vertices.ravel(), weights.ravel()
        pixels = ops.subdivide(self._pixels, starts, index, share)
        cosine, shown = ops.subdivide(self._facing, starts, index, share)[:, :2].T
        lit = ops.subdivide(self._lit, starts, index, share)
        weight = np.minimum(shown * self._visibility(pixels, cosine), np.float32(1))
        return _sample(self._image, pixels[:, :2]), lit, weight

    def level(self, vertices: IntArray, weights: FloatArray) -> FloatArray:
        """(3,) factor from the model's lit albedo to the photo's level; a median: robust to glare."""
        seen, lit, weight = self.at(vertices, weights)
        visible = weight > MIN_VISIBILITY
        if visible.sum() < SAMPLED // 1000:
            return np.ones(3, dtype=np.float32)
        ratio = np.median(seen[visible] / np.maximum(lit[visible], 0.02), axis=0)
        return np.clip(ratio, 0.25, 4.0).astype(np.float32)

    def _visibility(self, pixels: FloatArray, cosine: FloatArray) -> FloatArray:
        """(n,) weights, 0..1, of the photo at points given as x px, y px, depth mm."""
        rendering = self._mesh.rendering
        height, width = rendering.depth_mm.shape
        depth = pixels[:, 2]
        # Far off the picture a whole number would overflow.
        at = np.rint(np.clip(pixels[:, :2], -1e6, 1e6)).astype(np.int32) - (rendering.x0, rendering.y0)
        column, row = at[:, 0], at[:, 1]
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (depth > 0)
        flat = np.where(inside, row * width + column, 0)
        nearest = np.where(inside, rendering.depth_mm.ravel()[flat], 0.0)
        # A mm of depth grows with the distance between two pixels where the face is small.
        pixel_mm = depth / self._mesh.intrinsics[0, 0]
        in_front = (nearest > 0) & (depth <= nearest + (2.0 * pixel_mm + np.float32(DEPTH_TOLERANCE_MM)))
        ramp = np.clip((cosine - COSINE[0]) / (COSINE[1] - COSINE[0]), 0.0, 1.0)
        return np.where(in_front, ramp * ramp * (3.0 - 2.0 * ramp), 0.0).astype(np.float32)


def _sample(image: Picture, pixels: FloatArray) -> FloatArray:
    """(n, 3) colours in 0..1 at (n, 2) px, bilinear."""
    columns = pixels[:, 0], pixels[:, 1]  # a reduction along the short axis would take ten times as long
    low = [np.floor(values.min()) - 1 for values in columns]
    high = [np.ceil(values.max()) + 2 for values in columns]
    x0, y0 = (int(np.clip(v, 0, n - 1)) for v, n in zip(low, (image.shape[1], image.shape[0]), strict=True))
    x1, y1 = (int(np.clip(v, 1, n)) for v, n in zip(high, (image.shape[1], image.shape[0]), strict=True))
    window = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    # remap takes maps of at most 32767 rows, so the list of points is folded into rows.
    folded = 1024
    padded = np.zeros((-(-len(pixels) // folded) * folded, 2), dtype=np.float32)
    padded[: len(pixels)] = pixels - np.array([x0, y0], dtype=np.float32)
    maps = padded.reshape(-1, folded, 2)
    x, y = np.ascontiguousarray(maps[:, :, 0]), np.ascontiguousarray(maps[:, :, 1])
    taken = cv2.remap(window, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, dtype=np.float32).reshape(-1, 3)[: len(pixels)] / np.float32(255.0)
