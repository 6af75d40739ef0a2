# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""A short run learns, resumes and writes what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.training.fakes import write_face_asset, write_shards
from training.augmentation.augment import check_sizes
from training.face_model.linear_face import load_linear_face
from training.loop.settings import load_settings
from training.reconstruction.checkpoints import load_average, load_weights
from training.reconstruction.settings import Settings
from training.reconstruction.train import Trainer
from training.shards.load import load_shards

torch.set_num_threads(1)
CONFIGS = Path(__file__).parents[3] / "training" / "configs" / "reconstruction"


def make(folder: Path, **changes: object) -> Trainer:
    folder.mkdir(parents=True, exist_ok=True)
    asset = write_face_asset(folder / "face.safetensors")
    write_shards(folder / "shards", rows=12, shards=1)
    settings = Settings(preset="tiny", batch=4, sizes=((0.0, 64),), warmup_steps=2, held_out=0.2, **changes)  # type: ignore[arg-type]
    return Trainer(load_shards(folder / "shards"), settings, folder / "run", asset, "cpu")


def test_loss_falls_on_a_few_rows(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=60, learning_rate=3e-3)
    first = float(trainer.step(0.0)["land"])
    trainer.run()
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert lines[0]["land"] < first
    assert set(lines[-1]["held_out"]) == {"landmarks", "points", "degrees", "surface_mm", "sureness"}
    network = load_average(tmp_path / "run" / "final.safetensors")
    x, points, *_ = network(torch.rand(1, 3, 96, 96))
    assert x.shape == (1, network.preset.layout.total)
    assert points.shape == (1, 68, 2)


def test_resume_goes_on_where_it_stopped(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=3)
    trainer.run()
    again = make(tmp_path, steps=5)
    again.resume(tmp_path / "run" / "last.safetensors")
    assert again.loop.progress.step == 3
    for a, b in zip(trainer.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)
    moments = [s["exp_avg"] for s in again.loop.optimizer.state.values()]
    assert len(moments) == len(list(again.network.parameters()))
    again.run()
    assert again.loop.progress.step == 5


def test_rows_without_labels_do_no_harm(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=2)
    shards = trainer.augment.shards
    shards.weight[:] = 0
    shards.points_weight[:6] = 0
    terms = trainer.step(0.0)
    assert torch.isfinite(terms["total"])
    assert float(terms["surface"]) == 0.0


def test_labels_of_another_face_model_are_refused(tmp_path: Path) -> None:
    shards = make(tmp_path).augment.shards
    shards.labels["alpha"] = shards.labels["alpha"][:, :3]
    with pytest.raises(ValueError, match="alpha has 3 columns, the face model has 6"):
        check_sizes(shards, load_linear_face(tmp_path / "face.safetensors"))
    shards.labels["alpha"] = torch.zeros(len(shards), 6)
    shards.light_weight[:] = 0
    shards.labels["beta"] = torch.zeros(len(shards), 9)
    check_sizes(shards, load_linear_face(tmp_path / "face.safetensors"))
    assert shards.labels["beta"].shape[1] == 4


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda p: p.stem)
def test_configs_are_readable(path: Path) -> None:
    assert load_settings(Settings, path).minutes > 0


def test_frozen_parts_keep_weights_and_statistics(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=3, freeze=("stem",), learning_rate=1e-2)
    before = {k: v.clone() for k, v in trainer.network.state_dict().items()}
    trainer.run()
    after = trainer.network.state_dict()
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert not [k for k in changed if k.startswith("stem.")]
    assert any(k.startswith("stages.") for k in changed)
    with pytest.raises(AttributeError):
        make(tmp_path / "other", steps=1, freeze=("steam",)).run()


def test_kept_statistics_start_from_the_other_network_s_outputs(tmp_path: Path) -> None:
    first = make(tmp_path, steps=2)
    first.run()
    other = make(tmp_path / "other", steps=2)
    other.network.mean += 0.5  # labels of other sets have other statistics
    crops = torch.rand(2, 3, 64, 64)
    wanted = first.loop.average.network(crops)[0]
    for keep in (False, True):
        load_weights(other.network, tmp_path / "run" / "final.safetensors", keep)
        other.network.eval()
        assert torch.allclose(other.network(crops)[0], wanted, atol=1e-5) == keep
