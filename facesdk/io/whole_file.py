"""Whether a file that an earlier run wrote is there and whole: for runs that go on where one stopped."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from facesdk.io.obj import END as OBJ_END

PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
_PLY_HEADER = re.compile(rb"ply\n.*?element vertex (\d+)\n.*?element face (\d+)\n.*?end_header\n", re.DOTALL)
_PLY_VERTEX_BYTES, _PLY_FACE_BYTES = 27, 13  # as write_ply lays them out
_HEAD, _TAIL = 1024, 16  # bytes that are looked at: meshes are large


def is_whole(path: Path) -> bool:
    """Check that a file of ours is there and complete.

    Args:
        path: of a .json, .png, .glb or .ply, or of an .obj, to which its material and texture belong.
    """
    try:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
            return True
        with path.open("rb") as file:
            head, size = file.read(_HEAD), os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL))
            tail = file.read()
    except (OSError, ValueError):
        return False
    if path.suffix == ".png":
        return head.startswith(PNG_START) and tail.endswith(PNG_END)
    if path.suffix == ".glb":
        return head[:4] == b"glTF" and int.from_bytes(head[8:12], "little") == size
    if path.suffix == ".ply":
        header = _PLY_HEADER.match(head)
        return header is not None and size == (
            header.end() + int(header[1]) * _PLY_VERTEX_BYTES + int(header[2]) * _PLY_FACE_BYTES
        )
    if path.suffix == ".mtl":
        return tail.endswith(b".png\n")
    if not tail.endswith(OBJ_END):
        return False
    return b"\nmtllib " not in head or all(map(is_whole, map(path.with_suffix, (".mtl", ".png"))))
