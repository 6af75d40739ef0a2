"""Device graphs of the shipped networks, each traced once for all tests, and inputs for them."""

from __future__ import annotations

import functools

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from export.manifest import ASSETS
from export.networks import ShippedNetwork, shipped_networks
from export.onnx.device_graph import describe, device_graph
from export.onnx.plain_session import PlainSession
from export.onnx.to_onnx import smooth_crops

torch.set_num_threads(1)
SHIPPED = {network.name: network for network in shipped_networks()}


@functools.cache
def form(name: str, half: bool = False) -> nn.Module:
    return SHIPPED[name].make(ASSETS, half)


@functools.cache
def graph(name: str, half: bool = False) -> onnx.ModelProto:
    network = SHIPPED[name]
    example = torch.zeros(1, *network.shape)
    made = device_graph(form(name, half), example, network.input, network.outputs, dict(network.free))
    describe(made, ASSETS / network.asset)
    return made


def inputs(network: ShippedNetwork, count: int, seed: int) -> NDArray[np.float32]:
    """Smooth pictures, or normalised patches."""
    if len(network.shape) == 1:
        return np.random.default_rng(seed).normal(size=(count, *network.shape)).astype(np.float32)
    channels, height, width = network.shape
    pictures = smooth_crops(2 * count, max(height, width), seed)[:, :, :height, :width]
    joined = np.concatenate([pictures[:count], pictures[count:]], 1)[:, :channels]
    return np.ascontiguousarray(joined)


def run(model: onnx.ModelProto, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return list(PlainSession(model).run(values).values())
