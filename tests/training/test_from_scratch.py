# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""From the kept fits and the photos to a network that finds landmarks, in about ten minutes on one core."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from facesdk import manifest

ROOT = Path(__file__).parents[2]
CONFIG = """
preset = "tiny"
minutes = 6
learning_rate = 3e-3
average = 0.99
sizes = [[0.0, 64]]
evaluate_minutes = 60
"""


def run(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", *map(str, arguments)], cwd=ROOT, check=True)


@pytest.mark.slow
def test_the_commands_train_a_network_from_scratch(data_dir: Path, tmp_path: Path) -> None:
    labels = ROOT / "training" / "labels" / "fits.npz"
    run("training", "pack-shards", "--data", data_dir, "--labels", labels, "--out", tmp_path / "shards")
    (tmp_path / "smoke.toml").write_text(CONFIG)
    run(
        "training", "train", "--shards", tmp_path / "shards", "--config", tmp_path / "smoke.toml",
        "--out", tmp_path / "run",
    )  # fmt: skip
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    held_out = lines[-1]["held_out"]
    # The mean face in the middle of the crop errs by 14 %.
    assert held_out["landmarks"] < 7
    assert held_out["degrees"] < 14
    out = tmp_path / manifest.NETWORK
    run(
        "export", "to-onnx", "--checkpoint", tmp_path / "run" / "final.safetensors", "--out", out,
        "--version", "smoke",
    )  # fmt: skip
    assert out.stat().st_size > 1_000_000
