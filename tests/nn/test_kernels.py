"""Every kernel family gives the bytes of the NumPy reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import _core
from facesdk.inference.int8_engine import NativeSession, load_network
from facesdk.reference import network as reference
from tests.nn.graph_file import KERNELS, GraphFile, run

ASSETS = Path(__file__).parents[2] / "facesdk" / "assets"
every_family = pytest.mark.parametrize("kernels", KERNELS)


class Chain(GraphFile):
    """A picture, a first convolution that fills a map of `channels`, and random numbers for more."""

    def __init__(self, channels: int, side: int = 8, padding: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)
        self.zero = 7
        self.first = self.map(1, channels, padding, self.zero)
        self.picture = self.rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
        weights, bias, scale = self.numbers(channels, 9, 4)
        weights[:, :, 3] = 0
        self.conv([(0, False)], weights, bias, scale, self.first, pad=1)
        wide = np.concatenate([self.picture, np.zeros((side, side, 1), np.uint8)], 2)
        sums = reference.conv([(wide, 128, False)], weights, bias, scale, pad=1)
        self.bytes = reference.to_bytes(sums, self.zero)

    def numbers(
        self, outputs: int, taps: int, inputs: int
    ) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float32]]:
        """Weights, biases and scales whose sums fill a byte."""
        w = self.rng.integers(-127, 128, (outputs, taps, inputs), dtype=np.int8)
        bias = self.rng.integers(-20000, 20000, outputs, dtype=np.int32)
        spread = 60.0 * np.sqrt(taps * inputs) * 100
        return w, bias, (self.rng.uniform(0.5, 2, outputs) * 60 / spread).astype(np.float32)

    def read(self, kernels: str, map_: int, side: int, channels: int) -> NDArray[np.float32]:
        """A map less its zero point."""
        self.map_output("map", map_, side * side * channels)
        return run(self.load(kernels), self.picture)["map"].reshape(side, side, channels)


@every_family
@pytest.mark.parametrize("inputs", [16, 48])
@pytest.mark.parametrize("outputs", [16, 32, 48, 112])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "pad"), [(1, 1, 1, 0), (3, 1, 1, 1), (3, 2, 1, 1), (3, 1, 3, 3)]
)
def test_convolution(
    kernels: str, inputs: int, outputs: int, kernel: int, stride: int, dilation: int, pad: int
) -> None:
    chain = Chain(inputs)
    weights, bias, scale = chain.numbers(outputs, kernel**2, inputs)
    out = chain.map(stride, outputs, 0, 30)
    chain.conv([(chain.first, False)], weights, bias, scale, out, stride=stride, dilation=dilation, pad=pad)
    sums = reference.conv(
        [(chain.bytes, chain.zero, False)], weights, bias, scale, stride=stride, dilation=dilation, pad=pad
    )
    expected = reference.to_bytes(sums, 30)
    assert len(np.unique(expected)) > 20
    np.testing.assert_array_equal(chain.read(kernels, out, 8 // stride, outputs), expected.astype(int) - 30)


@every_family
@pytest.mark.parametrize("side", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("outputs", [16, 64])
def test_convolution_of_few_pixels(kernels: str, side: int, outputs: int) -> None:
    """Tiles that are not full: 1 to 49 pixels."""
    chain = Chain(16, side=side)
    weights, bias, scale = chain.numbers(outputs, 9, 16)
    out = chain.map(1, outputs, 0, 30)
    chain.conv([(chain.first, False)], weights, bias, scale, out, pad=1)
    expected = reference.to_bytes(
        reference.conv([(chain.bytes, chain.zero, False)], weights, bias, scale, pad=1), 30
    )
    np.testing.assert_array_equal(chain.read(kernels, out, side, outputs), expected.astype(int) - 30)


@every_family
@pytest.mark.parametrize("weight", [-127, 127])
@pytest.mark.parametrize("byte", [0, 1, 127, 128, 129, 255])
def test_extreme_products_do_not_saturate(kernels: str, weight: int, byte: int) -> None:
    """Every activation and every weight at its limit: the sums of two products need all of 16 bits."""
    file = GraphFile(padding=0, zero=0)
    held = file.map(1, 16, 0, 0)
    same = np.zeros((16, 1, 4), np.int8)
    same[:, :, 0] = 1
    file.conv([(0, False)], same, np.zeros(16, np.int32), np.ones(16, np.float32), held)
    exact = file.float_map(1, 16)
    file.conv(
        [(held, False)], np.full((16, 1, 16), weight, np.int8), np.full(16, 5, np.int32),
        np.ones(16, np.float32), exact, to_float=True,
    )  # fmt: skip
    file.description["outputs"]["sums"] = {"float_maps": [exact], "shape": [0, 16]}
    sums = run(file.load(kernels), np.full((4, 4, 3), byte, np.uint8))["sums"]
    np.testing.assert_array_equal(sums, np.full((16, 16), 5 + 16 * weight * byte))


@every_family
@pytest.mark.parametrize("outputs", [16, 64])
def test_sum_gate_and_several_sources(kernels: str, outputs: int) -> None:
    chain = Chain(outputs, seed=1)
    half = chain.map(2, 16, 0, 9)
    weights, bias, scale = chain.numbers(16, 9, outputs)
    chain.conv([(chain.first, False)], weights, bias, scale, half, stride=2, pad=1)
    small = reference.to_bytes(
        reference.conv([(chain.bytes, 7, False)], weights, bias, scale, stride=2, pad=1), 9
    )

    weights, bias, scale = chain.numbers(outputs, 1, 16 + outputs)
    sources = [(half, True), (chain.first, False)]
    summed, gated = chain.map(1, outputs, 0, 0), chain.map(1, outputs, 0, 5)
    factor = np.linspace(0.5, 1.5, 256, dtype=np.float32)
    chain.conv(sources, weights, bias, scale, summed, join="add", other=(chain.first, False), other_scale=0.7)
    chain.conv(
        sources, weights, bias, scale, gated, join="gate", other=(chain.first, False), gate_zero=99,
        gate=factor,
    )  # fmt: skip
    values = reference.conv([(small, 9, True), (chain.bytes, 7, False)], weights, bias, scale)
    expected = reference.to_bytes(reference.add(values, chain.bytes, 7, 0.7), 0)
    assert len(np.unique(expected)) > 20
    np.testing.assert_array_equal(chain.read(kernels, summed, 8, outputs), expected.astype(int))
    expected = reference.to_bytes(reference.gate(values, 99, factor, chain.bytes, 7), 5)
    assert len(np.unique(expected)) > 20
    np.testing.assert_array_equal(chain.read(kernels, gated, 8, outputs), expected.astype(int) - 5)


@every_family
@pytest.mark.parametrize("outputs", [16, 64])
def test_sum_with_an_upsampled_map(kernels: str, outputs: int) -> None:
    chain = Chain(16, seed=5)
    half, out = chain.map(2, outputs, 0, 9), chain.map(1, outputs, 0, 3)
    weights, bias, scale = chain.numbers(outputs, 9, 16)
    chain.conv([(chain.first, False)], weights, bias, scale, half, stride=2, pad=1)
    small = reference.to_bytes(
        reference.conv([(chain.bytes, 7, False)], weights, bias, scale, stride=2, pad=1), 9
    )
    weights, bias, scale = chain.numbers(outputs, 1, 16)
    chain.conv([(chain.first, False)], weights, bias, scale, out, join="add", other=(half, True),
               other_scale=0.5)  # fmt: skip
    values = reference.conv([(chain.bytes, 7, False)], weights, bias, scale)
    upsampled = small.repeat(2, 0).repeat(2, 1)
    expected = reference.to_bytes(reference.add(values, upsampled, 9, 0.5), 3)
    np.testing.assert_array_equal(chain.read(kernels, out, 8, outputs), expected.astype(int) - 3)


@every_family
@pytest.mark.parametrize("channels", [16, 32, 64, 96, 144])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise(kernels: str, channels: int, stride: int) -> None:
    chain = Chain(channels, seed=2)
    weights = chain.rng.integers(-127, 128, (9, channels), dtype=np.int8)
    bias = chain.rng.integers(-5000, 5000, channels, dtype=np.int32)
    scale = chain.rng.uniform(0.002, 0.01, channels).astype(np.float32)
    out = chain.map(stride, channels, 0, 90)
    chain.step(
        "depthwise",
        {"weights": weights, "bias": bias, "scale": scale},
        source=chain.first,
        stride=stride,
        out=out,
    )
    expected = reference.to_bytes(
        reference.depthwise(chain.bytes, 7, weights, bias, scale, stride=stride), 90
    )
    assert len(np.unique(expected)) > 20
    np.testing.assert_array_equal(chain.read(kernels, out, 8 // stride, channels), expected.astype(int) - 90)


@every_family
@pytest.mark.parametrize("channels", [16, 48])
def test_depthwise_of_an_upsampled_map_and_a_picture_as_output(kernels: str, channels: int) -> None:
    chain = Chain(16, seed=9)
    chain.description["side"] = 8
    half, twice, out = (chain.map(stride, channels, 1, zero) for stride, zero in ((2, 9), (1, 9), (1, 90)))
    weights, bias, scale = chain.numbers(channels, 9, 16)
    chain.conv([(chain.first, False)], weights, bias, scale, half, stride=2, pad=1)
    small = reference.to_bytes(
        reference.conv([(chain.bytes, 7, False)], weights, bias, scale, stride=2, pad=1), 9
    )
    chain.step("upsample", source=half, out=twice)
    taps = chain.rng.integers(-127, 128, (9, channels), dtype=np.int8)
    none, each = np.zeros(channels, np.int32), np.full(channels, 0.004, np.float32)
    chain.step("depthwise", {"weights": taps, "bias": none, "scale": each}, source=twice, stride=1, out=out)
    weights, bias, scale = chain.numbers(16, 1, channels)
    picture = chain.float_map(1, 16)
    chain.conv([(out, False)], weights, bias, scale, picture, to_float=True)
    chain.description["outputs"]["picture"] = {"float_maps": [picture], "shape": [8, 8, 3]}
    sums = reference.depthwise(small.repeat(2, 0).repeat(2, 1), 9, taps, none, each)
    expected = reference.conv([(reference.to_bytes(sums, 90), 90, False)], weights, bias, scale)
    given = run(chain.load(kernels), chain.picture)["picture"]
    assert len(np.unique(given)) > 100
    np.testing.assert_array_equal(given, expected[..., :3])


def vectors_chain() -> tuple[Chain, list[NDArray[np.float64]], NDArray[np.float64]]:
    """Soft-argmax, mean and average pooling into a dense step, with what each should give."""
    chain = Chain(32, seed=3)
    weights, bias, scale = chain.numbers(32, 1, 32)
    scale *= np.float32(0.05)
    maps = chain.float_map(1, 32)
    chain.conv([(chain.first, False)], weights, bias, scale, maps, to_float=True)
    points, mean, colours = chain.vector(2 * 20), chain.vector(32), chain.vector(12)
    chain.step("peaks", source=maps, points=20, extent=1.1, out=points)
    chain.step("mean", source=chain.first, scale=0.02, out=mean)
    chain.step("thumbnail", cells=2, out=colours)
    inputs = 40 + 32 + 12
    matrix = chain.rng.integers(-127, 128, (80, inputs), dtype=np.int8)
    steps, offset = chain.rng.uniform(0.001, 0.01, (2, 80)).astype(np.float32)
    bounds = {"low": np.full(80, -0.3, np.float32), "high": np.full(80, 0.4, np.float32)}
    out = chain.vector(80)
    chain.step("dense", {"weights": matrix, "scale": steps, "bias": offset, **bounds},
               inputs=[points, mean, colours], out=out)  # fmt: skip
    chain.output("points", points, [20, 2])
    chain.output("mean", mean, [32])
    chain.output("colours", colours, [12])
    chain.output("dense", out, [80])
    sums = reference.conv([(chain.bytes, 7, False)], weights, bias, scale)
    expected = [
        reference.soft_argmax(sums[..., :20], 1.1).ravel(),
        (chain.bytes.astype(float) - 7).mean((0, 1)) * 0.02,
        chain.picture.reshape(2, 4, 2, 4, 3).mean((1, 3)).ravel() / 255,
    ]
    wanted = np.clip(reference.dense(np.concatenate(expected), matrix, steps, offset), -0.3, 0.4)
    return chain, expected, wanted


@every_family
def test_vectors(kernels: str) -> None:
    chain, expected, wanted = vectors_chain()
    given = run(chain.load(kernels), chain.picture)
    for name, values in zip(("points", "mean", "colours"), expected, strict=True):
        np.testing.assert_allclose(given[name].ravel(), np.ravel(values), atol=2e-6)
    np.testing.assert_allclose(given["dense"], wanted, atol=1e-5)
    assert (wanted > -0.3).any()
    assert (wanted < 0.4).any()
    for name, bits in run(chain.load("reference"), chain.picture).items():
        np.testing.assert_array_equal(given[name], bits)


@every_family
@pytest.mark.parametrize("name", ["mobile_facernet", "mobile_facernet_tiny"])
def test_bundled_networks_give_the_bits_of_the_reference(kernels: str, name: str) -> None:
    crops = np.random.default_rng(6).random((2, 3, 96, 96), np.float32)
    exact = NativeSession(ASSETS / f"{name}.plan", kernels="reference").run(crops)
    given = NativeSession(ASSETS / f"{name}.plan", kernels=kernels).run(crops)
    assert set(exact) == {"x", "points", "spread", "presence"}
    for output, values in exact.items():
        np.testing.assert_array_equal(given[output], values)


@every_family
def test_the_bundled_detector_gives_the_bits_of_the_reference(kernels: str) -> None:
    picture = np.random.default_rng(7).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    exact, given = (
        run(load_network(ASSETS / "detector.plan", k)[0], picture) for k in ("reference", kernels)
    )
    assert exact["cells"].shape == (8 * 12 + 4 * 6 + 2 * 3, 15)
    np.testing.assert_array_equal(given["cells"], exact["cells"])


def test_the_fastest_family_is_chosen() -> None:
    order = [name for name in KERNELS if load_network(ASSETS / "detector.plan", name)[0].kernels == name]
    assert load_network(ASSETS / "detector.plan")[0].kernels in order
    with pytest.raises(Exception, match="kernels: got 'mmx'"):
        load_network(ASSETS / "detector.plan", "mmx")


def test_runs_of_one_network_on_several_threads() -> None:
    crops = np.random.default_rng(8).random((16, 3, 96, 96), np.float32)
    one, many = (NativeSession(ASSETS / "mobile_facernet_tiny.plan", threads=n).run(crops) for n in (1, 8))
    for name, values in one.items():
        np.testing.assert_array_equal(many[name], values)


def test_networks_made_and_freed_many_times() -> None:
    """Weights belong to their network: one at the address of another must not read the other's."""
    pictures = [Chain(16, seed=seed) for seed in range(3)]
    for chain in pictures:
        chain.map_output("map", chain.first, 8 * 8 * 16)
    data = [chain.data() for chain in pictures]
    for turn in range(1000):
        chain = pictures[turn % 3]
        network = _core.Int8Network(_core.Safetensors.from_bytes(data[turn % 3], "some.plan"))
        given = run(network, chain.picture)["map"].reshape(8, 8, 16)
        np.testing.assert_array_equal(given, chain.bytes.astype(int) - chain.zero)
