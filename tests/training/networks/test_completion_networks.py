# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""N_cont and N_syn: sizes of both presets, their inputs, norms that fold, discriminators."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")

from training.networks import completion_net, contour_net
from training.networks.completion_net import CompletionDiscriminator, CompletionNet, completion_input
from training.networks.contour_net import (
    ContourDiscriminator,
    ContourNet,
    complete_contours,
    contour_input,
)
from training.networks.count import multiply_adds, occlusion_networks, parameters
from training.networks.generator import ResidualBlock
from training.networks.mask_net import fold_norms

torch.set_num_threads(1)
KINDS = [(ContourNet, contour_net.CHANNELS, 1), (CompletionNet, completion_net.CHANNELS, 3)]


def test_the_edge_networks_together_keep_to_their_budget() -> None:
    edge = [row for row in occlusion_networks() if row[0].endswith("edge")]
    assert len(edge) == 3
    assert sum(parameters(network) for _, network, _, _ in edge) <= 3_000_000  # a byte each
    assert sum(multiply_adds(network, side, c) for _, network, side, c in edge) <= 1.5e9


@pytest.mark.parametrize("preset", ["edge", "paper"])
@pytest.mark.parametrize(("kind", "channels", "outputs"), KINDS)
def test_maps_keep_the_picture_s_size(
    kind: type[torch.nn.Module], channels: int, outputs: int, preset: str
) -> None:
    network = kind(preset).eval()
    with torch.no_grad():
        assert network(torch.rand(2, channels, 64, 64)).shape == (2, outputs, 64, 64)
    assert network.side == (128 if preset == "edge" else 256)


def test_n_syn_has_four_residual_blocks_in_both_presets() -> None:
    for preset in ("edge", "paper"):
        blocks = [m for m in CompletionNet(preset).modules() if isinstance(m, ResidualBlock)]
        assert len(blocks) == 4


@pytest.mark.parametrize(("kind", "channels", "outputs"), KINDS)
def test_every_norm_of_an_edge_network_folds(
    kind: type[torch.nn.Module], channels: int, outputs: int
) -> None:
    torch.manual_seed(0)
    network = kind("edge")
    for _ in range(3):
        network(torch.rand(4, channels, 32, 32))  # statistics that are not the initial ones
    network.eval()
    pictures = torch.rand(1, channels, 32, 32)
    folded = fold_norms(copy.deepcopy(network))
    assert not [m for m in folded.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert torch.allclose(folded(pictures), network(pictures), atol=1e-3)


def test_nothing_covered_reaches_the_inputs() -> None:
    generator = torch.Generator().manual_seed(0)
    mask = (torch.rand(2, 1, 16, 16, generator=generator) < 0.5).float()
    photo, other = torch.rand(2, 2, 3, 16, 16, generator=generator)
    contours = (torch.rand(2, 1, 16, 16, generator=generator) < 0.2).float()
    changed = torch.where(mask > 0, other, photo)
    filled = torch.where(mask > 0, 1 - contours, contours)
    gray, changed_gray = photo[:, :1], changed[:, :1]
    assert torch.equal(contour_input(gray, mask, contours), contour_input(changed_gray, mask, filled))
    assert torch.equal(completion_input(photo, contours, mask), completion_input(changed, contours, mask))


def test_the_plane_of_n_syn_tells_mask_and_contours() -> None:
    mask = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(1, 1, 1, 4)
    contours = torch.tensor([0.0, 1.0, 0.0, 1.0]).view(1, 1, 1, 4)
    plane = completion_input(torch.zeros(1, 3, 1, 4), contours, mask)[:, 3].flatten()
    assert torch.equal((plane * 255).round(), torch.tensor([0.0, 85.0, 170.0, 255.0]))


def test_predicted_contours_fill_only_what_is_covered() -> None:
    mask = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    out = complete_contours(torch.full_like(mask, 0.25), torch.full_like(mask, 0.75), mask)
    assert out.flatten().tolist() == [0.25, 0.75]


@pytest.mark.parametrize(("kind", "channels"), [(ContourDiscriminator, 2), (CompletionDiscriminator, 4)])
def test_discriminators_give_patches_and_the_activations_before(
    kind: type[torch.nn.Module], channels: int
) -> None:
    logits, activations = kind("edge")(torch.rand(2, channels, 128, 128))
    assert logits.shape == (2, 1, 14, 14)
    assert [a.shape[2] for a in activations] == [64, 32, 16, 15]
