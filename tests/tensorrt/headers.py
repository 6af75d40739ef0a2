"""TensorRT's public headers (Apache-2.0), fetched when the tests run; no part of this repository."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

_TENSORRT = "https://raw.githubusercontent.com/NVIDIA/TensorRT"
_PARSER = "https://raw.githubusercontent.com/onnx/onnx-tensorrt"
_FILES = [
    "NvInfer.h",
    "NvInferImpl.h",
    "NvInferLegacyDims.h",
    "NvInferPluginBase.h",
    "NvInferRuntime.h",
    "NvInferRuntimeBase.h",
    "NvInferRuntimeCommon.h",
    "NvInferRuntimePlugin.h",
    "NvInferVersion.h",
]
# Version: revision of the headers, of the parser's.
HEADERS = {
    "8.6": (f"{_TENSORRT}/3d97932454aa38d140c28f044d02b635b5c6ed80/include", f"{_PARSER}/8.6-GA"),
    "10.16": (f"{_TENSORRT}/v10.16/include",) * 2,
    "11.1": (f"{_TENSORRT}/v11.1/include",) * 2,
}
_TIMEOUT_S = 10
_unreachable: list[str] = []  # why, after the first try: the others would wait as long


def fetched_headers(version: str, factory: pytest.TempPathFactory) -> Path:
    """Folder with the headers of a version: in FACESDK_TENSORRT_HEADERS, else fetched; else it skips."""
    given = os.environ.get("FACESDK_TENSORRT_HEADERS")
    if given is not None:
        if not (Path(given) / version / "NvInfer.h").is_file():
            pytest.skip(f"no headers of TensorRT {version} in FACESDK_TENSORRT_HEADERS")
        return Path(given) / version
    folder = factory.mktemp(f"headers_{version}")
    source, parser = HEADERS[version]
    for name in _FILES:
        _fetch(f"{source}/{name}", folder / name)
    _fetch(f"{parser}/NvOnnxParser.h", folder / "NvOnnxParser.h")
    return folder


def _fetch(address: str, to: Path) -> None:
    if _unreachable:
        pytest.skip(_unreachable[0])
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            to.write_bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code != 404:  # not every version has every file
            _unreachable.append(f"no headers of TensorRT ({error}); set FACESDK_TENSORRT_HEADERS")
            pytest.skip(_unreachable[0])
    except OSError as error:
        _unreachable.append(f"no headers of TensorRT ({error}); set FACESDK_TENSORRT_HEADERS")
        pytest.skip(_unreachable[0])
