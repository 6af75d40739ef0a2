"""A picture passes through the native engine: Python reads the image and wraps the result, no more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import facesdk
from facesdk import FaceSDK, Options, manifest
from facesdk.io.image import load_image

PACKAGE = Path(facesdk.__path__[0])

# What may run in Python, by file: the call itself, its arguments, and the result.
ALLOWED = {
    "sdk.py": {"reconstruct", "track", "_session", "_result"},
    "io/image.py": None,
    "io/array_picture.py": None,
    "frame_fields.py": {"of_frame"},
    "result.py": {"__init__", "__post_init__"},
}


def python_functions(run: Callable[[], Any]) -> set[tuple[str, str]]:
    """File and name of the functions of facesdk that a call runs."""
    seen = set()

    def trace(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            path = Path(frame.f_code.co_filename)
            if PACKAGE in path.parents:
                seen.add((path.relative_to(PACKAGE).as_posix(), frame.f_code.co_name))

    before = sys.getprofile()
    sys.setprofile(trace)
    try:
        run()
    finally:
        sys.setprofile(before)
    return seen


@pytest.fixture(scope="module")
def sdk() -> FaceSDK:
    return FaceSDK(Options(backend="native"))


@pytest.fixture(scope="module")
def photo() -> Any:
    return load_image(manifest.asset_path(manifest.SAMPLE))


@pytest.mark.parametrize("call", ["reconstruct", "track"])
def test_a_call_runs_few_functions_in_python(sdk: FaceSDK, photo: Any, call: str) -> None:
    getattr(sdk, call)(photo)  # what is made on first use is made
    found = python_functions(lambda: getattr(sdk, call)(photo))
    assert ("sdk.py", call) in found
    beyond = {
        (file, name)
        for file, name in found
        if file not in ALLOWED or (ALLOWED[file] is not None and name not in ALLOWED[file])
    }
    assert not {one for one in beyond if not one[1].startswith("<")}  # but for comprehensions


def test_the_number_of_python_calls_does_not_grow_with_the_candidates(sdk: FaceSDK, photo: Any) -> None:
    """The chain handles 16 candidates and one alike."""

    def calls(boxes: Any) -> int:
        count = 0

        def trace(frame: FrameType, event: str, _: Any) -> None:
            nonlocal count
            count += event == "call" and str(PACKAGE) in frame.f_code.co_filename

        sys.setprofile(trace)
        try:
            result = sdk.reconstruct(photo, boxes=boxes)
        finally:
            sys.setprofile(None)
        assert len(result.faces) == len(boxes)
        return count

    apart = [[150 + 40 * k, 60, 330 + 40 * k, 270] for k in range(9)]  # equal boxes would be one face
    one, many = calls(apart[:1]), calls(apart)
    assert many - one <= 8  # eight more faces, whose fields are read when they are used


def test_networks_of_other_engines_run_once_per_batch(photo: Any) -> None:
    """The engine calls back for a network's run alone."""
    sdk = FaceSDK(Options(backend="onnxruntime"))
    sdk.reconstruct(photo)
    found = python_functions(lambda: sdk.reconstruct(photo))
    inference = {one for one in found if one[0].startswith("inference/") and not one[1].startswith("<")}
    assert inference == {("inference/engine.py", "run"), ("inference/onnxruntime.py", "run")}
