"""Hard negatives: the detector's candidates in training pictures, faces and false positives.

The network learns from both to predict whether a crop shows a face (its output `presence`), and the detector
learns from the windows round its false positives. Candidates come from the sets' photos (ears, hands,
clothes, what hangs on walls), from scenes as they are and turned, and from composed canvases. Scenes and
photos that the detector's training holds out are left out here, too.

The shards are those of shards/pack.py with weight 0 and no labels but `presence`: 1 in the set `crowd`, 0
in the set `nothing`. Their points are where the network saw a face, so that masks and glasses are drawn on
both alike. Each candidate gives two rows: the crop of the detection, and the last one that the SDK takes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer
from tqdm import tqdm

from facesdk import FaceSDK, Options, manifest
from facesdk.core.crop import Crop, crop_from_detection
from facesdk.detect import Detector
from facesdk.observations import Observations
from training.datasets.crop_frame import PACK_MARGIN, PACK_SIZE, Frames
from training.detector.augment import degrade
from training.detector.compose import Composer, is_held_out, is_held_out_photo
from training.detector.evaluate import STORED, corners
from training.detector.geometry import box_overlaps, map_boxes, similarity, warp
from training.detector.pack import Pack
from training.options import OccludersFolder, PackFolder
from training.shards.pack import encode, write_shards

Array = npt.NDArray[Any]
LOWEST = 0.2
"""Score from which a find is a candidate: somewhat under what the SDK asks of one."""
FACE, NOTHING = 0.5, 0.1
SMALLEST_PX = 14.0
SETS = np.array(["nothing", "crowd"])
TURNS = 6
"""How often each scene is looked at, turned, mirrored and degraded anew each time."""
MOST_ROWS = 24_000
"""Rows that are kept, drawn at random: some ten times as many are found."""
MOST_FACES = 12
"""Labelled faces that one picture may give; crowds are alike."""


class Source:
    """Pictures RGB with the boxes of everything that is or may be a face, x0 y0 x1 y1, and which are sure."""

    def __init__(self, pack: Path, occluders: Path, canvases: int, seed: int) -> None:
        self.faces, self.scenes = Pack(pack / "faces"), Pack(pack / "scenes")
        self.textures = Pack(pack / "textures")
        self.composer = Composer(pack, occluders, STORED, seed)
        self.rng = np.random.default_rng(seed)
        self.canvases = canvases

    def __iter__(self) -> Iterator[tuple[str, int, Array, Array, Array, Array]]:
        """Kind, number, picture, boxes, which are sure, and the map from the packed picture."""
        rng = self.rng
        plain = np.eye(2, 3, dtype=np.float32)
        for i in range(len(self.faces)):
            if not is_held_out_photo(i):
                which = self.faces.faces(i)
                picture = np.ascontiguousarray(self.faces.level(i, 0)[..., ::-1])
                yield "faces", i, picture, corners(self.faces.boxes[which]), self.faces.sure[which], plain
        for i in range(len(self.scenes)):
            for _ in range(0 if is_held_out(i) else TURNS):
                picture, boxes, matrix = view(self.scenes, i, rng)
                yield "scenes", i, picture, boxes, self.scenes.sure[self.scenes.faces(i)], matrix
        for i in range(len(self.textures)):
            picture = np.ascontiguousarray(self.textures.level(i, 0)[..., ::-1])
            yield "textures", i, picture, np.zeros((0, 4)), np.zeros(0, bool), plain
        for i in range(self.canvases):
            pixels, boxes, _, kind = self.composer.sample()
            yield "canvas", i, np.ascontiguousarray(pixels), boxes, kind == 1, plain


def view(scenes: Pack, i: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Scene i turned, mirrored, degraded, of STORED px at most: RGB picture, boxes x0 y0 x1 y1, the map."""
    h, w = scenes.shape[i, 0]
    scale = STORED / max(h, w) * float(np.exp(rng.uniform(-0.2, 0.6)))
    width, height = (max(64, min(STORED, round(n * scale))) for n in (w, h))
    degrees = float(rng.normal(0, 10))
    room = np.array([w, h]) - np.array([width, height]) / scale
    middle = np.array([w, h]) / 2 + rng.uniform(-0.3, 0.3, 2) * room
    target = np.array([width, height]) / 2
    matrix = similarity(middle, target, scale, degrees, bool(rng.random() < 0.5))
    picture = degrade(np.asarray(warp(scenes, i, matrix, width, height, cv2.BORDER_REPLICATE)), rng)
    boxes = map_boxes(scenes.boxes[scenes.faces(i)], matrix)
    return np.ascontiguousarray(picture[..., ::-1]), boxes, matrix


def frames_of_crops(crops: list[Crop]) -> Frames:
    """Crops as the packing knows them."""
    return Frames(
        np.array([c.center for c in crops], np.float64),
        np.array([c.side for c in crops], np.float64),
        np.radians([c.roll_deg for c in crops]),
    )


class Rows:
    """Shard rows as they gather."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.points: list[Array] = []
        self.presence: list[int] = []
        self.subject: list[int] = []

    def add(self, picture: Array, found: Observations, i: int, presence: int, subject: int) -> None:
        """The two crops of candidate i."""
        roll_deg = float(found.detected_roll_deg[i])
        last = found.crop(i)
        roll = None if np.isnan(roll_deg) else roll_deg
        first = crop_from_detection(found.boxes_px[i], None, last.size, roll)
        frames = frames_of_crops([first, last])
        to_pack = np.float32(PACK_SIZE / PACK_MARGIN)
        for row in (0, 1):
            self.pictures.append(encode(picture[..., ::-1], frames, row))
            at = frames.to_crop(np.stack([found.landmarks_px[i]] * 2).astype(np.float64))[row]
            self.points.append((at * to_pack + (PACK_SIZE - 1) / 2).astype(np.float32))
            self.presence.append(presence)
            self.subject.append(subject)

    def arrays(self, n_id: int, n_tex: int, n_exp: int) -> dict[str, Array]:
        """Columns of the shards."""
        n = len(self.presence)
        presence = np.array(self.presence)
        sizes = {"alpha": n_id, "beta": n_tex, "delta": n_exp, "identity": 128}
        out: dict[str, Array] = {name: np.zeros((n, size), np.float16) for name, size in sizes.items()}
        for name, shape in (("rotvec", (n, 3)), ("m", (n, 3)), ("gamma", (n, 27)), ("weight", (n,))):
            out[name] = np.zeros(shape, np.float32)
        out["light_weight"] = np.zeros(n, np.float32)
        out["points"] = np.stack(self.points)
        out["points_weight"] = np.zeros((n, 68), np.float32)
        out["presence"] = presence.astype(np.float32)
        out["set"] = presence.astype(np.uint8)
        out["subject"] = np.array(self.subject, np.int32)
        return out


def hard_negatives(
    pack: PackFolder,
    occluders: OccludersFolder,
    out: Annotated[Path, typer.Option(help="folder of the shards")],
    windows_file: Annotated[Path, typer.Option("--windows", help="npz for the detector's training")],
    canvases: Annotated[int, typer.Option(help="composed pictures to search")] = 5000,
    part: Annotated[tuple[int, int], typer.Option(help="k n: every n-th picture from k")] = (0, 1),
) -> None:
    """Collect the detector's candidates: shards with `presence`, windows for its own training."""
    cv2.setNumThreads(1)
    remainder, parts = part
    detector = Detector(manifest.ASSETS / manifest.DETECTOR_PLAN, threshold=LOWEST, retry=False)
    sdk = FaceSDK(Options(max_faces=1000, min_detector_score=0.0))
    rng = np.random.default_rng(remainder)
    rows = Rows()
    windows: list[tuple[float, ...]] = []
    source = Source(pack, occluders, canvases, 7)
    subjects: dict[tuple[str, int], int] = {}
    for n, (kind, number, picture, boxes, sure, matrix) in enumerate(tqdm(source, mininterval=10)):
        if n % parts != remainder:
            continue
        subject = subjects.setdefault((kind, number), len(subjects) * parts + remainder)
        faces = 0
        found = sdk.observe(picture, detector(picture), verify=False)
        for i, own in enumerate(found.boxes_px.astype(np.float64)):
            size = float(np.sqrt(np.prod(own[2:] - own[:2])))
            share = box_overlaps(own, boxes)
            best = float(share.max(initial=0))
            middle = (own[:2] + own[2:]) / 2
            within = ((middle > boxes[:, :2]) & (middle < boxes[:, 2:])).all(1).any()
            if size < SMALLEST_PX:
                continue
            if best < NOTHING and not within:
                # Where all predictions agree and the score is high, it may be a face that nobody labelled.
                if found.landmark_disagreement[i] < 0.012 and found.scores[i] > 0.5:
                    continue
                rows.add(picture, found, i, 0, subject)
                if kind != "canvas":
                    back = cv2.invertAffineTransform(matrix)
                    at = back[:, :2] @ middle + back[:, 2]
                    side = size / float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
                    windows.append((("faces", "scenes", "textures").index(kind), number, *at, side))
            elif best >= FACE and sure[int(share.argmax())] and faces < MOST_FACES:
                faces += 1
                if kind != "faces" or rng.random() < 0.1:  # the sets' own faces have labelled rows already
                    rows.add(picture, found, i, 1, subject)
    model = sdk.model
    arrays = rows.arrays(model.n_id, model.n_tex, model.n_exp)
    order = rng.permutation(len(rows.presence))[: MOST_ROWS // parts]
    arrays = {name: values[order] for name, values in arrays.items()}
    stem = f"shard_unlabelled_{remainder}"
    write_shards(out, [rows.pictures[k] for k in order], arrays, SETS, stem)
    np.savez(windows_file, windows=np.array(windows, np.float64).reshape(-1, 5))
    print(f"{len(order)} rows, {int(arrays['presence'].sum())} of faces; {len(windows)} windows")
