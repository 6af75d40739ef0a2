"""Parameters and multiply-adds of each preset of the reconstruction and occlusion networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.networks import completion_net, contour_net
from training.networks.completion_net import CompletionNet
from training.networks.contour_net import ContourNet
from training.networks.layout import PAPER_LAYOUT
from training.networks.mask_net import MASK_SIDE, MaskNet
from training.networks.mobile_facernet import PRESETS, build


def parameters(network: nn.Module) -> int:
    """Number of trainable numbers."""
    return sum(p.numel() for p in network.parameters())


def multiply_adds(network: nn.Module, size: int, channels: int = 3) -> int:
    """Multiply-adds of the convolutions and linear layers for one picture (channels, size, size)."""
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
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, channels, size, size))
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
            count, work = parameters(network) / 1e6, multiply_adds(network, preset.input_size) / 1e9
            print(f"{name:10s} {preset.input_size:5d} {layout.total:7d} {count:12.3f} {work:7.4f}")
    print(f"\n{'occlusion':22s} {'input':>5s} {'M parameters':>12s} {'GMAC':>7s}")
    total_count = total_work = 0.0
    for name, net, size, channels in occlusion_networks():
        count, work = parameters(net) / 1e6, multiply_adds(net, size, channels) / 1e9
        print(f"{name:22s} {size:5d} {count:12.3f} {work:7.4f}")
        if name.endswith("edge"):
            total_count, total_work = total_count + count, total_work + work
    print(f"{'edge together':22s} {'':5s} {total_count:12.3f} {total_work:7.4f}")


def occlusion_networks() -> list[tuple[str, nn.Module, int, int]]:
    """Name, network, side in px and input channels of paper 2's networks, the preset at the name's end."""
    out: list[tuple[str, nn.Module, int, int]] = [("N_mask edge", MaskNet(), MASK_SIDE, 3)]
    for preset in ("edge", "paper"):
        for name, kind, channels in (
            ("N_cont", ContourNet, contour_net.CHANNELS), ("N_syn", CompletionNet, completion_net.CHANNELS),
        ):  # fmt: skip
            network = kind(preset)
            out.append((f"{name} {preset}", network, network.side, channels))
    return out
