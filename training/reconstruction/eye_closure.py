"""Predicting from an eye's pixels how far it is shut: facesdk/assets/eyes.safetensors.

The network's features forget an eye's few pixels. This small one sees nothing else: a patch round each eye of
the gray crop, cut by landmarks as uncertain as the network's own, under training's lights, blurs and noise;
many of the open eyes are drawn shut (augmentation/close_eyes.py). An eye that something hides counts as open.
"""

from __future__ import annotations

import time
from typing import Annotated

import numpy as np
import torch
import typer
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from facesdk import manifest
from facesdk.core import color
from facesdk.core.compiled import _core
from training.augmentation.augment import Augment, Batch, Jitter
from training.augmentation.occluders import occlude, wear_glasses
from training.augmentation.photometry import Photometry
from training.face_model.linear_face import load_linear_face
from training.options import FACE_MODEL, Out, ShardsFolder
from training.shards.load import load_shards

ACROSS, DOWN, WIDTH, CORNERS = _core.EYE_ACROSS, _core.EYE_DOWN, _core.EYE_WIDTH, _core.eye_corners()
ASSET = manifest.ASSETS / manifest.EYES
SIZE, BATCH, UNITS = 96, 64, 48
STRAY = 0.008  # crop sides: how far a landmark of the network is off
HIDDEN_BY_GLASSES, HIDDEN_BY_OTHERS = 0.2, 0.15  # share of the crops
HIDDEN = 0.1  # mean change of brightness from which an eye no longer shows
FACING = 0.5  # cosine of the turn from which the far eye shows nothing
LUMA = torch.from_numpy(color.LUMA)


def patches(gray: Tensor, points: Tensor) -> Tensor:
    """Eyes (n, 2, DOWN * ACROSS) of gray crops (n, S, S) with landmarks (n, 68, 2), crop sides: as
    csrc/pipeline/eye_closure.cpp samples them."""
    seen = cut(gray, points)
    return (seen - seen.mean(2, keepdim=True)) / (seen.std(2, keepdim=True) + 0.02)


def cut(gray: Tensor, points: Tensor) -> Tensor:
    """The same with brightness and contrast."""
    out = []
    for outer, inner in CORNERS:
        a, b = points[:, outer], points[:, inner]
        half = WIDTH * (b - a) / 2
        down = torch.stack([-half[:, 1], half[:, 0]], 1)
        if outer > inner:
            down = -down
        u, v = torch.meshgrid(
            torch.linspace(-1, 1, ACROSS), torch.linspace(-1, 1, DOWN) * DOWN / ACROSS, indexing="xy"
        )
        middle = ((a + b) / 2)[:, None, None]
        grid = middle + u[..., None] * half[:, None, None] + v[..., None] * down[:, None, None]
        seen = F.grid_sample(gray[:, None], 2 * grid, align_corners=False, padding_mode="border")
        out.append(seen.flatten(1))
    return torch.stack(out, 1)


def drawn(
    augment: Augment, rows: Tensor, jitter: Jitter, photometry: Photometry | None, stray: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Patches (m, DOWN * ACROSS), how far each eye is shut (m,), and which came from whom (m,)."""
    batch: Batch = augment.draw(rows, SIZE, jitter, photometry)
    noise = stray * torch.randn(batch.points.shape, generator=augment.generator)
    share = batch.delta[:, augment.face.blink].flip(1)  # the person's right eye first, as in CORNERS
    gray = (batch.crops * LUMA[:, None, None]).sum(1)
    if photometry is not None:
        before = cut(gray, batch.points)
        order = torch.randperm(len(rows), generator=augment.generator)
        some = order[: round(HIDDEN_BY_GLASSES * len(rows))]
        wear_glasses(batch.crops, batch.points, some, augment.generator)
        some = order[-round(HIDDEN_BY_OTHERS * len(rows)) :]
        occlude(batch.crops, some, augment.generator)
        gray = (batch.crops * LUMA[:, None, None]).sum(1)
        hidden = (cut(gray, batch.points) - before).abs().mean(2) > HIDDEN
        share = share.masked_fill(hidden, 0.0)
    seen = patches(gray, batch.points + noise)
    facing = (-batch.rotation[:, 2, 2] > FACING)[:, None].expand(-1, 2)
    return seen[facing], share[facing], torch.arange(len(rows))[:, None].expand(-1, 2)[facing]


def learn_eyes(
    shards_folder: ShardsFolder,
    minutes: Annotated[float, typer.Option(help="of training")] = 4.0,
    out: Out = ASSET,
) -> None:
    """Train the network that predicts how far an eye is shut."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    shards = load_shards(shards_folder, "cpu", 2)
    augment = Augment(shards, load_linear_face(FACE_MODEL), seed=3)
    rows, held = shards.split(0.10)
    real = torch.tensor([name != "profiled" for name in shards.sets])[
        torch.as_tensor(shards.set_index).long()
    ]
    usable = (shards.weight > 0) & real
    rows, held = rows[usable[rows]], held[usable[held]]
    closed = augment.face.closed_eyes(shards.labels["delta"])[rows]
    chances = 1 + 8 * closed
    photometry = Photometry(occluder=0.0, mask=0.0, glasses=0.0)
    network = nn.Sequential(
        nn.Linear(DOWN * ACROSS, UNITS),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(UNITS, 16),
        nn.ReLU(),
        nn.Linear(16, 1),
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    begun, step = time.perf_counter(), 0
    while (share := (time.perf_counter() - begun) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (1 - share) + 1e-5
        some = rows[torch.multinomial(chances, 2 * BATCH, replacement=True)]
        with torch.no_grad():
            seen, truth, _ = drawn(augment, some, Jitter(shut=0.4), photometry, STRAY)
        loss = F.binary_cross_entropy_with_logits(network(seen)[:, 0], truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 100 == 0:
            print(f"{step} steps, {share:.2f}, loss {loss.item():.3f}", flush=True)
    network.eval()
    report(network, augment, held, Jitter(shut=0.5), "half of them drawn shut")
    report(network, augment, held, Jitter(), "as they are")
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    tensors = {}
    for k, layer in enumerate(layers):
        tensors[f"{k}.weight"] = layer.weight.detach().numpy().astype(np.float16)
        tensors[f"{k}.bias"] = layer.bias.detach().numpy().astype(np.float32)
    save_file(tensors, out)


@torch.no_grad()
def report(network: nn.Module, augment: Augment, rows: Tensor, jitter: Jitter, title: str) -> None:
    """How well faces with both eyes shut are told from those with both open."""
    scores, truths = [], []
    for chunk in torch.split(rows, BATCH):
        seen, truth, whose = drawn(augment, chunk, jitter, None, STRAY)
        told = torch.sigmoid(network(seen)[:, 0])
        for face in range(len(chunk)):
            mine = whose == face
            if not mine.any():
                continue
            scores.append(float(told[mine].mean()))
            truths.append(float(truth[mine].mean()))
    score, true = np.array(scores), np.array(truths)
    shut, wide = score[true > 0.7], score[true < 0.05]
    better, alike = (shut[:, None] > wide).mean(), np.corrcoef(score, true)[0, 1]
    print(f"{title}: {len(shut)} shut, {len(wide)} open, AUC {better:.3f}, correlation {alike:.3f}")
