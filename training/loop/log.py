"""The log of a run: JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class RunLog:
    """Writes to a file and to the console."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, **values: Any) -> None:
        """Add one line; floats are rounded to four places."""
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        print(line, flush=True)
        with self._path.open("a") as file:
            file.write(line + "\n")
