"""Take the float32 weights of a shipped ONNX file into the torch network that it was traced from.

The files in facesdk/assets are the networks that users run; checkpoints are stored in float16 or come from a
later run. A traced graph lists its convolutions and matrices in the order in which the network calls them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

LAYERS = ("Conv", "Gemm")


def take_weights(network: nn.Module, file: Path, example: Tensor) -> None:
    """Fold a network's norms and give it the weights of its ONNX file, in place.

    Args:
        network: in the form that was exported, evaluated.
        file: ONNX, norms folded, traced from the same form.
        example: an input of the network.

    Raises:
        ValueError: number or shape of the layers differ.
    """
    fold_batch_norms(network, example)
    graph = onnx.load(str(file)).graph
    stored = _constants(graph)
    nodes = [node for node in graph.node if node.op_type in LAYERS]
    layers = _called_layers(network, example)
    if len(nodes) != len(layers):
        raise ValueError(
            f"{file.name}: got {len(nodes)} layers, expected {len(layers)} as the torch network has"
        )
    named = dict(network.named_buffers())
    with torch.no_grad():
        for layer, node in zip(layers, nodes, strict=True):
            given = [torch.from_numpy(stored[name].copy()) for name in node.input[1:]]
            own = [layer.weight] + ([layer.bias] if layer.bias is not None else [])
            if [t.shape for t in given] != [t.shape for t in own]:
                raise ValueError(
                    f"{file.name}, {node.name}: got {[tuple(t.shape) for t in given]}, "
                    f"expected {[tuple(t.shape) for t in own]}"
                )
            for target, value in zip(own, given, strict=True):
                target.copy_(value)
        for name in named.keys() & stored.keys():
            named[name].copy_(torch.from_numpy(stored[name].copy()))


def fold_batch_norms(network: nn.Module, example: Tensor) -> None:
    """Fold every batch norm behind a convolution into it, in place; the outputs stay up to rounding."""
    pairs: dict[nn.BatchNorm2d, nn.Conv2d] = {}
    last: list[tuple[nn.Conv2d, Tensor]] = []

    def convolved(module: nn.Module, _: tuple[Tensor, ...], out: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        last[:] = [(module, out)]

    def normalised(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        if last and inputs[0] is last[0][1]:
            pairs[module] = last[0][0]

    hooks = [m.register_forward_hook(convolved) for m in network.modules() if isinstance(m, nn.Conv2d)]
    hooks += [
        m.register_forward_pre_hook(normalised) for m in network.modules() if isinstance(m, nn.BatchNorm2d)
    ]
    with torch.no_grad():
        network(example)
    for hook in hooks:
        hook.remove()
    fused = {conv: torch.nn.utils.fuse_conv_bn_eval(conv, norm) for norm, conv in pairs.items()}
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if child in fused:
                setattr(module, name, fused[child])
            elif child in pairs:
                setattr(module, name, nn.Identity())


def _called_layers(network: nn.Module, example: Tensor) -> list[nn.Conv2d | nn.Linear]:
    """Convolutions and matrices in the order of their calls; one that is called twice comes twice."""
    called: list[nn.Conv2d | nn.Linear] = []

    def note(module: nn.Module, _: tuple[Tensor, ...], __: Tensor) -> None:
        assert isinstance(module, (nn.Conv2d, nn.Linear))
        called.append(module)

    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        network(example)
    for hook in hooks:
        hook.remove()
    return called


def _constants(graph: onnx.GraphProto) -> dict[str, NDArray[np.generic]]:
    """Initializers by name, also by the names that Identity nodes give them."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    return stored
