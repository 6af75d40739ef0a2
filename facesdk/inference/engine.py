"""The native engine from Options: its networks, whichever engine runs them, and its face model."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from facesdk import manifest
from facesdk.core.arrays import FloatArray, Picture
from facesdk.core.compiled import _core
from facesdk.errors import AssetError
from facesdk.inference import Session, open_session
from facesdk.inference.choice import choose_backend, reason_of, warn_if_slow
from facesdk.inference.device import require_device
from facesdk.options import DEOCCLUDE, Options

BATCH = 16  # crops per run of an engine that takes batches: bounds its memory in a crowd
OCCLUSION = {  # networks of occlusion by their role in the engine: ONNX, plan
    "mask": (manifest.MASK, manifest.MASK_PLAN),
    "contours": (manifest.CONTOURS, manifest.CONTOURS_PLAN),
    "picture": (manifest.COMPLETION, manifest.COMPLETION_PLAN),
}
EYES_OF_A_FACE = 2  # per run of the eye-closure network


class PixelSession:
    """A session of another engine as the native engine calls it: 8-bit pixels in, arrays out."""

    def __init__(self, session: Session, name: str, backend: str) -> None:
        self.name, self.backend = name, backend
        self.metadata: str = session.metadata.get("facesdk", "")
        self.outputs, self.side, self.input_numbers = list(session.outputs), session.side, 0
        self.capacity = BATCH if self.side else 1
        self._session = session
        self._channels: int = json.loads(self.metadata or "{}").get("channels", 3)

    def run(self, pixels: Picture) -> list[FloatArray]:
        """Predict for pictures (N, H, W, 4) uint8, whose fourth byte networks of three channels do not read;
        an array (N, ...) per output."""
        planes = np.empty((len(pixels), self._channels, *pixels.shape[1:3]), np.float32)
        np.multiply(pixels[..., : self._channels].transpose(0, 3, 1, 2), np.float32(1 / 255), out=planes)
        values = self._session.run(planes)
        return [values[name] for name in self.outputs]


class NumberSession:
    """A session of another engine as the native engine calls it: rows of numbers in, arrays out."""

    def __init__(self, session: Session, name: str, backend: str, numbers: int) -> None:
        self.name, self.backend, self.metadata = name, backend, session.metadata.get("facesdk", "")
        self.outputs, self.side, self.input_numbers = list(session.outputs), 0, numbers
        self.capacity = EYES_OF_A_FACE
        self._session = session

    def run(self, rows: FloatArray) -> list[FloatArray]:
        """Predict for rows (N, K) float32; an array (N, ...) per output."""
        values = self._session.run(rows)
        return [values[name] for name in self.outputs]


def open_network(path: str | os.PathLike[str], backend: str, threads: int) -> _core.Network:
    """Load a network for the native engine.

    Raises:
        AssetError: the file is damaged, or no network that the backend can run.
        BackendUnavailable: the backend is not installed, or has no device.
    """
    name = os.path.basename(os.fspath(path))
    if backend == "native":
        return _core.load_int8_network(_native_path(path))
    if Path(path).suffix == ".plan":
        raise AssetError(f"{name}: {backend} cannot run a .plan file; give the .onnx or backend native")
    if backend == "tensorrt":
        return _open_tensorrt(path)
    return _core.python_network(PixelSession(open_session(path, backend, threads), name, backend))


def open_eye_network(path: Path, backend: str, threads: int) -> _core.Network:
    """Load the eye-closure network; errors are those of `open_network`."""
    if backend == "native":
        return _core.load_dense_network(_native_path(path))
    if backend == "tensorrt":
        return _open_tensorrt(path)
    session = open_session(path, backend, threads)
    return _core.python_network(NumberSession(session, path.name, backend, _core.EYE_ACROSS * _core.EYE_DOWN))


def _open_tensorrt(path: str | os.PathLike[str]) -> _core.Network:
    from facesdk.inference.tensorrt import open_tensorrt  # with OpenCV and more: only for who chooses it

    return open_tensorrt(path)


def _native_path(path: str | os.PathLike[str]) -> Any:
    """The path as bytes, which std::string takes as they are: a name need not be UTF-8."""
    return os.fsencode(path)


def open_face_model(path: str | os.PathLike[str] | None, mesh: str = "full") -> _core.FaceModel:
    """Load a face model, "full" or "control"; one without packed shapes is packed first."""
    file = manifest.asset_path(manifest.FACE_MODEL) if path is None else Path(path)
    try:
        return _core.load_face_model(_native_path(file), mesh == "control")
    except AssetError:
        packed = _packed(file)
        if packed is None:
            raise
    return _core.face_model_from_bytes(packed, file.name, mesh == "control")


def _packed(file: Path) -> bytes | None:
    """The file with packed shapes added; None where that is not what it lacks."""
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import save

    from facesdk.morphable.packing import PACKED, packed_tensors

    try:
        with safe_open(str(file), framework="numpy") as stored:
            metadata, names = stored.metadata() or {}, list(stored.keys())
            tensors = {name: stored.get_tensor(name) for name in names}
        if all(name in tensors for name in PACKED):
            return None
        return bytes(save({**tensors, **packed_tensors(tensors)}, metadata))
    except (OSError, SafetensorError, KeyError, ValueError, IndexError):
        return None


def open_engine(options: Options, detect: Callable[[Picture], Any] | None) -> _core.Engine:
    """Make the engine of these options.

    Args:
        options: checked settings.
        detect: the caller's detector, (H, W, 3) uint8 -> (boxes, scores, points, rolls) as
            `facesdk.boxes.as_detections` gives; None: the bundled network.

    Raises:
        AssetError, BackendUnavailable, InvalidOptions: see `open_network`; network and model do not fit.
    """
    require_device(options.device)
    threads = options.threads
    warn_if_slow(options.backend, _suffixes(options.network, _regressor_plan(options)))
    covers = occlusion_files(options) if options.deocclude != "off" else {}
    return _core.Engine(
        detector=None if detect is not None else open_network(*detector_file(options), threads),
        regressor=open_network(*regressor_file(options), threads),
        face_model=open_face_model(options.face_model, options.mesh),
        eyes=open_eye_network(*eyes_file(options), threads),
        **{role: open_network(*covers[role], threads) if role in covers else None for role in OCCLUSION},
        detect=detect,
        max_faces=options.max_faces,
        min_detector_score=options.min_detector_score,
        min_face_px=options.min_face_px,
        field_of_view_deg=options.field_of_view_deg,
        passes=options.passes,
        threads=threads,
        detection_interval=options.detection_interval,
        deocclude=DEOCCLUDE.index(options.deocclude),
    )


class NetworkUse(NamedTuple):
    """Which engine runs a network, and why."""

    role: str
    file: str
    backend: str
    reason: str


def networks(options: Options) -> list[NetworkUse]:
    """The networks that an engine of these options runs, in the order of the chain."""
    listed = [
        ("detector", detector_file(options), _suffixes(options.detector, manifest.DETECTOR_PLAN)),
        ("regressor", regressor_file(options), _suffixes(options.network, _regressor_plan(options))),
        ("eyes", eyes_file(options), set()),
    ]
    if options.deocclude != "off":
        for role, file in occlusion_files(options).items():
            listed.append((role, file, _suffixes(None, OCCLUSION[role][1])))
    rows = []
    for role, (path, backend), suffixes in listed:
        reason = reason_of(options.backend, backend, suffixes)
        if role == "eyes" and options.backend == "auto":
            reason = "auto: its few dense layers run in the native engine"
        rows.append(NetworkUse(role, path.name, backend, reason))
    return rows


def regressor_file(options: Options) -> tuple[Path, str]:
    """File of the regressor and the backend that runs it."""
    return _file(options.network, options.backend, *manifest.NETWORKS[options.preset])


def detector_file(options: Options) -> tuple[Path, str]:
    """File of the detector and the backend that runs it."""
    return _file(options.detector, options.backend, manifest.DETECTOR, manifest.DETECTOR_PLAN)


def eyes_file(options: Options) -> tuple[Path, str]:
    """File of the eye-closure network and the backend that runs it."""
    native = options.backend in ("auto", "native")
    chosen = "native" if native else options.backend
    return manifest.asset_path(manifest.EYES if native else manifest.EYES_ONNX), chosen


def occlusion_files(options: Options) -> dict[str, tuple[Path, str]]:
    """Files of the networks that find and paint what is covered, and the backends that run them, by role; the
    mask alone where the package has no others."""
    known = manifest.manifest()
    return {
        role: _file(None, options.backend, onnx, plan)
        for role, (onnx, plan) in OCCLUSION.items()
        if role == "mask" or onnx in known
    }


def _regressor_plan(options: Options) -> str:
    return manifest.NETWORKS[options.preset][1]


def _suffixes(given: str | os.PathLike[str] | None, plan: str) -> set[str]:
    """Of the files that a network comes in: the caller's one, or the bundled ones."""
    if given is not None:
        return {Path(given).suffix}
    # The bundled networks come in both forms where their int8 form was made.
    return {".plan", ".onnx"} if plan in manifest.manifest() else {".onnx"}


def _file(given: str | os.PathLike[str] | None, backend: str, onnx: str, plan: str) -> tuple[Path, str]:
    chosen = choose_backend(backend, _suffixes(given, plan))
    if given is not None:
        return Path(given), chosen
    return manifest.asset_path(plan if chosen == "native" else onnx), chosen
