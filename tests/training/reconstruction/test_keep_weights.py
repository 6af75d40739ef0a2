"""Weights kept beside the code: small, and the mean of two networks lies between them."""

# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from training.loop import checkpoint
from training.networks.layout import Layout
from training.networks.mobile_facernet import build
from training.reconstruction.checkpoints import describe, load_average, load_weights
from training.reconstruction.keep_weights import interpolate, keep

LAYOUT = Layout(alpha=6, beta=4, delta=5)


def write(path: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    network = build("tiny", LAYOUT)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    meta = describe(network, "tiny") | {"progress": {"step": seed}}
    checkpoint.write(path, network, checkpoint.Average(network, 0.9).network, None, meta)
    return path


def test_kept_weights_say_what_the_checkpoint_says(tmp_path: Path) -> None:
    full, small = write(tmp_path / "a.safetensors", 1), tmp_path / "small.safetensors"
    keep(full, small)
    assert small.stat().st_size < 0.3 * full.stat().st_size  # one network of two, in half the bytes
    crops = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        wanted, found = (load_average(p)(crops)[1] for p in (full, small))
    assert torch.allclose(wanted, found, atol=2e-3)
    network = build("tiny", LAYOUT)
    assert load_weights(network, small) == []


def test_the_mean_lies_between_both(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.safetensors", 1), write(tmp_path / "b.safetensors", 2)
    keep(a, tmp_path / "mean.safetensors", b, 0.25)
    name = "average.stem.0.0.weight"
    one, other, mean = (checkpoint.read(p)[0][name].float() for p in (a, b, tmp_path / "mean.safetensors"))
    assert torch.allclose(mean, 0.25 * one + 0.75 * other, atol=1e-3)
    assert not torch.allclose(mean, other, atol=1e-3)


def test_networks_of_two_forms_have_no_mean() -> None:
    with pytest.raises(ValueError, match="checkpoints: b differ"):
        interpolate({"a": torch.zeros(1)}, {"a": torch.zeros(1), "b": torch.zeros(1)}, 0.5)
    with pytest.raises(ValueError, match="checkpoints: a differ"):
        interpolate({"a": torch.zeros(1)}, {"a": torch.zeros(2)}, 0.5)
