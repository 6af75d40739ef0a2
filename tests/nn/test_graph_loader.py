"""The loader refuses every graph that would read or write outside its maps, in one line."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesdk import _core
from facesdk.errors import AssetError, InvalidArray
from facesdk.inference.int8_engine import NativeSession
from tests.nn.graph_file import GraphFile, run

ASSETS = Path(__file__).parents[2] / "facesdk" / "assets"
Change = Callable[[GraphFile], Any]


def sound() -> GraphFile:
    """One step of every kind; maps: 1 and 2 of stride 1, 3 of stride 2."""
    file = GraphFile()
    file.map(1, 16, 1, 7)
    file.map(1, 16, 1, 7)
    file.map(2, 16, 0, 0)
    file.float_map(1, 16)
    for size in (2 * 5, 16, 12, 16, 8 * 8 * 16):
        file.vector(size)
    bias, scale = np.ones(16, np.int32), np.ones(16, np.float32)
    file.conv([(0, False)], np.ones((16, 9, 4), np.int8), bias, scale, 1, pad=1)
    gate = np.ones(256, np.float32)
    file.conv([(1, False)], np.ones((16, 1, 16), np.int8), bias, scale, 2,
              join="gate", other=(1, False), gate=gate)  # fmt: skip
    file.step(
        "depthwise",
        {"weights": np.ones((9, 16), np.int8), "bias": bias, "scale": scale},
        source=2,
        stride=2,
        out=3,
    )
    file.conv([(3, True), (1, False)], np.ones((16, 1, 32), np.int8), bias, scale, 0,
              to_float=True)  # fmt: skip
    file.step("peaks", source=0, points=5, extent=1.0, out=0)
    file.step("mean", source=1, scale=1.0, out=1)
    file.step("thumbnail", cells=2, out=2)
    file.step("flatten", source=1, scale=1.0, out=4)
    dense = {name: np.ones(16, np.float32) for name in ("scale", "bias", "low", "high")}
    file.step("dense", {"weights": np.ones((16, 38), np.int8), **dense}, inputs=[0, 1, 2], out=3)
    file.map(1, 16, 0, 0)
    file.step("upsample", source=3, out=4)
    file.output("points", 0, [5, 2])
    file.output("x", 3, [15])
    file.description["outputs"]["cells"] = {"float_maps": [0], "shape": [0, 15]}
    return file


def change(kind: str, number: int, **entries: Any) -> Change:
    return lambda file: file.description[kind][number].update(entries)


def array(name: str, values: Any) -> Change:
    return lambda file: file.arrays.update({name: values})


def output(name: str, entry: Any) -> Change:
    return lambda file: file.description["outputs"].update({name: entry})


def remove(*path: Any) -> Change:
    def apply(file: GraphFile) -> None:
        at: Any = file.description
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]

    return apply


def put(key: str, value: Any) -> Change:
    return lambda file: file.description.update({key: value})


I8, I32, F32 = np.int8, np.int32, np.float32
BAD: dict[str, Change] = {
    "no maps": put("maps", []),
    "maps that are a number": put("maps", 1),
    "no steps entry": remove("steps"),
    "no outputs": put("outputs", {}),
    "outputs that are a list": put("outputs", []),
    "a side beyond the largest": put("side", 8193),
    "a negative side": put("side", -1),
    "a side that is true": put("side", True),
    "too many vectors": put("vectors", [1] * 4097),
    "a vector without numbers": put("vectors", [0]),
    "a picture of 16 channels": change("maps", 0, channels=16),
    "a picture at half size": change("maps", 0, stride=2),
    "a stride of 0": change("maps", 1, stride=0),
    "channels between vectors": change("maps", 1, channels=24),
    "channels beyond the largest": change("maps", 1, channels=1 << 20),
    "a huge halo": change("maps", 1, halo=17),
    "a zero point beyond a byte": change("maps", 1, zero=256),
    "a zero point with a fraction": change("maps", 1, zero=0.5),
    "float channels between vectors": change("float_maps", 0, channels=24),
    "an unknown step": change("steps", 0, op="attention"),
    "an op that is a number": change("steps", 0, op=3),
    "a step without op": remove("steps", 0, "op"),
    "no sources": change("steps", 0, sources=[]),
    "nine sources": change("steps", 0, sources=[[0, False]] * 9),
    "a source that is no map": change("steps", 0, sources=[[99, False]]),
    "a negative source": change("steps", 0, sources=[[-1, False]]),
    "a source of one entry": change("steps", 0, sources=[[0]]),
    "a source without a map's number": change("steps", 0, sources=[["0", False]]),
    "an upsampled source of the same size": change("steps", 0, sources=[[0, True]]),
    "a source at another stride": change("steps", 3, sources=[[1, True], [1, False]]),
    "no pad": remove("steps", 0, "pad"),
    "a stride that does not fit": change("steps", 0, stride=2),
    "a pad beyond the halo": change("steps", 0, pad=2),
    "a dilation beyond the halo": change("steps", 0, dilation=3),
    "a kernel beyond the halo": change("steps", 0, pad=0),
    "a huge dilation": change("steps", 0, dilation=1 << 40),
    "an output that is no map": change("steps", 0, out=99),
    "an output into the picture": change("steps", 1, out=0),
    "an output into the source": change("steps", 1, out=1),
    "an output of another stride": change("steps", 1, out=3),
    "a float output that is no map": change("steps", 3, out=1),
    "to_float that is a number": change("steps", 0, to_float=1),
    "an unknown join": change("steps", 1, join="max"),
    "a join with a float output": change("steps", 3, join="add", other=[1, False]),
    "another map of other channels": change("steps", 1, other=[0, False]),
    "another map of other stride": change("steps", 1, other=[3, False]),
    "the output as the other map": change("steps", 1, other=[2, False]),
    "a scale that is a text": change("steps", 1, other_scale="1"),
    "a scale beyond float32": change("steps", 1, other_scale=1e300),
    "a gate zero beyond a byte": change("steps", 1, gate_zero=-1),
    "a depthwise step into its source": change("steps", 2, out=2),
    "a depthwise step of the picture": change("steps", 2, source=0),
    "a depthwise stride of 3": change("steps", 2, stride=3),
    "a depthwise source without halo": change("maps", 2, halo=0),
    "an upsampled picture": change("steps", 9, source=0),
    "an upsampled map of the same size": change("steps", 9, source=1),
    "an upsampled map that is no map": change("steps", 9, source=5),
    "an upsampled map of another zero point": change("maps", 4, zero=1),
    "more points than channels": change("steps", 4, points=17),
    "a soft-argmax into a short vector": change("steps", 4, out=1),
    "a soft-argmax of no map": change("steps", 4, source=1),
    "a mean of the picture": change("steps", 5, source=0),
    "a mean into a short vector": change("steps", 5, out=0),
    "no cells": change("steps", 6, cells=0),
    "cells that do not fit": change("steps", 6, cells=3),
    "a flatten step into no vector": change("steps", 7, out=9),
    "a dense step of other inputs": change("steps", 8, inputs=[0, 1]),
    "a dense step of no vector": change("steps", 8, inputs=[0, 1, 9]),
    "a dense step into a short vector": change("steps", 8, out=2),
    "weights of another type": array("0.weights", np.ones((16, 9, 4), np.uint8)),
    "weights of two dimensions": array("0.weights", np.ones((16, 36), I8)),
    "weights of too few inputs": array("0.weights", np.ones((16, 9, 3), I8)),
    "weights of eight taps": array("0.weights", np.ones((16, 8, 4), I8)),
    "weights of 24 outputs": array("0.weights", np.ones((24, 9, 4), I8)),
    "weights of no outputs": array("0.weights", np.ones((0, 9, 4), I8)),
    "a weight of -128": array("0.weights", np.full((16, 9, 4), -128, I8)),
    "a bias beyond all sums": array("0.bias", np.full(16, 2**31 - 1, I32)),
    "the smallest bias": array("0.bias", np.full(16, -(2**31), I32)),
    "a short bias": array("0.bias", np.ones(15, I32)),
    "a bias of floats": array("0.bias", np.ones(16, F32)),
    "a scale that is no number": array("0.scale", np.full(16, np.nan, F32)),
    "a scale without end": array("2.scale", np.full(16, np.inf, F32)),
    "a gate of 255 factors": array("1.gate", np.ones(255, F32)),
    "depthwise weights of eight taps": array("2.weights", np.ones((8, 16), I8)),
    "a depthwise weight of -128": array("2.weights", np.full((9, 16), -128, I8)),
    "dense bounds that are no number": array("8.low", np.full(16, np.nan, F32)),
    "dense weights of 8 outputs": array("8.weights", np.ones((8, 38), I8)),
    "no weights": lambda file: file.arrays.pop("0.weights"),
    "no gate": lambda file: file.arrays.pop("1.gate"),
    "an output that is no vector": output("x", {"vector": 9, "shape": [16]}),
    "an output longer than its vector": output("x", {"vector": 3, "shape": [17]}),
    "an output of no numbers": output("x", {"vector": 3, "shape": [0]}),
    "an output whose product wraps": output("x", {"vector": 3, "shape": [1 << 20] * 4}),
    "an output of five dimensions": output("x", {"vector": 3, "shape": [1] * 5}),
    "an output of nothing": output("x", {"shape": [0, 3]}),
    "an output of no maps": output("x", {"float_maps": [], "shape": [0, 3]}),
    "an output of missing maps": output("x", {"float_maps": [1], "shape": [0, 3]}),
    "a picture of several maps": output("x", {"float_maps": [0, 0], "shape": [0, 0, 3]}),
    "a picture of another size": output("x", {"float_maps": [0], "shape": [8, 8, 3]}),
    "more values than channels": output("x", {"float_maps": [0], "shape": [0, 17]}),
    "no values": output("x", {"float_maps": [0], "shape": [0, 0]}),
}


def test_the_sound_graph_loads() -> None:
    picture = np.full((8, 8, 3), 200, np.uint8)
    network = sound().load("", facesdk="{}")
    assert (network.name, network.metadata, network.side) == ("some.plan", "{}", 0)
    assert network.outputs == ["cells", "points", "x"]
    assert network.output_shapes == [[0, 15], [5, 2], [15]]
    assert {name: values.shape for name, values in run(network, picture).items()} == {
        "cells": (64, 15), "points": (5, 2), "x": (15,)}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_graph_that_does_not_fit_is_refused_in_one_line(what: str) -> None:
    file = copy.deepcopy(sound())
    BAD[what](file)
    with pytest.raises(AssetError, match=r"\Asome\.plan: [ -~]+\Z") as error:
        file.load()
    assert len(str(error.value)) < 300


def test_a_file_without_a_graph() -> None:
    file = _core.Safetensors.from_bytes(b"\x02\0\0\0\0\0\0\0{}", "empty.plan")
    with pytest.raises(AssetError, match=r"empty\.plan: the file: got no entry 'plan'"):
        _core.Int8Network(file)


@pytest.mark.parametrize("text", ["", "[", "[]", "3", '{"maps": [], "maps": []}', "[" * 1000])
def test_a_description_that_is_no_object(text: str) -> None:
    from safetensors.numpy import save

    data = save({"0.weights": np.ones(1, np.int8)}, {"plan": text})
    with pytest.raises(AssetError, match=r"\Asome\.plan: [ -~]+\Z"):
        _core.Int8Network(_core.Safetensors.from_bytes(data, "some.plan"))


@pytest.mark.parametrize("size", [(9, 8), (8, 9), (0, 8), (8200, 8), (8, 12), (12, 12), (1 << 40, 8)])
def test_sizes_that_the_graph_cannot_take(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidArray, match=r"(height|width)"):
        sound().load().prepare(*size)


def test_a_graph_of_one_size_takes_no_other() -> None:
    file = sound()
    file.description["side"] = 8
    network = file.load()
    network.prepare(8, 8)
    with pytest.raises(InvalidArray, match="height: got 16, expected 8"):
        network.prepare(16, 8)


def test_maps_beyond_a_gibibyte() -> None:
    file = GraphFile()
    last = file.map(1, 8192, 1, 0)
    file.output("x", file.vector(1), [1])
    assert last == 1
    with pytest.raises(InvalidArray, match="gibibyte"):
        file.load().prepare(8192, 8192)


def test_a_detector_is_no_session() -> None:
    with pytest.raises(AssetError, match="free picture size"):
        NativeSession(ASSETS / "detector.plan")


def kernels_at(level: str) -> str:
    """The kernel family in use, by a process of its own: the level is read once. "": not capped."""
    program = ("import sys; from facesdk.inference.int8_engine import load_network as load; "
               "print(load(sys.argv[1])[0].kernels)")  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", program, str(ASSETS / "detector.plan")],
        env=os.environ | {"FACESDK_VECTOR_LEVEL": level}, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


@pytest.mark.parametrize("level", ["plain", "avx2", "avx512_vnni", "neon_dotprod"])
def test_the_vector_level_caps_the_kernels(level: str) -> None:
    chosen, best = kernels_at(level), kernels_at("")
    slower = {"plain": {"reference", "neon"}, "avx2": {"avx2", "reference"}}
    assert chosen == best or chosen in slower.get(level, set())
    if level == "plain":
        assert chosen in slower[level]
