"""The kernels of quantised networks: plain, vector and NumPy twin give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from facesdk import _core
from facesdk.errors import InvalidArray
from facesdk.reference import network as twin

EMPTY = np.zeros(0, np.float32)
NONE = (0, False)
LUMA = np.array([0.299, 0.587, 0.114])


@pytest.fixture(params=["plain", "vector"])
def kernels(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test with the plain kernels and, where the CPU has them, with the vector ones."""
    _core.use_plain_network(request.param == "plain")
    if request.param == "vector" and _core.network_is_plain():
        pytest.skip("needs AVX-512 VNNI")
    yield request.param
    _core.use_plain_network(False)


class Chain:
    """A picture, a first convolution that fills a map of `channels`, and random numbers for more."""

    def __init__(self, channels: int, side: int = 8, halo: int = 3, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.plan, self.side, self.zero = _core.Plan(), side, 7
        self.plan.map(1, 4, 1, 128)
        self.map = self.plan.map(1, channels, halo, self.zero)
        self.picture = self.rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
        weights, bias, scale = self.weights(channels, 9, 4)
        weights[:, :, 3] = 0
        self.plan.conv(
            [(0, False)], 1, 1, 1, weights, bias, scale, self.map, False, "none", NONE, 0.0, 0, EMPTY
        )
        wide = np.concatenate([self.picture, np.zeros((side, side, 1), np.uint8)], 2)
        sums = twin.conv([(wide, 128, False)], weights, bias, scale, pad=1)
        self.bytes = twin.to_bytes(sums, self.zero)

    def weights(
        self, outputs: int, taps: int, inputs: int
    ) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float32]]:
        w = self.rng.integers(-127, 128, (outputs, taps, inputs), dtype=np.int8)
        bias = self.rng.integers(-20000, 20000, outputs, dtype=np.int32)
        spread = 60.0 * np.sqrt(taps * inputs) * 100
        return w, bias, (self.rng.uniform(0.5, 2, outputs) * 60 / spread).astype(np.float32)

    def run(self, stride: int = 1) -> _core.Run:
        run = _core.Run(self.plan, self.side, self.side)
        run.picture()[:, :, :3] = self.picture
        run.run()
        return run

    def values(self, run: _core.Run, vector: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        out = np.empty(shape, np.float32)
        run.read(vector, out)
        return out


def read_map(chain: Chain, index: int, side: int, channels: int) -> NDArray[np.float32]:
    """The bytes of a map, less its zero point, by way of a flatten step."""
    vector = chain.plan.vector(side * side * channels)
    chain.plan.flatten(index, 1.0, vector)
    return chain.values(chain.run(), vector, (side, side, channels))


@pytest.mark.parametrize("inputs", [16, 48])
@pytest.mark.parametrize("outputs", [16, 32, 48, 112])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "pad"), [(1, 1, 1, 0), (3, 1, 1, 1), (3, 2, 1, 1), (3, 1, 3, 3)]
)
def test_convolution_equals_the_twin(
    kernels: str, inputs: int, outputs: int, kernel: int, stride: int, dilation: int, pad: int
) -> None:
    chain = Chain(inputs)
    weights, bias, scale = chain.weights(outputs, kernel**2, inputs)
    out = chain.plan.map(stride, outputs, 0, 30)
    chain.plan.conv(
        [(chain.map, False)], stride, dilation, pad, weights, bias, scale, out, False, "none", NONE,
                    0.0, 0, EMPTY)  # fmt: skip
    sums = twin.conv(
        [(chain.bytes, chain.zero, False)], weights, bias, scale, stride=stride, dilation=dilation, pad=pad
    )
    expected = twin.to_bytes(sums, 30)
    assert len(np.unique(expected)) > 20
    np.testing.assert_array_equal(read_map(chain, out, 8 // stride, outputs), expected.astype(int) - 30)


@pytest.mark.parametrize("outputs", [16, 64])
def test_sum_attention_and_joined_sources(kernels: str, outputs: int) -> None:
    chain = Chain(outputs, seed=1)
    half = chain.plan.map(2, 16, 0, 9)
    weights, bias, scale = chain.weights(16, 9, outputs)
    chain.plan.conv(
        [(chain.map, False)], 2, 1, 1, weights, bias, scale, half, False, "none", NONE, 0.0, 0, EMPTY
    )
    small = twin.to_bytes(twin.conv([(chain.bytes, 7, False)], weights, bias, scale, stride=2, pad=1), 9)

    weights, bias, scale = chain.weights(outputs, 1, 16 + outputs)
    summed = chain.plan.map(1, outputs, 0, 0)
    sources = [(half, True), (chain.map, False)]
    chain.plan.conv(
        sources, 1, 1, 0, weights, bias, scale, summed, False, "add", (chain.map, False), 0.7, 0, EMPTY
    )
    values = twin.conv([(small, 9, True), (chain.bytes, 7, False)], weights, bias, scale)
    expected = twin.to_bytes(twin.add(values, chain.bytes, 7, 0.7), 0)
    np.testing.assert_array_equal(read_map(chain, summed, 8, outputs), expected.astype(int))

    factor = np.linspace(0.5, 1.5, 256, dtype=np.float32)
    gated = chain.plan.map(1, outputs, 0, 5)
    chain.plan.conv(
        sources, 1, 1, 0, weights, bias, scale, gated, False, "gate", (chain.map, False), 0.0, 99, factor
    )
    expected = twin.to_bytes(twin.gate(values, 99, factor, chain.bytes, 7), 5)
    np.testing.assert_array_equal(read_map(chain, gated, 8, outputs), expected.astype(int) - 5)


@pytest.mark.parametrize("channels", [16, 32, 64, 96, 144])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_equals_the_twin(kernels: str, channels: int, stride: int) -> None:
    chain = Chain(channels, seed=2)
    weights = chain.rng.integers(-127, 128, (9, channels), dtype=np.int8)
    bias = chain.rng.integers(-5000, 5000, channels, dtype=np.int32)
    scale = chain.rng.uniform(0.002, 0.01, channels).astype(np.float32)
    out = chain.plan.map(stride, channels, 0, 90)
    chain.plan.depthwise(chain.map, stride, weights, bias, scale, out)
    expected = twin.to_bytes(twin.depthwise(chain.bytes, 7, weights, bias, scale, stride=stride), 90)
    np.testing.assert_array_equal(read_map(chain, out, 8 // stride, channels), expected.astype(int) - 90)


def test_vectors_agree_with_the_twin(kernels: str) -> None:
    chain = Chain(32, seed=3)
    weights, bias, scale = chain.weights(32, 1, 32)
    maps = chain.plan.float_map(1, 32)
    chain.plan.conv(
        [(chain.map, False)],
        1,
        1,
        0,
        weights,
        bias,
        scale * np.float32(0.05),
        maps,
        True,
        "none",
        NONE,
        0.0,
        0,
        EMPTY,
    )
    points, mean, colours = chain.plan.vector(2 * 20), chain.plan.vector(32), chain.plan.vector(12)
    chain.plan.peaks(maps, 20, 1.1, points)
    chain.plan.mean(chain.map, 0.02, mean)
    chain.plan.thumbnail(2, colours)
    inputs = 40 + 32 + 12
    matrix = chain.rng.integers(-127, 128, (80, inputs), dtype=np.int8)
    steps, offset = chain.rng.uniform(0.001, 0.01, (2, 80)).astype(np.float32)
    low, high = np.full(80, -0.3, np.float32), np.full(80, 0.4, np.float32)
    out = chain.plan.vector(80)
    chain.plan.dense([points, mean, colours], matrix, steps, offset, low, high, out)
    run = chain.run()
    sums = twin.conv([(chain.bytes, 7, False)], weights, bias, scale * np.float32(0.05))
    expected = [
        twin.peaks(sums[..., :20], 1.1).ravel(),
        (chain.bytes.astype(float) - 7).mean((0, 1)) * 0.02,
        chain.picture.reshape(2, 4, 2, 4, 3).mean((1, 3)).ravel() / 255,
    ]
    for index, values in zip((points, mean, colours), expected, strict=True):
        np.testing.assert_allclose(run.vector(index), values, atol=2e-6)
    wanted = np.clip(twin.dense(np.concatenate(expected), matrix, steps, offset), low, high)
    np.testing.assert_allclose(run.vector(out), wanted, atol=1e-5)
    assert (wanted > -0.3).any()
    assert (wanted < 0.4).any()


def test_a_crop_lands_in_the_network_without_a_copy(kernels: str) -> None:
    from facesdk import ops

    plan = _core.Plan()
    plan.map(1, 4, 2, 77)
    run = _core.Run(plan, 32, 32)
    image = np.random.default_rng(4).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    matrix = np.array([[0.4, 0.1, -3], [-0.1, 0.4, 5]], np.float32)
    run.crop(image, matrix, 1)
    np.testing.assert_array_equal(run.picture()[:, :, :3], ops.warp(image, matrix, 32, normalize=False))
    gray = np.empty((32, 32), np.float32)
    run.gray(gray)
    np.testing.assert_allclose(
        gray, run.picture()[:, :, :3] @ np.array([0.299, 0.587, 0.114]) / 255, atol=1e-6
    )


def test_what_would_read_outside_is_refused() -> None:
    chain = Chain(16, halo=1)
    w, b, s = chain.weights(16, 9, 16)
    out = chain.plan.map(1, 16, 0, 0)
    half = chain.plan.map(2, 16, 0, 0)

    def conv(
        source: int, stride: int, dilation: int, pad: int, to: int, weights: NDArray[np.int8] = w
    ) -> None:
        chain.plan.conv(
            [(source, False)], stride, dilation, pad, weights, b, s, to, False, "none", NONE, 0.0, 0, EMPTY
        )

    for wrong in ((chain.map, 1, 3, 3, out), (99, 1, 1, 1, out), (chain.map, 1, 1, 1, 99),
                  (chain.map, 1, 1, 1, half), (chain.map, 2, 1, 1, out)):  # fmt: skip
        with pytest.raises(InvalidArray):
            conv(*wrong)
    for weights in (w[:, :, :8].copy(), w[:, :8].copy()):
        with pytest.raises(InvalidArray):
            conv(chain.map, 1, 1, 1, out, weights)
    with pytest.raises(InvalidArray, match="halo"):
        chain.plan.depthwise(out, 1, w[0], b, s, out)
    with pytest.raises(InvalidArray, match="multiple of 2"):
        _core.Run(chain.plan, 9, 9)
