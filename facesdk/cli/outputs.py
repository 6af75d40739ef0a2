"""The files of one photo: written, or found whole from an earlier run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facesdk.errors import FaceSDKError
from facesdk.io.path_text import path_text, utf8_text

if TYPE_CHECKING:
    from facesdk.result import Result

MESHES = ("glb", "obj", "ply")  # a file per face
FORMATS = (*MESHES, "json", "overlay", "sheet")
COLORED = frozenset((*MESHES, "sheet"))  # show albedo and light, which are then fitted to the photo


def write_outputs(result: Result, stem: Path, formats: list[str]) -> None:
    """Write the files of a photo.

    The photo's JSON is the last, and among the faces the first: where those are, the others are too.

    Args:
        result: of the photo.
        stem: path that the names begin with; its folder is made.
        formats: of FORMATS.

    Raises:
        FaceSDKError: a file cannot be written.
    """
    from facesdk.io.json import write_json
    from facesdk.io.picture import save_picture

    make_folder(stem.parent)
    if result.faces and "overlay" in formats:
        save_picture(result.overlay(), _file(stem, "_overlay.png"))
    if result.faces and "sheet" in formats:
        save_picture(result.plot(), _file(stem, "_sheet.png"))
    content = result.to_dict() if "json" in formats else {}
    for i, face in reversed(list(enumerate(result.faces))):
        for suffix in formats:
            if suffix in MESHES:
                face.save(_file(stem, f"_face{i}.{suffix}"))
        if "json" in formats:
            of_face = {"source": content["source"], "face": i, **content["faces"][i]}
            write_json(_file(stem, f"_face{i}.json"), of_face)
    if "json" in formats:
        write_json(_file(stem, ".json"), content)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises:
        FaceSDKError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FaceSDKError(f"--out: {path_text(folder)} cannot be made ({error.strerror})") from error


def find_finished(photo: Path, stem: Path, formats: list[str]) -> bool | None:
    """Check whether the files of a photo are all there, whole and no older than the photo.

    Args:
        photo: its path.
        stem: path that the names of its files begin with.
        formats: of FORMATS. With JSON the files must be of this photo; without, their names are all that is
            known of them.

    Returns:
        Whether the photo shows a face; None if anything is missing.
    """
    per_face = [name for name in formats if name in (*MESHES, "json")]
    files = []
    if "json" in formats:
        record = _file(stem, ".json")
        content = _read_json(record)
        if content is None or not _is_path(content.get("source"), photo):
            return None
        count = len(content.get("faces", []))
        files.append(record)
    else:
        count = 0
        while any(_file(stem, f"_face{count}.{name}").exists() for name in per_face):
            count += 1
        if per_face and not count:
            return None
    shows_face = count > 0 or not per_face
    if shows_face:
        files += [_file(stem, f"_{name}.png") for name in ("overlay", "sheet") if name in formats]
    files += [_file(stem, f"_face{i}.{name}") for i in range(count) for name in per_face]
    return shows_face if all(_is_fresh(file, photo) for file in files) else None


def _file(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)


def _is_fresh(file: Path, photo: Path) -> bool:
    from facesdk.io.whole_file import is_whole

    try:
        fresh = file.stat().st_mtime_ns >= photo.stat().st_mtime_ns
    except OSError:
        return False
    return fresh and is_whole(file)


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _is_path(source: Any, photo: Path) -> bool:
    """Whether a record's source is the photo, however either was written down."""
    if not isinstance(source, str):
        return False
    if source == utf8_text(photo):
        return True
    return os.path.abspath(source) == utf8_text(os.path.abspath(photo))
