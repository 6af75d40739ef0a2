"""The chain on the bundled sample and 20 rendered heads, against the results stored in fixtures/results.

fixtures/store_results.py stores them, with the float networks in ONNX Runtime: there a rounding in a crop
moves a landmark by less than 0.01 px. The int8 network is no continuous function: a detection that moves by
1e-5 px moves its landmarks by up to 0.3 px.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.check import read_bounds
from benchmarks.metrics.stored_results import differences, match_faces, read_faces, stored_faces
from facesdk import FaceSDK, Options, manifest

FIXTURES = Path(__file__).parent / "fixtures"
PICTURES = [manifest.ASSETS / manifest.SAMPLE, *sorted((FIXTURES / "heads").glob("*.png"))]


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(backend="onnxruntime"))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_same_faces_as_stored(sdk: FaceSDK, picture: Path) -> None:
    set_name = "sample" if picture.parent == manifest.ASSETS else "heads"
    stored = read_faces(FIXTURES / "results" / set_name / f"{picture.name}.npz")
    result = stored_faces(sdk.reconstruct(picture))
    assert len(result) == len(stored) == 1
    pairs = match_faces(stored, result)
    assert pairs == [(0, 0)]
    found = differences(stored, result, pairs)
    for name, bound in read_bounds("compare_results").items():
        assert found[name][0] <= bound["max"], name
    np.testing.assert_array_equal(result.reasons, stored.reasons)
