"""The default of --data: where the evaluation data lie."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("FACESDK_DATA", Path(__file__).parents[2] / "shared" / "data")) / "eval"
