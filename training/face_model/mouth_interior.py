"""What shows in the openings of the bundled face model, from the ICT-FaceKit arrays (MIT).

Four parts: the socket behind the lips, sewn to the 148 vertices of the dense mesh's mouth rim; gums with
tongue; teeth; and a shelf from each lid's edge into the eyeball. Teeth, gums and tongue move rigidly, with
the skull or with the jaw: an affine map for each identity and expression shape. The socket follows the same
two maps, blended, plus a few common directions (principal components of what the maps leave). The shelves
follow lids and eyeballs. Triangles that no view shows are left out, and each vertex has the share of the
light that gets to it. Millimetres, face frame.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from facesdk.morphable.face_model import FaceModel
from training.face_model.assemble import quantise
from training.face_model.ict_geometry import N_EXPRESSIONS, N_SKIN, shape_bases, sphere_centre, split
from training.face_model.mouth_interior_views import count_views, light_shares
from training.options import INTERIOR, Data, Out

VERSION = "1"
DIRECTIONS = 24  # of the socket; rms error of an expression 0.14 mm, of a random face 0.8 mm
STEP_MM = 0.004  # of a stored coordinate; 16 bits reach 131 mm
SCALE_MM = 50.0  # of the coordinates in the affine maps
LID_MM = 25.0  # from an eyeball's centre: the border of the skin that is nearer is its lids' edge
MOVED_MM = 1.0  # by an open jaw: what moves more is part of the jaw
PARTS = {  # of the kit: name, and its colour without light, RGB
    "mouth_socket": ("mouth", (0.42, 0.16, 0.15)),
    "gums_and_tongue": ("gums", (0.70, 0.36, 0.35)),
    "teeth": ("teeth", (0.92, 0.88, 0.79)),
}
LIDS = ("lids", (0.74, 0.50, 0.46))
LIDS_LIGHT = 0.55
SHELF = 0.65  # distance of a shelf's inner border from the eyeball's centre, over that of the lid's edge
# Views, of some 1,700, from which on a triangle is kept, and rings of neighbours kept round those. Where a
# part of teeth or gums is missing the socket is seen, which therefore is kept with a margin.
KEPT = {"mouth_socket": (1, 2), "gums_and_tongue": (1, 1), "teeth": (3, 0)}
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


class Kit(NamedTuple):
    """The kit's arrays in the face frame."""

    neutral: FloatArray  # (N, 3) mm
    shapes: FloatArray  # (153, N, 3) mm, identity, then expression
    quads: dict[str, IntArray]  # faces (F, 4) by part, -1 in the fourth place of a triangle
    names: list[str]  # of the expressions

    @property
    def jaw_open(self) -> int:
        """Row of jawOpen among the shapes."""
        return len(self.shapes) - N_EXPRESSIONS + self.names.index("jawOpen")


def read_kit(folder: Path) -> Kit:
    """Read neutral mesh, shapes and the mouth's parts."""
    with np.load(folder / "neutral_topology.npz") as z:
        neutral, faces = z["neutral"].astype(float), z["faces"].astype(np.int64)
    meta = json.loads((folder / "meta.json").read_text())
    parts = {d["name"]: d for d in meta["details"] + meta["parts"]}
    eyes = [parts["sclera_left"], parts["sclera_right"]]
    origin = np.mean([sphere_centre(neutral[s["v0"] : s["v1"]]) for s in eyes], axis=0)
    origin[0] = 0.0
    identity, expression, names = shape_bases(folder, np.arange(len(neutral)), len(neutral))
    quads = {name: faces[parts[name]["f0"] : parts[name]["f1"]] for name in PARTS}
    return Kit(
        ((neutral - origin) * 10).astype(np.float32), np.concatenate([identity, expression]), quads, names
    )


def affine_maps(positions: FloatArray, moved: FloatArray) -> FloatArray:
    """Least-squares maps (K, 4, 3) from (n, 3) positions / SCALE_MM and 1 to displacements (K, n, 3)."""
    system = np.c_[positions / SCALE_MM, np.ones(len(positions))].astype(np.float64)
    wanted = moved.transpose(1, 0, 2).reshape(len(positions), -1)
    maps = np.linalg.lstsq(system, wanted, rcond=None)[0]
    return np.asarray(maps.reshape(4, len(moved), 3).transpose(1, 0, 2), np.float32)


def mapped(maps: FloatArray, positions: FloatArray) -> FloatArray:
    """Displacements (K, n, 3) of positions (n, 3) under maps (K, 4, 3)."""
    system = np.c_[positions / SCALE_MM, np.ones(len(positions))].astype(np.float32)
    return np.asarray(np.einsum("nk,mkx->mnx", system, maps), np.float32)


def border_edges(triangles: npt.NDArray[np.int32]) -> IntArray:
    """Edges (E, 2) of a single triangle each, in the order of that triangle."""
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]).astype(np.int64)
    _, first, uses = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    return np.asarray(edges[first[uses == 1]])


def rim_middles(model: FaceModel, controls: IntArray) -> dict[tuple[int, int], int]:
    """Dense vertex in the middle of each control edge of the rim: (a, b) with a < b -> vertex.

    The dense mesh's first vertices are the control vertices, moved.
    """
    beside: dict[int, list[int]] = {}
    for edge in border_edges(model.triangles).tolist():
        for one, other in (edge, edge[::-1]):
            if one >= N_SKIN and other in controls:
                beside.setdefault(one, []).append(other)
    return {(min(two), max(two)): middle for middle, two in beside.items() if len(two) == 2}


def sewn(quads: IntArray, middles: dict[tuple[int, int], int], offset: int) -> IntArray:
    """Triangles of the socket; its border has the dense mesh's edges, whose vertices start at `offset`."""
    out = []
    for quad in quads:
        corners = [int(v) for v in quad if v >= 0]
        ring: list[int] = []
        start = 0
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            ring.append(a + offset if a < N_SKIN else a)
            middle = middles.get((min(a, b), max(a, b)))
            if middle is not None:
                start = len(ring)  # a fan from a middle has no flat triangle
                ring.append(offset + middle)
        ring = ring[start:] + ring[:start]
        out += [[ring[0], ring[i], ring[i + 1]] for i in range(1, len(ring) - 1)]
    return np.array(out)


def grown(seen: npt.NDArray[np.bool_], triangles: IntArray, rings: int) -> npt.NDArray[np.bool_]:
    """The triangles seen and rings of their neighbours."""
    for _ in range(rings):
        near = np.unique(triangles[seen])
        seen = np.asarray(np.isin(triangles, near).any(axis=1))
    return seen


def meshes_of(kit: Kit, model: FaceModel) -> list[IntArray]:
    """Triangles of the parts over the kit's vertices and, from len(kit.neutral) on, the dense face's."""
    socket, offset = kit.quads["mouth_socket"], len(kit.neutral)
    controls = np.unique(socket[(socket >= 0) & (socket < N_SKIN)])
    middles = rim_middles(model, controls)
    if len(middles) != len(controls):
        raise SystemExit(f"{len(middles)} middles of {len(controls)} rim edges were found")
    meshes = [sewn(socket, middles, offset), *(split(kit.quads[name]) for name in list(PARTS)[1:])]
    views = count_views(kit.neutral, kit.shapes, meshes, model)
    kept = []
    for name, mesh, count in zip(PARTS, meshes, views, strict=True):
        least, rings = KEPT[name]
        kept.append(mesh[grown(count >= least, mesh, rings)])
    return kept


def rigid_maps(kit: Kit, solid: IntArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Maps (153, 2, 4, 3) of skull and jaw, and whether each of the solid vertices moves with the jaw."""
    jaw = np.linalg.norm(kit.shapes[kit.jaw_open, solid], axis=1) > MOVED_MM
    maps = [affine_maps(kit.neutral[some], kit.shapes[:, some]) for some in (solid[~jaw], solid[jaw])]
    maps[0][-N_EXPRESSIONS:] = 0.0  # no expression moves the skull
    return np.stack(maps, axis=1), jaw


def socket_motion(
    kit: Kit, socket: IntArray, maps: FloatArray
) -> tuple[npt.NDArray[np.uint8], dict[str, npt.NDArray[np.generic]]]:
    """Share of the jaw in each vertex's motion, in 255ths, and the directions of what both maps leave."""
    by_skull, by_jaw = (mapped(maps[:, k], kit.neutral[socket]) for k in range(2))
    opened = by_jaw[kit.jaw_open]
    share = np.clip((kit.shapes[kit.jaw_open, socket] * opened).sum(1) / (opened**2).sum(1), 0, 1)
    share_q = np.rint(share * 255).astype(np.uint8)
    blend = share_q[:, None] / np.float32(255)
    rest = (kit.shapes[:, socket] - (1 - blend) * by_skull - blend * by_jaw).reshape(len(kit.shapes), -1)
    directions = np.linalg.svd(rest, full_matrices=False)[2][:DIRECTIONS]
    directions_q, step = quantise(directions.astype(np.float32))
    coefficients = rest @ np.linalg.pinv(directions_q * step[:, None])
    return share_q, {
        "directions_q": directions_q.reshape(DIRECTIONS, -1, 3),
        "directions_step": step,
        "coefficients": coefficients.astype(np.float32),
    }


class Shelves(NamedTuple):
    """From the lids' edges into the eyeballs: vertices of the edges, then their inner neighbours."""

    edges: IntArray  # (L,) dense vertices
    eye: IntArray  # (L,) 0 or 1
    triangles: IntArray  # (T, 3) into 2 L vertices
    eyeballs: IntArray  # (2, 2) first and last + 1 vertex


def lid_shelves(model: FaceModel) -> Shelves:
    """Strips that go on where the skin ends, so that they face the same way."""
    half = model.n_skin_verts + (model.n_verts - model.n_skin_verts) // 2
    eyeballs = np.array([[model.n_skin_verts, half], [half, model.n_verts]])
    verts = model.decode(np.zeros(model.n_id, np.float32), np.zeros(model.n_exp, np.float32))
    centres = np.stack([verts[first:last].mean(axis=0) for first, last in eyeballs])
    border = border_edges(model.triangles)
    apart = np.linalg.norm(verts[border[:, :1]] - centres, axis=2)  # (E, 2)
    near = apart.min(axis=1) < LID_MM
    edges, eye_of = border[near], apart[near].argmin(axis=1)
    corners = np.unique(edges)
    eye = np.zeros(len(corners), np.int64)
    b, a = (np.searchsorted(corners, edges[:, k]) for k in (0, 1))  # against the skin's own order
    eye[a] = eye_of
    inner_a, inner_b = a + len(corners), b + len(corners)
    triangles = np.concatenate([np.stack([a, b, inner_b], 1), np.stack([a, inner_b, inner_a], 1)])
    return Shelves(corners, eye, triangles, eyeballs)


def build(kit: Kit, model: FaceModel) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, str]]:
    """Tensors and metadata of the asset."""
    if kit.names != model.exp_names:
        raise SystemExit("the face model's expressions are not the kit's")
    offset = len(kit.neutral)
    meshes = meshes_of(kit, model)
    vertices = [np.unique(mesh) for mesh in meshes]  # of each part; the socket's last ones are the rim
    socket, rim = vertices[0][vertices[0] < offset], vertices[0][vertices[0] >= offset] - offset
    solid = np.concatenate(vertices[1:])
    maps, jaw = rigid_maps(kit, solid)
    share_q, directions = socket_motion(kit, socket, maps)
    shelves = lid_shelves(model)
    lids = len(shelves.edges)
    light = light_shares(kit.neutral, kit.shapes, meshes, model)[np.concatenate(vertices)]
    count = len(light)
    tied = np.concatenate([len(socket) + np.arange(len(rim)), count + np.arange(2 * lids)])
    corners = [np.searchsorted(some, mesh) for some, mesh in zip(vertices, meshes, strict=True)]
    controls = np.concatenate([rim, shelves.edges])
    controls = controls[controls < N_SKIN]
    tensors: dict[str, npt.NDArray[np.generic]] = {
        "positions_q": np.rint(kit.neutral[np.concatenate([socket, solid])] / STEP_MM).astype(np.int16),
        "jaw_share_q": np.concatenate([share_q, np.where(jaw, 255, 0).astype(np.uint8)]),
        "maps": maps,
        **directions,
        "free": np.setdiff1d(np.arange(count), tied).astype(np.uint16),
        "tied": tied.astype(np.uint16),
        "tied_to": np.concatenate([rim, shelves.edges, shelves.edges]).astype(np.uint16),
        "tied_share": np.repeat([1.0, SHELF], [len(rim) + lids, lids]).astype(np.float32),
        "tied_eye": np.concatenate([np.zeros(len(rim)), shelves.eye, shelves.eye]).astype(np.uint8),
        "eyeballs": shelves.eyeballs.astype(np.int32),
        "rim": controls.astype(np.int32),
        "rim_mean_mm": model.mean_control_mm[controls],
        "triangles": np.concatenate([*corners, shelves.triangles]).astype(np.uint16),
        "light_q": np.rint(np.concatenate([light, np.full(2 * lids, LIDS_LIGHT)]) * 255).astype(np.uint8),
    }
    sizes = [(len(some), len(mesh)) for some, mesh in zip(vertices, meshes, strict=True)]
    sizes.append((2 * lids, len(shelves.triangles)))
    parts = [
        {"name": name, "color": color, "vertices": verts, "triangles": triangles}
        for (name, color), (verts, triangles) in zip([*PARTS.values(), LIDS], sizes, strict=True)
    ]
    metadata = {
        "version": VERSION, "units": "mm", "parts": json.dumps(parts), "step_mm": str(STEP_MM),
        "scale_mm": str(SCALE_MM),
        "origin": "ICT-FaceKit (MIT), commit da5f95a, by training/face_model/mouth_interior.py",
    }  # fmt: skip
    return tensors, metadata


def make_mouth_interior(
    data: Data,
    out: Out = INTERIOR,
) -> None:
    """Write what shows behind the lips and lids of the shipped face model; run it after `face-model`."""
    tensors, metadata = build(read_kit(data / "ict_facekit"), FaceModel.load())
    ordered = {name: np.ascontiguousarray(value) for name, value in tensors.items()}  # else rows get mixed up
    save_file(ordered, str(out), metadata=metadata)
    for name, value in tensors.items():
        print(f"{name:22s} {value.shape!s:20s} {value.dtype} {value.nbytes / 1e3:.0f} kB")
    print(f"{out.stat().st_size / 1e3:.0f} kB")
