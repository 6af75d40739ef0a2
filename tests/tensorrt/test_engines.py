"""Engines are built, timed, compared, kept and found again, or built anew where they do not fit."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesdk.engines.graphs import PRECISIONS, profiles
from facesdk.engines.parity import beyond_limits, compare, sample_inputs
from tests.tensorrt.double import Double
from tests.tensorrt.graphs import METADATA, write_graph

OPEN = """
import numpy as np
from facesdk.errors import FaceSDKError
from facesdk.inference.tensorrt import open_tensorrt
try:
    network = open_tensorrt(GRAPH)
    means = network.prepare(8, 8).predict(np.full((1, 8, 8, 3), 51, np.uint8))[0].round(6)
    print(network.backend, network.metadata, means)
except FaceSDKError as error:
    print(type(error).__name__, error)
"""


class Bench:
    """A network's graphs and a folder of engines."""

    def __init__(self, double: Double, folder: Path) -> None:
        self.double, self.store = double, folder / "engines"
        self.graphs = folder / "graphs"
        self.graphs.mkdir()
        self.graph("fp32", slow_us=3000)

    def graph(self, precision: str, **fake: object) -> Path:
        name = "means.onnx" if precision == "fp32" else f"means.{precision}.onnx"
        return write_graph(self.graphs / name, ("N", 3, 8, 8), **fake)

    def open(self, **settings: object) -> subprocess.CompletedProcess[str]:
        code = f"GRAPH = {str(self.graphs / 'means.onnx')!r}\n{OPEN}"
        done = self.double.run(code, **{"FACESDK_ENGINES": self.store} | settings)
        assert done.returncode == 0, done.stderr[-2000:]
        return done

    @property
    def engine(self) -> Path:
        return self.store / "means.engine"

    def sidecar(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.store / "means.engine.json").read_text())
        return content


@pytest.fixture
def bench(stand_in: Double, tmp_path: Path) -> Bench:
    return Bench(stand_in, tmp_path)


def is_right(done: subprocess.CompletedProcess[str]) -> bool:
    return done.stdout.strip() == f"tensorrt {METADATA} [[0.2 0.2 0.2]]"


def test_all_graphs_are_built_and_the_fastest_that_passes_is_kept(bench: Bench) -> None:
    bench.graph("int8", slow_us=2000)
    bench.graph("int8_depthwise_fp16", slow_us=10, offset=0.2)  # the fastest, but wrong
    bench.graph("fp16", slow_us=500)
    done = bench.open()
    assert is_right(done)
    assert "building its TensorRT engine (not built yet)" in done.stderr
    sidecar = bench.sidecar()
    assert sidecar["chosen"]["precision"] == "fp16"
    assert [one["precision"] for one in sidecar["candidates"]] == list(PRECISIONS)
    times = {one["precision"]: one["ms"] for one in sidecar["candidates"]}
    assert times["fp16"] < times["int8"] < times["fp32"]
    assert sidecar["candidates"][1]["reason"].startswith("parity: x differs by")
    assert sidecar["machine"] == {
        "product": "TensorRT", "tensorrt": "10.3.0", "cuda": "12.6", "driver": sidecar["machine"]["driver"],
        "gpu": "Fake Orin", "compute_capability": "8.7", "multiprocessors": 8,
    }  # fmt: skip
    assert sidecar["profiles"] == [list(map(list, one)) for one in profiles(["N", 3, 8, 8])]
    line = r"means: fp16 kept, .* ms \(int8 .* ms; int8_depthwise_fp16 parity: .*; fp32 .* ms\)"
    assert re.search(line, done.stderr)
    assert not list((bench.store / "work").glob("means.*"))


def test_an_engine_that_fits_is_used_again(bench: Bench) -> None:
    bench.open()
    written = bench.engine.stat().st_mtime_ns
    done = bench.open()
    assert is_right(done)
    assert "building" not in done.stderr
    assert bench.engine.stat().st_mtime_ns == written


def cut(bench: Bench) -> dict[str, str]:
    bench.engine.write_bytes(bench.engine.read_bytes()[:-10])
    return {}


def flip(bench: Bench) -> dict[str, str]:
    plan = bytearray(bench.engine.read_bytes())
    plan[len(plan) // 2] ^= 1
    bench.engine.write_bytes(plan)
    return {}


def spoil_json(bench: Bench) -> dict[str, str]:
    (bench.store / "means.engine.json").write_text("{")
    return {}


def change_graph(bench: Bench) -> dict[str, str]:
    bench.graph("fp32", slow_us=1)
    return {}


def add_graph(bench: Bench) -> dict[str, str]:
    bench.graph("fp16", slow_us=1)
    return {}


@pytest.mark.parametrize(("change", "reason"), [
    (cut, r"damaged: \d+ bytes, expected \d+"),
    (flip, "damaged: its bytes are others than were written"),
    (spoil_json, "its JSON is missing, damaged"),
    (change_graph, "stale: the network's graphs are others"),
    (add_graph, "stale: the network's graphs are others"),
    (lambda _: {"FAKE_TENSORRT_VERSION": "100500"}, r"stale: tensorrt: 10\.3\.0, here 10\.5\.0"),
    (lambda _: {"FAKE_CUDA_DEVICE": "Fake Thor"}, "stale: gpu: Fake Orin, here Fake Thor"),
])  # fmt: skip
def test_a_stale_or_damaged_engine_is_rebuilt_and_says_so(bench: Bench, change: Any, reason: str) -> None:
    bench.open()
    settings = change(bench)
    done = bench.open(**settings)
    assert is_right(done)
    assert re.search(rf"building its TensorRT engine \({reason}", done.stderr)
    again = bench.open(**settings)
    assert is_right(again)
    assert "building" not in again.stderr


@pytest.mark.parametrize(("fake", "reason"), [
    ({"no_implementation": "/conv1"},
     "the graph cannot be built: 10: Could not find any implementation for node /conv1."),
    ({"does_not_parse": 1}, "the graph does not parse: an operator that the fake does not know (node 7)"),
    ({"kill": 1}, "the build was ended by SIGKILL: out of memory?"),
    ({"offset": 0.4}, "parity: x differs by"),
    ({"offset": "nan"}, "parity: x differs by inf"),
])  # fmt: skip
def test_what_fails_falls_to_the_next_precision(bench: Bench, fake: dict[str, object], reason: str) -> None:
    bench.graph("int8", **fake)
    done = bench.open()
    assert is_right(done)
    first, second = bench.sidecar()["candidates"]
    assert (first["precision"], second["precision"]) == ("int8", "fp32")
    assert first["reason"].startswith(reason)
    assert bench.sidecar()["chosen"]["precision"] == "fp32"
    assert reason in done.stderr


def test_no_engine_that_passes_is_an_error_with_all_reasons(bench: Bench) -> None:
    bench.graph("fp16", kill=1)
    bench.graph("fp32", no_implementation="/conv9")
    message = bench.open().stdout
    assert message.startswith("FaceSDKError means.onnx: no TensorRT engine passes (fp16: the build was ended")
    assert "fp32: the graph cannot be built: 10: Could not find any implementation for node /conv9" in message
    assert not bench.engine.exists()


def is_child(command: Path, store: Path) -> bool:
    try:
        words = command.read_bytes()
    except OSError:  # it ended meanwhile
        return False
    return str(store).encode() in words and b"engines.child" in words


def wait_for_end_of_children(store: Path) -> None:
    """The second child would build for 30 s more."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if not any(is_child(path, store) for path in Path("/proc").glob("[0-9]*/cmdline")):
            return
        time.sleep(0.1)
    raise AssertionError("a child goes on without its parent")


def test_a_build_that_is_killed_goes_on_where_it_stopped(bench: Bench) -> None:
    bench.graph("int8", slow_us=1)
    bench.graph("fp32", slow=30)
    code = f"""
import os, threading, time
from pathlib import Path
done = Path({str(bench.store)!r}) / "work" / "means.int8.done.json"
def end():  # as the system would: in the middle of the second build
    while not done.exists():
        time.sleep(0.01)
    time.sleep(1.5)
    os.kill(os.getpid(), 9)
threading.Thread(target=end, daemon=True).start()
GRAPH = {str(bench.graphs / "means.onnx")!r}
{OPEN}"""
    killed = bench.double.run(code, FACESDK_ENGINES=bench.store)
    assert killed.returncode == -9
    assert not bench.engine.exists()
    wait_for_end_of_children(bench.store)
    bench.graph("fp32")
    done = bench.open()
    assert is_right(done)
    assert "means.int8: taken over from an earlier build" in done.stderr
    assert "means.fp32: taken over" not in done.stderr
    assert [one["reason"] for one in bench.sidecar()["candidates"]] == ["", ""]


def test_a_killed_child_is_tried_again_at_the_next_build(bench: Bench, tmp_path: Path) -> None:
    bench.graph("fp32", kill_unless=tmp_path / "once")
    assert "ended by SIGKILL" in bench.open().stdout
    assert is_right(bench.open())


def test_a_folder_that_cannot_be_written_and_a_graph_that_is_gone_are_named(bench: Bench) -> None:
    message = bench.open(FACESDK_ENGINES="/proc/engines").stdout
    assert message.startswith("FaceSDKError /proc/engines: cannot be written")
    assert "set FACESDK_ENGINES" in message
    bench.open()
    (bench.graphs / "means.onnx").unlink()
    assert bench.open().stdout.startswith("AssetError means.onnx: cannot be read")


def test_too_little_memory_is_named_before_a_build(bench: Bench) -> None:
    message = bench.open(FAKE_CUDA_FREE=100 << 20).stdout
    assert message.startswith(
        "FaceSDKError memory: 100 MiB of device memory are free, a build takes 1006 MiB"
    )
    assert not bench.engine.exists()


@pytest.mark.parametrize(("shape", "inputs"), [
    (("N", 3, 8, 8), "8 0"), ((1, 3, 32, 64), "0 0"), (("N", 6), "0 6"), ((1, 3, "h", "w"), "0 0"),
])  # fmt: skip
def test_networks_of_every_shape_are_built(
    stand_in: Double, tmp_path: Path, shape: tuple[int | str, ...], inputs: str
) -> None:
    graph = write_graph(tmp_path / "means.onnx", shape)
    done = stand_in.run(f"""
from facesdk.inference.tensorrt import open_tensorrt
network = open_tensorrt({str(graph)!r})
print(network.side, network.input_numbers)
""", FACESDK_ENGINES=tmp_path / "engines")  # fmt: skip
    assert done.stdout.strip() == inputs, done.stderr


def test_profiles_hold_one_item_batches_and_all_sizes_of_the_detector() -> None:
    assert profiles([1, 3, 96, 96]) == []
    one, many = profiles(["N", 3, 96, 96])
    assert one == ([1, 3, 96, 96],) * 3
    assert (many[0], many[2]) == ([1, 3, 96, 96], [16, 3, 96, 96])
    for smallest, usual, largest in profiles([1, 3, "height", "width"]):
        assert all(a <= b <= c for a, b, c in zip(smallest, usual, largest, strict=True))
        assert usual[2] % 32 == usual[3] % 32 == 0
    assert profiles([1, 3, "height", "width"])[-1][2] == [1, 3, 1024, 1024]


def test_sample_inputs_are_different_pictures() -> None:
    pictures = sample_inputs(["N", 3, 96, 96])
    assert pictures.shape == (8, 96, 96, 4)
    assert pictures.dtype == np.uint8
    assert len({one.tobytes() for one in pictures}) == 8
    assert set(np.unique(pictures[..., 3])) == {0, 255}
    assert sample_inputs(["N", 336]).shape == (8, 336)


def test_differences_are_measured_relative_and_in_pixels() -> None:
    rng = np.random.default_rng(0)
    expected = {"points": rng.random((4, 136), np.float32), "x": rng.random((4, 10), np.float32)}
    assert set(compare(expected, expected, 96).values()) == {0.0}
    moved = expected | {"points": expected["points"] + np.float32(0.001)}
    measured = compare(expected, moved, 96)
    assert measured["points_px"] == pytest.approx(96 * 0.001 * np.sqrt(2), rel=1e-3)
    assert beyond_limits(measured, "int8") == ""
    assert beyond_limits(measured, "fp16").startswith("parity: points_px differs by 0.13")
    overflow = expected | {"x": np.full((4, 10), np.inf, np.float32)}
    assert "x differs by inf" in beyond_limits(compare(expected, overflow, 96), "int8")
    assert "x differs by inf" in beyond_limits(compare(expected, {"points": expected["points"]}, 96), "int8")
