"""Plain numbers as UTF-8 JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.io.atomic_write import write_atomic


def rounded(values: npt.ArrayLike, digits: int) -> list[Any]:
    """Convert an array to nested lists of numbers with so many decimal digits."""
    numbers: list[Any] = np.round(np.asarray(values, dtype=np.float64), digits).tolist()
    return numbers


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain numbers, strings, lists and dicts.

    Raises:
        FaceSDKError: the file cannot be written.
    """
    write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())
