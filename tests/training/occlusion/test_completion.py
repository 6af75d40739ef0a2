# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""N_cont and N_syn: contours, batches, short runs of both presets, resuming, figures, sheets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")

import cv2
import numpy as np
from skimage.feature import canny

from tests.training.fakes import write_face_asset, write_shards
from tests.training.occlusion.fakes import make_assets, make_cutouts, plain_points
from training.augmentation.augment import Augment
from training.face_model.linear_face import load_linear_face
from training.loop.checkpoint import load_weights
from training.loop.settings import load_settings
from training.networks.completion_net import completion_input
from training.networks.contour_net import ContourNet
from training.occlusion import completion_evaluate
from training.occlusion.completion_batches import CompletionBatches, dilate
from training.occlusion.completion_evaluate import (
    completed,
    contour_figures,
    held_out_batches,
    picture_figures,
)
from training.occlusion.completion_settings import CompletionSettings, ContourSettings, PictureSettings
from training.occlusion.completion_train import CompletionTrainer, load_contour_net
from training.occlusion.contour_train import ContourTrainer, covered_entropy, predict_contours
from training.occlusion.contours import contours_of, gray_of
from training.occlusion.layers import Occluders
from training.occlusion.region import FaceRegion
from training.occlusion.style_features import StyleFeatures
from training.shards.load import load_shards

torch.set_num_threads(1)
CONFIGS = Path(__file__).parents[3] / "training" / "configs" / "occlusion"
SHORT: dict[str, Any] = {"batch": 4, "warmup_steps": 1, "held_out": 0.3, "evaluate_rows": 3}


def make_batches(folder: Path, settings: PictureSettings, side: int) -> CompletionBatches:
    folder.mkdir(parents=True, exist_ok=True)
    asset = write_face_asset(folder / "face.safetensors")
    write_shards(folder / "shards", rows=16, shards=1)
    shards = load_shards(folder / "shards")
    shards.points[:] = plain_points()
    augment = Augment(shards, load_linear_face(asset), settings.seed)
    return CompletionBatches(
        augment, FaceRegion(asset), Occluders(make_cutouts(), make_assets()), settings, side
    )


def contour_trainer(folder: Path, side: int = 32, **changes: Any) -> ContourTrainer:
    settings = ContourSettings(**(SHORT | {"entropy": 1.0} | changes))
    return ContourTrainer(make_batches(folder, settings, side), settings, folder / "contour")


def completion_trainer(
    folder: Path, contours: ContourNet | None, side: int = 32, **changes: Any
) -> CompletionTrainer:
    settings = CompletionSettings(**(SHORT | changes))
    return CompletionTrainer(make_batches(folder, settings, side), settings, folder / "syn", contours)


def test_contours_lie_on_edges_and_are_those_of_scikit_image() -> None:
    picture = np.zeros((64, 64), np.float32)
    cv2.circle(picture, (32, 32), 16, (1.0,), -1)
    found = contours_of(torch.from_numpy(picture)[None, None])[0, 0].numpy() > 0
    y, x = np.nonzero(found)
    assert np.abs(np.hypot(x - 32, y - 32) - 16).max() < 2
    wanted = canny(picture, sigma=1.8)
    near = cv2.dilate(wanted.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert near[found].mean() > 0.95
    assert abs(int(found.sum()) - int(wanted.sum())) < 0.25 * wanted.sum()


def test_a_flat_picture_has_no_contours_and_gray_is_luma() -> None:
    assert not contours_of(torch.full((1, 1, 32, 32), 0.7)).any()
    red = torch.zeros(1, 3, 2, 2)
    red[:, 0] = 1
    assert gray_of(red).mean() == pytest.approx(0.299)


def test_batches_hold_the_bare_photo_and_what_is_seen_of_it(tmp_path: Path) -> None:
    batches = make_batches(tmp_path, PictureSettings(**SHORT), 64)
    batch = batches.draw()
    assert batch.photo.shape == batch.seen.shape == (4, 3, 64, 64)
    assert set(batch.mask.unique().tolist()) <= {0.0, 1.0}
    assert 0 < float(batch.mask.mean()) < 1
    rim = dilate(batch.mask, 12) > 0
    same = (batch.seen == batch.photo).all(1, keepdim=True)
    assert same[~rim].all()  # the occluder shows at most along the mask
    assert not same[batch.mask > 0].all()
    assert torch.equal(batch.contours, contours_of(gray_of(batch.photo)))
    far = dilate(batch.mask, 24) == 0
    assert torch.equal(batch.seen_contours[far], batch.contours[far])
    assert not set(batches.train_rows.tolist()) & set(batches.held_rows.tolist())


def test_held_out_crops_are_the_same_at_every_call_and_keep_to_their_share(tmp_path: Path) -> None:
    batches = make_batches(tmp_path, PictureSettings(**SHORT), 64)
    before = batches.augment.generator.get_state()
    first = held_out_batches(batches)
    batches.draw()
    again = held_out_batches(batches)
    assert first
    for name, batch in first.items():
        low, high = completion_evaluate.SHARES[name]
        share = batch.mask.mean((1, 2, 3))
        assert ((share >= low) & (share <= high)).all()
        assert torch.equal(batch.photo, again[name].photo)
        assert torch.equal(batch.mask, again[name].mask)
    batches.augment.generator.set_state(before)


def test_figures_of_the_truth_and_of_nothing(tmp_path: Path) -> None:
    held = held_out_batches(make_batches(tmp_path, PictureSettings(**SHORT), 64))
    right = contour_figures(lambda batch: batch.contours, held)
    assert {value for name, value in right.items() if name.startswith("precision")} == {1.0}
    none = contour_figures(lambda batch: torch.zeros_like(batch.contours), held)
    assert {value for name, value in none.items() if name.startswith("recall")} == {0.0}
    perfect = picture_figures(lambda batch: batch.photo, held)
    worse = picture_figures(lambda batch: torch.zeros_like(batch.photo), held)
    for name in held:
        assert perfect[f"psnr_{name}"] > 60
        assert perfect[f"ssim_{name}"] == pytest.approx(1.0)
        assert worse[f"psnr_{name}"] < worse[f"whole_psnr_{name}"]
        assert worse[f"ssim_{name}"] < worse[f"whole_ssim_{name}"] < 1


def test_only_covered_pixels_of_a_picture_change(tmp_path: Path) -> None:
    batch = make_batches(tmp_path, PictureSettings(**SHORT), 32).draw()
    out = completed(batch, torch.full_like(batch.photo, 3.0))
    assert torch.equal(out[(batch.mask == 0).expand_as(out)], batch.photo[(batch.mask == 0).expand_as(out)])
    assert (out[(batch.mask > 0).expand_as(out)] == 1).all()


def test_entropy_counts_covered_pixels_alone(tmp_path: Path) -> None:
    batch = make_batches(tmp_path, PictureSettings(**SHORT), 32).draw()
    logits = torch.zeros_like(batch.mask, requires_grad=True)
    covered_entropy(logits, batch).backward()
    assert (logits.grad[batch.mask == 0] == 0).all()
    assert (logits.grad[(batch.mask > 0) & (batch.contours == 1)] < 0).all()


def test_a_short_run_of_n_cont_learns_and_writes_what_it_promises(tmp_path: Path) -> None:
    trainer = contour_trainer(tmp_path, steps=14, learning_rate=3e-3, average=0.8)
    first = [float(trainer.step(0.0)["entropy"]) for _ in range(2)]
    last: list[float] = []
    while trainer.loop.progress.step < 14:
        last.append(float(trainer.step(0.0)["entropy"]))
    assert sum(last[-4:]) / 4 < sum(first) / 2
    result = trainer.run()
    assert set(result) == {f"{what}_{name}" for what in ("precision", "recall") for name in trainer.held}
    lines = [json.loads(line) for line in (tmp_path / "contour" / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["held_out"] == result
    network = load_contour_net(tmp_path / "contour" / "contour_net.safetensors", "edge")
    batch = next(iter(trainer.held.values()))
    made = predict_contours(network, batch)
    again = predict_contours(trainer.loop.average.network.generator, batch)
    assert torch.allclose(made, again, atol=1e-4)  # another memory layout sums in another order
    checkpoint = load_weights(tmp_path / "contour" / "last.safetensors")
    assert set(checkpoint) == set(network.state_dict())


def test_a_run_goes_on_with_both_networks_and_their_moments(tmp_path: Path) -> None:
    trainer = contour_trainer(tmp_path, steps=2)
    trainer.run()
    again = contour_trainer(tmp_path, steps=3)
    again.resume(tmp_path / "contour" / "last.safetensors")
    assert again.loop.progress.step == 2
    for a, b in zip(trainer.loop.network.parameters(), again.loop.network.parameters(), strict=True):
        assert torch.equal(a, b)
        moments = (trainer.loop.optimizer.state[a], again.loop.optimizer.state[b])
        assert torch.equal(moments[0]["exp_avg"], moments[1]["exp_avg"])
    assert len(again.loop.optimizer.param_groups) == 3
    again.run()
    assert again.loop.progress.step == 3


def test_each_step_moves_only_its_own_network(tmp_path: Path) -> None:
    trainer = contour_trainer(tmp_path, steps=2, learning_rate=1e-2)
    pair = trainer.loop.network
    before = {k: v.clone() for k, v in pair.named_parameters()}
    trainer.step(0.0)
    moved = {k for k, v in pair.named_parameters() if not torch.equal(v, before[k])}
    assert {k.split(".")[0] for k in moved} == {"generator", "discriminator"}
    assert trainer.loop.progress.step == 1  # both steps are one of the run


@pytest.mark.parametrize("kind", ["contour", "completion"])
def test_the_discriminator_waits_for_its_share_and_a_run_goes_on_before(kind: str, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"steps": 4, "learning_rate": 1e-2, "adversarial_from": 0.5}

    def made() -> ContourTrainer | CompletionTrainer:
        if kind == "contour":
            return contour_trainer(tmp_path, **changes)
        return completion_trainer(tmp_path, None, **changes)

    first = made()
    first.step(0.0)
    first.loop.save()
    trainer = made()
    trainer.resume(first.loop.out / "last.safetensors")
    pair = trainer.loop.network
    moved = []
    for share in (0.4, 0.6):
        before = {k: v.clone() for k, v in pair.named_parameters()}
        terms = trainer.step(share)
        changed = {k for k, v in pair.named_parameters() if not torch.equal(v, before[k])}
        moved.append({k.split(".")[0] for k in changed})
        assert ("adversarial" in terms) == (share > 0.5)
    assert moved == [{"generator"}, {"generator", "discriminator"}]


def test_n_syn_learns_and_takes_predicted_contours_when_it_is_time(tmp_path: Path) -> None:
    contours = ContourNet().eval()
    trainer = completion_trainer(
        tmp_path, contours, steps=16, learning_rate=1e-2, predicted=0.5, predicted_from=0.5, average=0.8
    )
    batch = trainer.batches.draw()
    given = trainer.completed_contours(batch, 2)
    seen = batch.mask == 0
    assert torch.equal(given[seen], batch.seen_contours[seen])
    assert torch.equal(given[2:][~seen[2:]], batch.contours[2:][~seen[2:]])
    assert not torch.equal(given[:2][~seen[:2]], batch.contours[:2][~seen[:2]])

    def error() -> float:
        with torch.no_grad():
            picture = trainer.loop.network.generator(completion_input(batch.seen, given, batch.mask))
        return float((picture - batch.photo).abs().mean())

    first = error()
    result = trainer.run()
    assert error() < 0.8 * first
    assert {"psnr_10_15", "whole_ssim_10_15"} <= set(result) or {"psnr_20_30"} <= set(result)
    for path in (tmp_path / "syn").glob("sheet.png"):
        assert cv2.imread(str(path)).shape[1] == 6 * 32
    assert {p.requires_grad for p in trainer.contours.parameters()} == {False}


@pytest.mark.parametrize(("composite", "same"), [(True, True), (False, False)])
def test_composite_losses_do_not_count_what_is_seen(composite: bool, same: bool, tmp_path: Path) -> None:
    """With a generator that gives one colour, the loss depends on the covered pixels alone, or on all."""
    trainer = completion_trainer(tmp_path, None, steps=1, composite=composite, learning_rate=0.0)
    torch.nn.init.zeros_(trainer.loop.network.generator.exit.weight)
    batch = trainer.batches.draw()
    seen = (batch.mask == 0).expand_as(batch.photo)
    other = replace(batch, photo=torch.where(seen, torch.zeros(1), batch.photo))
    terms = []
    for one in (batch, other):
        trainer.batches.draw = lambda one=one: one  # type: ignore[method-assign]
        terms.append(float(trainer.step(0.0)["pixel"]))
    assert (terms[0] == pytest.approx(terms[1])) == same


def test_predicted_contours_need_an_n_cont(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"predicted: got 0\.5 without an N_cont"):
        completion_trainer(tmp_path, None, steps=1, predicted=0.5)


def test_style_as_printed_leaves_covered_pixels_alone(tmp_path: Path) -> None:
    trainer = completion_trainer(tmp_path, None, steps=1)
    batch = trainer.batches.draw()
    picture = torch.rand_like(batch.photo).requires_grad_()
    trainer.style(picture, batch).backward()
    covered = (batch.mask > 0).expand_as(picture)
    assert (picture.grad[covered] == 0).all()
    assert picture.grad[~covered].abs().sum() > 0


def test_style_features_are_the_shipped_network_s_first_maps() -> None:
    features = StyleFeatures()
    maps = features(torch.rand(1, 3, 128, 128))
    assert [tuple(m.shape[1:]) for m in maps] == [(16, 32, 32), (32, 32, 32), (16, 32, 32), (32, 16, 16)]
    assert not any(p.requires_grad for p in features.parameters())


def test_one_step_of_the_paper_s_presets(tmp_path: Path) -> None:
    """A quarter of the side: the same layers, a sixteenth of the time."""
    trainer = contour_trainer(tmp_path / "a", 64, preset="paper", batch=1, steps=1, evaluate_rows=1)
    assert all(bool(torch.isfinite(v)) for v in trainer.step(0.5).values())
    syn = completion_trainer(
        tmp_path / "b", ContourNet("paper").eval(), 64, preset="paper", batch=1, steps=1, evaluate_rows=1,
        predicted=1.0, predicted_from=0.0,
    )  # fmt: skip
    assert all(bool(torch.isfinite(v)) for v in syn.step(0.5).values())


@pytest.mark.slow
def test_one_step_of_the_paper_s_presets_at_full_size(tmp_path: Path) -> None:
    trainer = contour_trainer(tmp_path / "a", 256, preset="paper", batch=1, steps=1, evaluate_rows=1)
    assert all(bool(torch.isfinite(v)) for v in trainer.step(0.5).values())
    syn = completion_trainer(tmp_path / "b", None, 256, preset="paper", batch=1, steps=1, evaluate_rows=1)
    assert all(bool(torch.isfinite(v)) for v in syn.step(0.5).values())


@pytest.mark.parametrize("name", ["contour", "contour_paper", "completion", "completion_paper"])
def test_kept_configs_are_readable(name: str) -> None:
    kind: Any = ContourSettings if name.startswith("contour") else CompletionSettings
    settings = load_settings(kind, CONFIGS / f"{name}.toml")
    assert settings.preset == ("paper" if name.endswith("paper") else "edge")
    if kind is CompletionSettings:
        assert (settings.adversarial, settings.pixel, settings.style) == (0.1, 1.0, 250.0)
    else:
        assert (settings.adversarial, settings.matching) == (1.0, 11.5)
