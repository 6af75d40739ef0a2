"""Faces as files: .glb .obj .ply .json and pictures. Each is written under a temporary name, then renamed.

OBJ, PLY and JSON are in the face frame in mm; GLB is in the same frame in metres, glTF's unit.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from facesdk.errors import FaceSDKError, InvalidOptions

if TYPE_CHECKING:
    from facesdk.morphable.face_model import FaceModel
    from facesdk.result import Face, Result

FloatArray = npt.NDArray[np.float32]


def save_face(face: Face, path: str | os.PathLike[str]) -> None:
    """Write one face in the format of the path's ending; raises InvalidOptions for any other ending."""
    target = Path(path)
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise InvalidOptions(f"{target.name}: unknown ending, expected {', '.join(WRITERS)}")
    writer(face, target)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises FaceSDKError if it cannot be written."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            temporary = file.name
            file.write(data)
        # Temporary files are private; the result should be as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise FaceSDKError(f"{path}: cannot be written ({error.strerror or error})") from error


def save_picture(picture: npt.NDArray[np.uint8], path: str | os.PathLike[str]) -> None:
    """Write an RGB picture, (H, W, 3) uint8, as .png or .jpg."""
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".jpg", ".jpeg"):
        raise InvalidOptions(f"{target.name}: unknown ending, expected .png or .jpg")
    write_atomic(target, encode_picture(picture, suffix))


def encode_picture(picture: npt.NDArray[np.uint8], suffix: str) -> bytes:
    """An RGB picture as the bytes of a .png or .jpg file."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92] if suffix != ".png" else []
    ok, data = cv2.imencode(suffix, picture[:, :, ::-1], quality)
    if not ok:
        raise FaceSDKError(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} cannot be written as {suffix}"
        )
    return data.tobytes()


def face_dict(face: Face) -> dict[str, Any]:
    """Everything of a face but the mesh, as plain numbers: what the JSON file holds."""
    pose = face.pose
    return {
        "box_xyxy_px": _rounded(face.box_xyxy_px, 2),
        "score": round(face.score, 4),
        "quality": {"score": round(face.quality.score, 4), "reasons": list(face.quality.reasons)},
        "pose": {
            "matrix": _rounded(pose.matrix, 6),
            "quaternion_xyzw": _rounded(pose.quaternion_xyzw, 6),
            "yaw_deg": round(pose.yaw_deg, 3),
            "pitch_deg": round(pose.pitch_deg, 3),
            "roll_deg": round(pose.roll_deg, 3),
            "translation_mm": _rounded(pose.translation_mm, 3),
            "intrinsics": _rounded(pose.intrinsics, 4),
            "metric": pose.metric,
        },
        "landmarks_px": _rounded(face.landmarks_px, 3),
        "landmarks_camera_mm": _rounded(face.landmarks_camera_mm, 3),
        "expression": {name: round(weight, 4) for name, weight in face.expression.items()},
        "identity": _rounded(face.identity, 4),
        "expression_weights": dict(
            zip(face.model.exp_names, _rounded(face.expression_weights, 4), strict=True)
        ),
        "albedo_coefficients": _rounded(face.albedo_coefficients, 4),
        "albedo_detail": _rounded(face.albedo_detail, 4),
        "sh": _rounded(face.sh, 5),
        "face_model": {"name": face.model.name, "version": face.model.version},
    }


def result_dict(result: Result) -> dict[str, Any]:
    """A whole result as plain numbers; image_size is (width, height)."""
    return {
        "image_size": list(result.image_size),
        "timings_ms": {stage: round(ms, 3) for stage, ms in result.timings_ms.items()},
        "faces": [face_dict(face) for face in result.faces],
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain numbers as UTF-8 JSON."""
    write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())


def vertex_colors(face: Face) -> npt.NDArray[np.uint8]:
    """(V, 3) uint8: the texture at each vertex, or the lit albedo of a model without texture coordinates."""
    model = face.model
    if len(model.uv_triangles) == 0:
        from facesdk.rendering.render import lit_colors

        lit = lit_colors(face.albedo, face.normals_camera, face.sh)
        return np.asarray(lit * 255.0 + 0.5, dtype=np.uint8)
    image = face.texture.image
    size = len(image)
    colors = np.full((model.n_verts, 3), 128, dtype=np.uint8)
    column = np.clip(np.rint(model.uv[:, 0] * size - 0.5), 0, size - 1).astype(int)
    row = np.clip(np.rint((1.0 - model.uv[:, 1]) * size - 0.5), 0, size - 1).astype(int)
    colors[model.triangles.ravel()] = image[row, column][model.uv_triangles.ravel()]
    return colors


def _write_json_face(face: Face, path: Path) -> None:
    write_json(path, face_dict(face))


def _write_obj(face: Face, path: Path) -> None:
    """OBJ with UVs, beside it MTL and texture PNG; the OBJ comes last, so that it is never alone."""
    model = face.model
    lines = ["# FaceSDK: face frame, mm\n"]
    if len(model.uv_triangles):
        texture, material = path.with_suffix(".png"), path.with_suffix(".mtl")
        write_atomic(texture, face.texture.png)
        content = f"newmtl face\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 1\nmap_Kd {texture.name}\n"
        write_atomic(material, content.encode())
        lines += [f"mtllib {material.name}\nusemtl face\n"]
        verts = face.verts_face_mm
        lines += ["v %.4f %.4f %.4f\n" * len(verts) % tuple(verts.ravel().tolist())]
    else:
        colored = np.concatenate([face.verts_face_mm, vertex_colors(face) / 255.0], axis=1)
        lines += ["v %.4f %.4f %.4f %.4f %.4f %.4f\n" * len(colored) % tuple(colored.ravel().tolist())]
    write_atomic(path, "".join(lines).encode() + _obj_triangles(model))


@functools.lru_cache(maxsize=1)
def _obj_triangles(model: FaceModel) -> bytes:
    """The lines of an OBJ that all faces of a model share: texture coordinates and triangles."""
    if not len(model.uv_triangles):
        return (
            "f %d %d %d\n" * len(model.triangles) % tuple((model.triangles + 1).ravel().tolist())
        ).encode()
    both = np.stack([model.triangles, model.uv_triangles], axis=2) + 1
    coordinates = "vt %.6f %.6f\n" * len(model.uv) % tuple(model.uv.ravel().tolist())
    triangles = "f %d/%d %d/%d %d/%d\n" * len(both) % tuple(both.ravel().tolist())
    return (coordinates + triangles).encode()


def _write_ply(face: Face, path: Path) -> None:
    """Binary PLY with vertex normals and colours."""
    from facesdk import ops

    model = face.model
    vertex_type = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    vertex_type += [(name, "u1") for name in ("red", "green", "blue")]
    verts = np.empty(model.n_verts, dtype=vertex_type)
    normals, colors = ops.normals(face.verts_face_mm, model.triangles), vertex_colors(face)
    for k in range(3):
        verts["xyz"[k]] = face.verts_face_mm[:, k]
        verts[("nx", "ny", "nz")[k]] = normals[:, k]
        verts[("red", "green", "blue")[k]] = colors[:, k]
    faces = np.empty(len(model.triangles), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, model.triangles
    floats = "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
    bytes_ = "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment FaceSDK: face frame, mm\n"
        f"element vertex {len(verts)}\n{floats}{bytes_}"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    write_atomic(path, header.encode() + verts.tobytes() + faces.tobytes())


def _write_glb(face: Face, path: Path) -> None:
    from facesdk.io.gltf import glb_bytes

    write_atomic(path, glb_bytes(face))


WRITERS: dict[str, Callable[[Face, Path], None]] = {
    ".glb": _write_glb,
    ".obj": _write_obj,
    ".ply": _write_ply,
    ".json": _write_json_face,
}


def _rounded(values: npt.NDArray[Any], digits: int) -> list[Any]:
    numbers: list[Any] = np.round(np.asarray(values, dtype=np.float64), digits).tolist()
    return numbers
