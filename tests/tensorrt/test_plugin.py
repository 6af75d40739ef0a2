"""The plugin by each version of the headers, and the networks that it runs, on test doubles."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.tensorrt.double import Double
from tests.tensorrt.graphs import METADATA, write_graph

BUILD = """
import json, os, sys
from facesdk import _core
from facesdk.errors import FaceSDKError
def build(path, profiles, fp16=False, int8=False, cache=b""):
    library = _core.TensorRtLibrary(os.environ["FACESDK_TENSORRT_PLUGIN"], "")
    return library, library.build(model=open(path, "rb").read(), fp16=fp16, int8=int8,
        workspace_bytes=1 << 28, timing_cache=cache, profiles=profiles)
try:
{body}
except FaceSDKError as error:
    print(type(error).__name__, error)
"""
BATCHES = "[([1,3,8,8],)*3, ([1,3,8,8],[4,3,8,8],[16,3,8,8])]"


def program(body: str) -> str:
    return BUILD.replace("{body}", "\n".join(f"    {line}" for line in body.strip().splitlines()))


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return write_graph(tmp_path / "means.onnx", ("N", 3, 8, 8))


def output(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_neither_plugin_nor_module_links_against_tensorrt_or_cuda(stand_in: Double) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("no readelf to read what the libraries need")
    from facesdk import _core

    for library in (stand_in.plugin, Path(_core.__file__)):
        needed = subprocess.run(
            ["readelf", "-d", str(library)], capture_output=True, text=True, check=True
        ).stdout
        assert "NEEDED" in needed
        assert not re.search(r"nvinfer|nvonnx|cuda|cudart", needed)


@pytest.mark.parametrize("capture", [0, 1])
def test_a_built_network_gives_the_means_of_each_picture_in_any_batch(
    double: Double, graph: Path, tmp_path: Path, capture: int
) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (21, 8, 8, 3), np.uint8)
    np.save(tmp_path / "pictures.npy", pictures)
    done = double.run(program(f"""
import numpy as np
library, (plan, cache) = build({str(graph)!r}, {BATCHES})
network = _core.load_tensorrt_network(library, plan, "means", {METADATA!r})
assert (network.backend, network.outputs, network.side) == ("tensorrt", ["x"], 8)
assert network.metadata == {METADATA!r}
run = network.prepare(8, 8)
pictures = np.load({str(tmp_path / "pictures.npy")!r})
one_by_one = [run.predict(pictures[i:i + 1])[0][0] for i in range(5)]
print(json.dumps([run.predict(pictures)[0].tolist(), np.array(one_by_one).tolist()]))
"""), FAKE_CUDA_CAPTURE=capture, FAKE_CUDA_TRACE=tmp_path / "trace")  # fmt: skip
    batch, single = json.loads(output(done))
    expected = pictures.mean((1, 2)) / 255
    np.testing.assert_allclose(batch, expected, atol=1e-6)
    np.testing.assert_array_equal(single, np.array(batch)[:5])
    calls = (tmp_path / "trace").read_text().split() if (tmp_path / "trace").exists() else []
    # The first run is plain, those after it are launched as the graph that it left.
    assert calls.count("cuGraphLaunch") == (4 if capture else 0)


def test_flags_workspace_profiles_and_timings_reach_tensorrt(double: Double, graph: Path) -> None:
    done = double.run(program(f"""
library, (first, cache) = build({str(graph)!r}, {BATCHES}, fp16=True, int8=True)
library, (second, _) = build({str(graph)!r}, [], cache=cache)
print(library.strongly_typed, library.version)
print(first.decode(), second.decode())
"""))  # fmt: skip
    text = output(done)
    typed = text.startswith("True")
    flags = [int(value) for value in re.findall(r"fake:flags=(\d+)", text)]
    # Without strong typing the graph's precisions must be allowed by flags.
    assert (flags[0] != 0) is not typed
    assert flags[1] == 0
    assert text.count(f"fake:workspace={1 << 28};") == 2
    assert "fake:profile1=1x3x8x8:4x3x8x8:16x3x8x8;" in text
    assert re.findall(r"fake:timings=(\d+)", text) == ["0", "6"]


@pytest.mark.parametrize(("fake", "message"), [
    ({"no_implementation": "/conv1"}, r"AssetError the graph cannot be built: .* for node /conv1\."),
    ({"does_not_parse": 1}, r"AssetError the graph does not parse: an operator .* \(node 7\)"),
])  # fmt: skip
def test_what_tensorrt_cannot_build_has_its_reason(
    double: Double, tmp_path: Path, fake: dict[str, object], message: str
) -> None:
    graph = write_graph(tmp_path / "g.onnx", ("N", 3, 8, 8), **fake)
    assert re.fullmatch(message, output(double.run(program(f"build({str(graph)!r}, [])"))))


def test_another_major_version_than_that_of_the_headers_is_refused(double: Double, graph: Path) -> None:
    done = double.run(program(f"build({str(graph)!r}, [])"), FAKE_TENSORRT_VERSION=90100)
    assert re.match(
        r"BackendUnavailable libnvinfer.so.\d+ is version 9.1, the plugin was compiled", output(done)
    )


@pytest.mark.parametrize("damage", ["plan[:-20]", "plan[9:]", 'b"no plan at all"'])
def test_a_damaged_plan_is_an_error(double: Double, graph: Path, damage: str) -> None:
    done = double.run(program(f"""
library, (plan, _) = build({str(graph)!r}, {BATCHES})
_core.load_tensorrt_network(library, {damage}, "means", "")
"""))  # fmt: skip
    assert output(done).startswith("AssetError means: the plan cannot be read")


def test_the_driver_is_checked_before_tensorrt(stand_in: Double, graph: Path, tmp_path: Path) -> None:
    body = program(f"build({str(graph)!r}, [])")
    assert "cuInit failed with 100" in output(stand_in.run(body, FAKE_CUDA_INIT=100))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no NVIDIA driver on this machine" in output(stand_in.run(body, LD_LIBRARY_PATH=empty))
    (empty / "libcuda.so.1").symlink_to(stand_in.libraries / "libcuda.so.1")
    assert "libnvinfer.so.10 does not open" in output(stand_in.run(body, LD_LIBRARY_PATH=empty))


def test_pictures_of_free_size_and_rows_of_numbers(stand_in: Double, tmp_path: Path) -> None:
    free = write_graph(tmp_path / "free.onnx", (1, 3, "height", "width"))
    rows = write_graph(tmp_path / "rows.onnx", ("N", 6))
    done = stand_in.run(program(f"""
import numpy as np
library, (plan, _) = build({str(free)!r}, [([1,3,32,32],[1,3,64,64],[1,3,96,96])])
network = _core.load_tensorrt_network(library, plan, "free", "")
pictures = np.full((2, 32, 96, 3), 51, np.uint8)
print(network.side, network.prepare(32, 96).predict(pictures)[0].tolist())
library, (plan, _) = build({str(rows)!r}, [([1,6],)*3, ([1,6],[2,6],[2,6])])
numbers = _core.load_tensorrt_network(library, plan, "rows", "")
print(numbers.input_numbers)
network.prepare(128, 96)
"""))  # fmt: skip
    lines = output(done).splitlines()
    side, means = lines[0].split(" ", 1)
    assert side == "0"
    np.testing.assert_allclose(json.loads(means), 0.2, rtol=1e-6)
    assert lines[1] == "6"
    assert re.match(r"AssetError free: was not built for pictures of 128 x 96 px", lines[2])
