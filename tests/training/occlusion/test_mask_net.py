"""N_mask: its size, its norms fold, a short run learns, resumes and stays within its cut-outs."""

# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file

from tests.training.fakes import write_face_asset, write_shards
from tests.training.occlusion.fakes import make_assets, make_cutouts
from training.loop import checkpoint
from training.loop.settings import load_settings
from training.networks.mask_net import MaskNet, fold_norms, parameter_count
from training.occlusion.evaluate import evaluate_mask
from training.occlusion.loss import pixel_loss, point_loss
from training.occlusion.settings import MaskSettings
from training.occlusion.train import MaskTrainer
from training.shards.load import load_shards

torch.set_num_threads(1)
CONFIG = Path(__file__).parents[3] / "training" / "configs" / "occlusion" / "mask.toml"


def make(folder: Path, **changes: object) -> MaskTrainer:
    asset = write_face_asset(folder / "face.safetensors")
    write_shards(folder / "shards", rows=16, shards=1)
    shards = load_shards(folder / "shards")
    shards.sets[:] = ["aflw_turned"] * len(shards.sets)
    shards.points_weight[:] = 1.0
    shards.points_weight[::2, 30:40] = 0.5  # half of the faces have hidden points
    settings = MaskSettings(**{"batch": 8, "warmup_steps": 2, "held_out": 0.3, "mapped": 0.25} | changes)  # type: ignore[arg-type]
    return MaskTrainer(shards, make_cutouts(), make_assets(), settings, folder / "run", asset)


def test_the_network_is_small_and_keeps_the_crop_s_size() -> None:
    network = MaskNet()
    assert 50_000 < parameter_count(network) <= 300_000
    assert network(torch.rand(2, 3, 128, 128)).shape == (2, 1, 128, 128)
    assert network(torch.rand(1, 3, 64, 64)).shape == (1, 1, 64, 64)


def test_norms_fold_into_the_convolutions() -> None:
    torch.manual_seed(0)
    network = MaskNet()
    network.train()
    for _ in range(3):
        network(torch.rand(4, 3, 64, 64))  # statistics that are not the initial ones
    network.eval()
    crops = torch.rand(2, 3, 64, 64)
    wanted = network(crops)
    folded = fold_norms(copy.deepcopy(network))
    assert not [m for m in folded.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert torch.allclose(folded(crops), wanted, atol=1e-4)


def test_unknown_pixels_and_points_do_not_count() -> None:
    logits = torch.zeros(1, 1, 8, 8, requires_grad=True)
    covered, weight = torch.ones(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    weight[..., :4] = 1
    pixel_loss(logits, covered, weight, 0.3).backward()
    assert (logits.grad[..., :4] < 0).all()
    assert (logits.grad[..., 4:] == 0).all()
    none = torch.zeros(1, 68)
    assert float(point_loss(logits.detach(), torch.zeros(1, 68, 2), none, none)) == 0


def test_a_bare_face_that_is_called_bare_costs_nothing() -> None:
    logits, weight = torch.full((1, 1, 16, 16), -20.0), torch.ones(1, 1, 16, 16)
    assert float(pixel_loss(logits, torch.zeros(1, 1, 16, 16), weight, 1.0)) < 1e-4
    assert float(pixel_loss(-logits, torch.zeros(1, 1, 16, 16), weight, 1.0)) > 10


def test_hidden_points_weigh_as_much_as_seen_ones() -> None:
    logits = torch.zeros(1, 1, 8, 8)
    logits[..., 4:] = 6.0
    points = torch.full((1, 68, 2), -0.3)
    points[0, 40, 0] = 0.3
    hidden, known = torch.zeros(1, 68), torch.ones(1, 68)
    hidden[0, 40] = 1
    right = float(point_loss(logits, points, hidden, known))
    wrong = float(point_loss(-logits, points, hidden, known))
    assert wrong > right + 2.9  # one hidden point among 67 seen ones is half of the loss


def test_a_short_run_learns_and_writes_what_it_promises(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=40, learning_rate=1e-2, average=0.9)
    batch = trainer.batches.draw()
    assert len(batch.crops) == 8
    assert batch.point_weight.any()
    assert batch.weight[-2:].any()  # the photos with pixel maps come last
    first = sum(float(trainer.step(0.0)["pixels"]) for _ in range(3)) / 3
    result = trainer.run()
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert lines[-2]["pixels"] < first
    assert set(result) == {"iou", "false_share", "face_iou", "point_auc"}
    assert result["face_iou"] > 0.6
    network = MaskNet()
    network.load_state_dict(load_file(tmp_path / "run" / "mask_net.safetensors"))
    again = evaluate_mask(network.eval(), trainer.batches, trainer.real_held)
    assert again == result


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    trainer = make(tmp_path, steps=2)
    trainer.run()
    again = make(tmp_path, steps=4)
    again.resume(tmp_path / "run" / "last.safetensors")
    assert again.loop.progress.step == 2
    for a, b in zip(trainer.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)
    again.run()
    assert again.loop.progress.step == 4


def test_checkpoints_that_hold_nothing_but_the_progress_are_resumed(tmp_path: Path) -> None:
    """The form that runs of N_mask had before their loop was shared."""
    trainer = make(tmp_path, steps=3)
    trainer.run()
    path = tmp_path / "run" / "last.safetensors"
    tensors, meta = checkpoint.read(path)
    save_file(tensors, path, {"training": json.dumps(meta["progress"])})
    again = make(tmp_path, steps=3)
    again.resume(path)
    assert vars(again.loop.progress) == vars(trainer.loop.progress)
    moments = [s["exp_avg"] for s in again.loop.optimizer.state.values()]
    assert len(moments) == len(list(again.network.parameters()))


def test_held_out_faces_and_photos_are_not_drawn(tmp_path: Path) -> None:
    batches = make(tmp_path, steps=1).batches
    drawn = set(batches.train_rows.tolist()) | set(batches.real_rows.tolist())
    assert not drawn & set(batches.held_rows.tolist())
    assert not batches.assets.held_out[batches.photo_rows].any()


def test_the_kept_config_is_readable_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    assert load_settings(MaskSettings, CONFIG).photometry.occluder == 0
    (tmp_path / "bad.toml").write_text("[mixture]\nghost = 1.0\n")
    with pytest.raises(ValueError, match="unknown setting ghost of Mixture"):
        load_settings(MaskSettings, tmp_path / "bad.toml")
