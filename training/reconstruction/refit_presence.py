"""The last layer of `presence` fitted anew, on crops that the network's training has not drawn.

The network stays as it is; from its hidden features a logistic regression tells faces, augmented and covered
as in training, from what the detector took for faces, from faces on their side or head and from signs
(training/detector/synthetic_signs.py), which no photo set shows. Minutes, where a training run takes hours.
"""

from __future__ import annotations

import json

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from training.augmentation.augment import Augment, Jitter
from training.augmentation.photometry import Photometry
from training.datasets.crop_frame import PACK_SIZE
from training.detector.synthetic_signs import sign
from training.face_model.linear_face import load_linear_face
from training.loop import checkpoint
from training.loop.cpu import prepare_cpu
from training.networks.heads import PointHead
from training.networks.mobile_facernet import MobileFaceRNet
from training.options import FACE_MODEL, CheckpointFile, Out, ShardsFolder, Threads
from training.reconstruction.checkpoints import load_average
from training.shards.load import load_shards

SIGNS, FACES, TURNED = 4000, 14_000, 3000
HELD_OUT = 0.03
DECAY = 1e-4
STEPS = 60
CHUNK = 64


def sign_crops(count: int, size: int, seed: int) -> Tensor:
    """(count, 3, size, size) of signs at all sizes, sharp or blurred, over each other."""
    rng = np.random.default_rng(seed)
    out = np.empty((count, size, size, 3), np.uint8)
    for k in range(count):
        ground = cv2.resize(sign(rng), (PACK_SIZE, PACK_SIZE))
        side = int(rng.integers(40, PACK_SIZE + 1))
        x, y = rng.integers(0, PACK_SIZE - side + 1, 2)
        ground[y : y + side, x : x + side] = cv2.resize(sign(rng), (side, side))
        small = int(np.exp(rng.uniform(np.log(18), np.log(size))))
        ground = cv2.resize(ground, (small, small), interpolation=cv2.INTER_AREA)
        out[k] = cv2.resize(ground, (size, size), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(out).permute(0, 3, 1, 2).float().mul_(1 / 255)


@torch.no_grad()
def features(network: MobileFaceRNet, crops: Tensor) -> Tensor:
    """What the layer `presence` sees of crops (N, 3, S, S)."""
    head = network.head
    assert isinstance(head, PointHead)
    seen: list[Tensor] = []
    hook = head.presence.register_forward_pre_hook(lambda module, given: seen.append(given[0].clone()))
    for chunk in torch.split(crops, CHUNK):
        network(chunk.contiguous(memory_format=torch.channels_last))
    hook.remove()
    return torch.cat(seen)


def refit_presence(
    checkpoint_file: CheckpointFile, shards: ShardsFolder, out: Out, threads: Threads = 1
) -> None:
    """Fit the last layer of `presence` anew, with signs among what is no face."""
    prepare_cpu(threads)
    network = load_average(checkpoint_file)
    assert isinstance(network.head, PointHead)
    size = network.preset.input_size
    augment = Augment(load_shards(shards, "cpu", 2), load_linear_face(FACE_MODEL), seed=11)
    rows, held = augment.shards.split(HELD_OUT)
    presence, labelled = augment.shards.presence, augment.shards.weight > 0
    generator = torch.Generator().manual_seed(1)
    faces = rows[(presence[rows] > 0) & labelled[rows]]
    faces = faces[torch.randperm(len(faces), generator=generator)[:FACES]]
    picked = torch.cat([faces, rows[~labelled[rows]]])

    def seen(some: Tensor, photometry: Photometry | None, jitter: Jitter | None = None) -> Tensor:
        chunks = torch.split(some, CHUNK)
        drawn = (augment.draw(chunk, size, jitter or Jitter(), photometry).crops for chunk in chunks)
        return torch.cat([features(network, crops) for crops in drawn])

    turned, covered = faces[torch.randperm(len(faces))[:TURNED]], Photometry(cut=0.15)
    x = torch.cat(
        [
            seen(picked, covered),
            seen(turned, covered, Jitter(turned=1.0)),
            features(network, sign_crops(SIGNS, size, 5)),
        ]
    )
    y = torch.cat([presence[picked], torch.zeros(len(turned) + SIGNS)])
    held_faces = held[(presence[held] > 0) & labelled[held]]
    held_turned = seen(held_faces, None, Jitter(turned=1.0))
    held_x = torch.cat([seen(held, None), features(network, sign_crops(1000, size, 6))])
    held_y = torch.cat([presence[held], torch.zeros(1000)])
    layer = network.head.presence

    def report(when: str) -> None:
        with torch.no_grad():
            told = layer(held_x)[:, 0]
            wrong = (told[held_y == 0] > 0).float().mean(), (told[-1000:] > 0).float().mean()
            lost = (told[held_y > 0] < 0).float().mean()
            upset = (layer(held_turned)[:, 0] > 0).float().mean()
        taken = f"{wrong[0]:.3f} of no faces, {wrong[1]:.3f} of signs, {upset:.3f} of turned faces taken"
        print(f"{when}: {taken}; {lost:.4f} of faces lost", flush=True)

    report("before")
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(layer(x)[:, 0], y) + DECAY * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    report("after")
    tensors, meta = checkpoint.read(checkpoint_file)
    for name, value in layer.state_dict().items():
        tensors[f"average.head.presence.{name}"] = value.contiguous()
    save_file(tensors, str(out), {"training": json.dumps(meta)})
