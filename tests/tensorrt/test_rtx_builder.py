"""The builder on TensorRT-RTX, the one TensorRT that builds without a GPU: the bundled networks.

Its own C++ headers are not public. Those of TensorRT 11.1 fit its interface as far as the plugin uses it,
which is a coincidence: this checks the builder, and is no way to ship it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from pathlib import Path

import onnxruntime
import pytest

from facesdk import manifest
from facesdk.engines.graphs import profiles
from tests.tensorrt.double import Double, compile_plugin
from tests.tensorrt.headers import fetched_headers

BUILD = """
import json, os, sys
from facesdk import _core
library = _core.TensorRtLibrary(os.environ["FACESDK_TENSORRT_PLUGIN"], "")
graph, profiles = json.loads(os.environ["REQUEST"])
model = open(graph, "rb").read()
request = dict(model=model, fp16=False, int8=False, workspace_bytes=1 << 28, profiles=profiles)
plan, timings = library.build(timing_cache=b"", **request)
again, _ = library.build(timing_cache=timings, **request)
print(library.product, library.version, len(plan), len(again))
"""


@pytest.fixture(scope="module")
def rtx(tmp_path_factory: pytest.TempPathFactory) -> Double:
    """The plugin for TensorRT-RTX; the driver alone is a double."""
    given = os.environ.get("FACESDK_TENSORRT_RTX")
    package = importlib.util.find_spec("tensorrt_rtx_libs")
    if given is None and (package is None or not package.submodule_search_locations):
        pytest.skip("no TensorRT-RTX: pip install tensorrt_rtx_cu13_libs, or FACESDK_TENSORRT_RTX=its folder")
    if shutil.which("g++") is None:
        pytest.skip("no g++ to compile the plugin")
    folder = tmp_path_factory.mktemp("rtx")
    shutil.copytree(fetched_headers("11.1", tmp_path_factory), folder / "headers")
    version = folder / "headers" / "NvInferVersion.h"
    text = re.sub(r"(TRT_MAJOR_ENTERPRISE) \d+", r"\1 1\n#define TRT_MAJOR_RTX 1", version.read_text())
    version.write_text(re.sub(r"(TRT_MINOR_ENTERPRISE) \d+", r"\1 7", text))
    made = compile_plugin("rtx", folder / "headers", folder)
    libraries = Path(given) if given is not None else Path(next(iter(package.submodule_search_locations)))
    for path in libraries.glob("lib*.so*"):
        (made.libraries / path.name).symlink_to(path)
    return made


@pytest.mark.parametrize("name", [manifest.NETWORK, manifest.DETECTOR, manifest.EYES_ONNX, manifest.MASK])
def test_a_bundled_network_is_built_with_all_its_profiles(rtx: Double, name: str) -> None:
    graph = manifest.asset_path(name)
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    request = json.dumps([str(graph), profiles(session.get_inputs()[0].shape)])
    done = rtx.run(BUILD, REQUEST=request)
    assert done.returncode == 0, done.stderr[-2000:]
    product, version, first, second = done.stdout.split()
    assert (product, version.split(".")[0]) == ("TensorRT-RTX", "1")
    assert min(int(first), int(second)) > graph.stat().st_size // 4
