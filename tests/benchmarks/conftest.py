"""The tests of the benchmarks import them from the repository, which is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)  # at the end: an installed facesdk, with its extension, comes first
