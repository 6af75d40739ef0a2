"""The bundled assets: where they are, whether they are whole, and what their terms are."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from facesdk.errors import AssetError

ASSETS = Path(__file__).parent / "assets"
FACE_MODEL = "face_model.safetensors"
NETWORK = "mobile_facernet.onnx"
NETWORK_PLAN = "mobile_facernet.plan"
NETWORKS = {  # by preset: for ONNX Runtime and OpenVINO, and for our own kernels
    "default": (NETWORK, NETWORK_PLAN),
    "tiny": ("mobile_facernet_tiny.onnx", "mobile_facernet_tiny.plan"),
}
IDENTITY = "identity.safetensors"
EYES = "eyes.safetensors"  # for the native engine
EYES_ONNX = "eyes.onnx"
INTERIOR = "interior.safetensors"
DETECTOR = "detector.onnx"
DETECTOR_PLAN = "detector.plan"
MASK = "mask_net.onnx"
MASK_PLAN = "mask_net.plan"
CONTOURS = "contour_net.onnx"
CONTOURS_PLAN = "contour_net.plan"
COMPLETION = "completion_net.onnx"
COMPLETION_PLAN = "completion_net.plan"
SAMPLE = "sample.jpg"


@functools.cache
def manifest() -> dict[str, dict[str, Any]]:
    """Entries of assets/manifest.json by asset name: bytes, sha256, version, provenance, licence, ..."""
    path = ASSETS / "manifest.json"
    try:
        entries: dict[str, dict[str, Any]] = dict(json.loads(path.read_text(encoding="utf-8"))["assets"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssetError(f"{path.name}: unreadable ({error}); reinstall facesdk") from error
    return entries


def asset_path(name: str) -> Path:
    """Find a bundled asset and check its size.

    Raises:
        AssetError: it is missing or has another size.
    """
    path = ASSETS / name
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AssetError(f"{name}: not among the bundled assets; reinstall facesdk") from error
    entry = manifest().get(name)
    if entry is None:
        raise AssetError(f"{name}: not in manifest.json; reinstall facesdk")
    if size != entry["bytes"]:
        raise AssetError(f"{name}: {size} bytes, expected {entry['bytes']}; reinstall facesdk")
    return path


def verify(name: str) -> None:
    """Check size and sha256 of one bundled asset.

    Raises:
        AssetError: they differ from the manifest.
    """
    import hashlib  # only here: every start would pay for it

    path = asset_path(name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    expected = manifest()[name]["sha256"]
    if digest != expected:
        raise AssetError(f"{name}: sha256 {digest[:12]}..., expected {expected[:12]}...; reinstall facesdk")
