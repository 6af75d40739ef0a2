"""A face model's file: tensors and metadata, complete or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from facesdk.errors import AssetError
from facesdk.morphable.control_level import Tensors

_REQUIRED = (
    "mean_control_mm", "identity_q", "identity_scale", "exp_ptr", "exp_idx", "exp_val", "triangles",
    "landmark_triangles", "landmark_bary", "albedo_mean_control", "albedo_basis_q", "albedo_scale",
)  # fmt: skip


def read_model_file(file: Path) -> tuple[Tensors, dict[str, str]]:
    """Read the tensors and the metadata of a .safetensors file.

    Raises:
        AssetError: the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="numpy") as stored:
            metadata = stored.metadata() or {}
            return {key: stored.get_tensor(key) for key in stored.keys()}, metadata  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AssetError(f"{file.name}: cannot be read as a face model ({error})") from error


def check_complete(tensors: Tensors, metadata: Mapping[str, str], name: str) -> None:
    """Check that nothing is missing that every face model has.

    Raises:
        AssetError: something is; names the file and what it lacks.
    """
    missing = [key for key in _REQUIRED if key not in tensors]
    if missing or "exp_names" not in metadata:
        raise AssetError(f"{name}: not a face model (lacks {', '.join(missing) or 'exp_names'})")
