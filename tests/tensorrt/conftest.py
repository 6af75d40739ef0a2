"""Test doubles of TensorRT and of the CUDA driver, compiled against TensorRT's own headers where they can be
had, and against a stand-in for them always."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tensorrt.double import Double, compile_double
from tests.tensorrt.headers import HEADERS, fetched_headers

HERE = Path(__file__).parent


@pytest.fixture(scope="session", params=["stand_in", *HEADERS])
def double(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Double:
    """Plugin and doubles compiled against one version of the headers."""
    return _compiled(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Double:
    """Plugin and doubles compiled against the stand-in."""
    return _compiled("stand_in", tmp_path_factory)


_DONE: dict[str, Double] = {}


def _compiled(version: str, factory: pytest.TempPathFactory) -> Double:
    if shutil.which("g++") is None:
        pytest.skip("no g++ to compile the test doubles of TensorRT")
    if version not in _DONE:
        headers = HERE / "stand_in" if version == "stand_in" else fetched_headers(version, factory)
        _DONE[version] = compile_double(version, headers, factory.mktemp(f"tensorrt_{version}"))
    return _DONE[version]
