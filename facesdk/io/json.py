"""Plain numbers as UTF-8 JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facesdk.io.atomic_write import write_atomic


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain numbers, strings, lists and dicts.

    Raises:
        FaceSDKError: the file cannot be written.
    """
    write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())
