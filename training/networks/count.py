"""Parameters and multiply-adds of each preset of the reconstruction network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.networks.layout import PAPER_LAYOUT
from training.networks.mobile_facernet import PRESETS, MobileFaceRNet, build


def parameters(network: nn.Module) -> int:
    """Number of trainable numbers."""
    return sum(p.numel() for p in network.parameters())


def multiply_adds(network: MobileFaceRNet) -> int:
    """Multiply-adds of the convolutions and linear layers for one crop of the preset's size."""
    total = 0

    def convolution(module: nn.Module, _: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d)
        total += out.numel() * module.weight[0].numel()

    def linear(module: nn.Module, _: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Linear)
        total += out.numel() * module.in_features

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(convolution))
        elif isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(linear))
    size = network.preset.input_size
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, size, size))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total


def network_sizes() -> None:
    """Print parameters and multiply-adds of each preset, with its own outputs and with the paper's 495."""
    print(f"{'preset':10s} {'input':>5s} {'outputs':>7s} {'M parameters':>12s} {'GMAC':>7s}")
    for name, preset in PRESETS.items():
        for layout in dict.fromkeys((preset.layout, PAPER_LAYOUT)):
            network = build(name, layout)
            count, work = parameters(network) / 1e6, multiply_adds(network) / 1e9
            print(f"{name:10s} {preset.input_size:5d} {layout.total:7d} {count:12.3f} {work:7.4f}")
