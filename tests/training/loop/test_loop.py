# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""The loop that all trainings share: schedule, logs, checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from torch import nn

from training.loop import checkpoint
from training.loop.loop import Loop
from training.loop.schedule import LOWEST_RATE, Progress, learning_rate
from training.loop.settings import LoopSettings

SETTINGS = LoopSettings(steps=30, batch=4, learning_rate=0.1, warmup_steps=5, average=0.5, weight_decay=0.0)


def loop_of(out: Path, settings: LoopSettings = SETTINGS) -> Loop[nn.Sequential]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    return Loop(network, settings, out, {"name": "x"})


def run(loop: Loop[nn.Sequential]) -> dict[str, float]:
    """Fit x0 + x1."""

    def step(share: float) -> dict[str, torch.Tensor]:
        x = torch.rand(16, 2, generator=torch.Generator().manual_seed(loop.progress.step))
        loss = (loop.network(x)[:, 0] - x.sum(1)).square().mean()
        loop.optimize(loss, share)
        return {"loss": loss.detach()}

    return loop.run(step, lambda: {"judged": 1.0})


def test_the_rate_rises_then_falls_to_nearly_nothing() -> None:
    rates = [learning_rate(SETTINGS, step, step / 30) for step in range(31)]
    assert rates[:5] == sorted(rates[:5])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == SETTINGS.learning_rate * LOWEST_RATE


def test_a_run_by_the_clock_ends_by_the_clock() -> None:
    settings = LoopSettings(minutes=2.0, steps=10)
    assert Progress(step=1000, seconds=60).share(settings) == 0.5
    assert Progress(seconds=999).share(settings) == 1.0
    assert Progress(step=5, seconds=999).share(LoopSettings(steps=10)) == 0.5


def test_a_run_learns_and_leaves_its_files(tmp_path: Path) -> None:
    loop = loop_of(tmp_path / "run")
    assert run(loop) == {"judged": 1.0}
    assert (loop.progress.step, loop.progress.images) == (30, 120)
    assert not loop.network[1].training  # norms stand still in the last tenth
    x = torch.rand(64, 2)
    assert (loop.average.network(x)[:, 0] - x.sum(1)).abs().mean() < 0.2
    tensors, meta = checkpoint.read(tmp_path / "run" / "last.safetensors")
    assert meta == {"name": "x", "progress": vars(loop.progress)}
    assert {key.split(".")[0] for key in tensors} == {"network", "average", "optimizer"}
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == 30
    assert json.loads((tmp_path / "run" / "settings.json").read_text())["batch"] == 4


def test_a_resumed_run_ends_as_one_that_was_not_stopped(tmp_path: Path) -> None:
    whole = loop_of(tmp_path / "whole")
    run(whole)
    stopped = loop_of(tmp_path / "stopped")
    while stopped.progress.step < 12:
        share = stopped.share
        x = torch.rand(16, 2, generator=torch.Generator().manual_seed(stopped.progress.step))
        stopped.optimize((stopped.network(x)[:, 0] - x.sum(1)).square().mean(), share)
    stopped.save()
    again = loop_of(tmp_path / "again")
    again.resume(tmp_path / "stopped" / "last.safetensors")
    run(again)
    for a, b in zip(whole.average.network.parameters(), again.average.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_weights_of_another_form_are_left_out_by_name(tmp_path: Path) -> None:
    loop = loop_of(tmp_path / "run")
    loop.save()
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    left_out = checkpoint.load_fitting(other, tmp_path / "run" / "last.safetensors", ("0.bias",))
    assert left_out == ["2.bias", "2.weight"]
    assert torch.equal(other[0].weight, loop.network[0].weight)
    assert not torch.equal(other[0].bias, loop.network[0].bias)
