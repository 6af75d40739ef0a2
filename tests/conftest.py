"""Shared by all tests: where the repository and the evaluation data are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# training/, export/ and benchmarks/ are not installed. Last on the path: an installed facesdk goes first.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))


from tests.tiny_sdk import (  # noqa: E402, F401 (after the path; pytest finds fixtures by name)
    facesdk,
    make_network,
    make_output,
    photos,
    picture,
    tiny_assets,
    tiny_folder,
    tiny_model,
    tiny_options,
    tiny_sdk,
)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with eval/, train/ and ict_facekit/; the test is skipped, and says so, where there is none."""
    path = Path(os.environ.get("FACESDK_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"no data at {path.name}: set FACESDK_DATA to the data folder")
    return path
