"""Shapes, sizes and promises of the network's forms."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.networks.blocks import HalvingAttention, receptive_field  # noqa: E402
from training.networks.count import multiply_adds, parameters  # noqa: E402
from training.networks.heads import soft_argmax  # noqa: E402
from training.networks.layout import PAPER_LAYOUT, Layout  # noqa: E402
from training.networks.mobile_facernet import COMPARED, PRESETS, ExportForm, build  # noqa: E402
from training.networks.trunks import OTHERS  # noqa: E402

torch.set_num_threads(1)


def test_receptive_field_is_the_papers() -> None:
    assert receptive_field(1) == 11
    assert receptive_field(5) == 51
    assert receptive_field(1, dilations=(1, 1, 1)) == 7
    assert receptive_field(5, dilations=(1, 1, 1)) == 31


def test_receptive_field_of_the_built_units() -> None:
    """Whatever moves when one pixel in the middle changes lies inside 51 x 51, and reaches its border."""
    units = build("paper").units.eval()
    for module in units.modules():  # weights of one sign, so that no contribution cancels
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.constant_(module.weight, 0.05)
    base = torch.zeros(1, 8, 71, 71, dtype=torch.float64)
    changed = base.clone()
    changed[:, :, 35, 35] = 1.0
    with torch.no_grad():
        moved = (units.double()(changed) != units(base)).any(1)[0]
    rows, columns = moved.any(1).nonzero(), moved.any(0).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 51
    assert int(columns.max() - columns.min()) + 1 == 51


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_size_of_the_495_output_form(name: str) -> None:
    network = build(name, PAPER_LAYOUT)
    assert PAPER_LAYOUT.total == 495
    assert parameters(network) <= 2.56e6
    assert multiply_adds(network, network.preset.input_size) <= 0.121e9


@pytest.mark.parametrize(("name", "size"), [("default", 96), ("default", 64), ("tiny", 96), ("paper", 64)])
def test_output_shapes_and_gradients(name: str, size: int) -> None:
    layout = Layout(alpha=5, beta=4, delta=3)
    network = build(name, layout)
    x, points, spread, presence = network(torch.rand(2, 3, size, size))
    assert x.shape == (2, layout.total)
    assert points.shape == (2, network.preset.points, 2)
    assert spread.shape == points.shape[:2]
    assert presence.shape == (2, 1 if network.preset.points else 0)
    (x.sum() + points.square().sum() + spread.sum() + presence.sum()).backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_compared_networks_give_the_same_outputs(name: str) -> None:
    layout = Layout(alpha=5, beta=4, delta=3)
    network = build(name, layout).eval()
    x, *others = network(torch.rand(2, 3, 64, 64))
    assert x.shape == (2, layout.total)
    assert all(other.numel() == 0 for other in others)


def test_compared_trunks_have_their_papers_sizes() -> None:
    """Published for 1,000 classes: ResNet-50 25.6 M and DenseNet-121 8.0 M parameters, their last layers of
    2.05 and 1.02 M included."""
    assert parameters(OTHERS["resnet50"]()) == pytest.approx(25.56e6 - 2.05e6, rel=0.01)
    assert parameters(OTHERS["densenet121"]()) == pytest.approx(7.98e6 - 1.02e6, rel=0.01)


def test_untrained_network_gives_the_mean_face() -> None:
    network = build("default", Layout(alpha=5, beta=4, delta=3)).eval()
    network.mean.fill_(2.0)
    x = network(torch.rand(2, 3, 96, 96))[0]
    assert torch.allclose(x, torch.full_like(x, 2.0), atol=0.3)


def test_export_form_holds_expressions_in_range() -> None:
    network = build("tiny", Layout(alpha=5, beta=4, delta=3)).eval()
    network.mean[9:12] = torch.tensor([-3.0, 0.5, 3.0])
    x = ExportForm(network)(torch.rand(1, 3, 96, 96))[0]
    assert x[0, 9] == 0.0
    assert 0.0 < x[0, 10] < 1.0
    assert x[0, 11] == 1.0


def test_soft_argmax_finds_a_peak() -> None:
    maps = torch.zeros(1, 1, 12, 12)
    maps[0, 0, 3, 8] = 50.0
    expected = torch.tensor([(8.5 / 12 - 0.5) * 1.1, (3.5 / 12 - 0.5) * 1.1])
    assert torch.allclose(soft_argmax(maps)[0, 0], expected, atol=1e-5)


def test_attention_follows_equation_9() -> None:
    module = HalvingAttention(8).eval()
    x = torch.rand(1, 8, 4, 4)
    torch.nn.init.zeros_(module.gate.weight)
    torch.nn.init.zeros_(module.gate.bias)
    assert torch.allclose(module(x), 1.5 * module.trunk(x))  # the gate's sigmoid is one half
