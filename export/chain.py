"""The SDK's chain with chosen ONNX files, run by ONNX Runtime, and what each network is given in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from export.onnx.plain_session import PlainSession
from facesdk import manifest
from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.compiled import _core
from facesdk.inference import Session, open_session
from facesdk.inference.engine import NumberSession, PixelSession, open_face_model
from facesdk.options import DEOCCLUDE, Options

ROLES = {
    "detector": manifest.DETECTOR,
    "regressor": manifest.NETWORK,
    "eyes": manifest.EYES_ONNX,
    "mask": manifest.MASK,
    "contours": manifest.CONTOURS,
    "picture": manifest.COMPLETION,
}
OPTIONAL = ("mask", "contours", "picture")  # absent where the package has no file
KEPT_ROWS = 4  # of a batch that is kept: photos differ more than the candidates of one
MAX_PAIR_DISTANCE = 0.2  # mean distance of landmarks over the face's size beyond which it is another face


@dataclasses.dataclass(frozen=True)
class ChainFace:
    """The most prominent face of one photo."""

    landmarks_px: FloatArray  # (68, 2)
    verts_face_mm: FloatArray  # (V, 3)


class KeptInputs:
    """A session that keeps the last batch it was given."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.metadata, self.outputs, self.side = session.metadata, session.outputs, session.side
        self.last: FloatArray | None = None

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for one batch float32."""
        self.last = batch[:KEPT_ROWS].copy()
        return self._session.run(batch)


class Chain:
    """Detection to mesh with a file for each network.

    Args:
        files: role of the engine -> ONNX file that stands in for the shipped one.
    """

    def __init__(self, files: Mapping[str, Path] | None = None) -> None:
        own = {role: manifest.ASSETS / name for role, name in ROLES.items()} | dict(files or {})
        self.sessions: dict[str, KeptInputs] = {}
        networks: dict[str, Any] = {}
        for role, path in own.items():
            if role in OPTIONAL and not path.exists():
                networks[role] = None
                continue
            session = self.sessions[role] = KeptInputs(session_of(path))
            if role == "eyes":
                numbers = _core.EYE_ACROSS * _core.EYE_DOWN
                networks[role] = _core.python_network(
                    NumberSession(session, path.name, "onnxruntime", numbers)
                )
            else:
                networks[role] = _core.python_network(PixelSession(session, path.name, "onnxruntime"))
        defaults = Options()
        engine = _core.Engine(
            **networks,
            face_model=open_face_model(None),
            detect=None,
            max_faces=defaults.max_faces,
            min_detector_score=defaults.min_detector_score,
            min_face_px=defaults.min_face_px,
            field_of_view_deg=defaults.field_of_view_deg,
            passes=defaults.passes,
            threads=1,
            detection_interval=defaults.detection_interval,
            deocclude=DEOCCLUDE.index("always"),
        )
        self._session = _core.Session(engine)

    def faces(self, picture: Picture) -> list[ChainFace]:
        """Reconstruct the faces of an RGB picture (H, W, 3) uint8, most prominent first."""
        frame = self._session.reconstruct(picture, None, None)
        return [ChainFace(frame.landmarks_px(i), frame.verts_face_mm(i)) for i in range(frame.count)]


def session_of(path: Path) -> Session:
    """Open an ONNX file; one with Q/DQ nodes runs as it is written, see PlainSession."""
    quantised = any(node.op_type == "QuantizeLinear" for node in onnx.load(str(path)).graph.node)
    return PlainSession(path) if quantised else open_session(path)


def network_inputs(pictures: Iterable[Picture]) -> dict[str, list[FloatArray]]:
    """Collect what the shipped chain gives its networks: role -> the last batch of every photo.

    A regressor's batch are crops (N, 3, S, S), at most four; of a photo without a face, those of its
    candidates.
    """
    chain = Chain()
    kept: dict[str, list[FloatArray]] = {role: [] for role in chain.sessions}
    for picture in pictures:
        for session in chain.sessions.values():
            session.last = None
        chain.faces(picture)
        for role, session in chain.sessions.items():
            if session.last is not None:
                kept[role].append(session.last)
    return kept


def paired(face: ChainFace, others: list[ChainFace]) -> ChainFace | None:
    """Find the same face in another chain's result; None where it was lost."""
    size = float(np.sqrt(np.prod(np.ptp(face.landmarks_px, axis=0))))
    distances = [landmark_distance(face.landmarks_px, other.landmarks_px) for other in others]
    if not distances or min(distances) > MAX_PAIR_DISTANCE * size:
        return None
    return others[int(np.argmin(distances))]


def landmark_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Mean distance of points (..., 2)."""
    return float(np.linalg.norm(a - b, axis=-1).mean())
