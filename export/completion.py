"""N_cont and N_syn from their weights to ONNX and to plans, and what eight bits lose on held-out faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.parity import FACE_MODEL
from export.picture_networks import SessionNetwork, export_float, export_plan, print_figures
from training.loop.checkpoint import load_weights
from training.networks import completion_net, contour_net
from training.networks.completion_net import CompletionNet, completion_input
from training.networks.contour_net import ContourNet, complete_contours, contour_input
from training.occlusion.completion_batches import CompletionBatch, CompletionBatches
from training.occlusion.completion_data import open_batches
from training.occlusion.completion_evaluate import contour_figures, held_out_batches, picture_figures
from training.occlusion.completion_settings import PictureSettings
from training.occlusion.contour_train import gray_seen, predict_contours

CONTOUR_OUTPUT, COMPLETION_OUTPUT = "contours", "picture"


def export_contour(
    weights: Path, shards: Path, occluders: Path, out: Path, version: str, crops: int
) -> float:
    """Write OUT and the plan beside it, and print what the plan loses on held-out faces.

    Returns:
        The largest loss of precision or recall of the plan against float32.

    Raises:
        SystemExit: ONNX Runtime and torch disagree; nothing is written.
    """
    network = _contour_net(weights)
    description = {"version": version, "output": "logit of a contour passing through a pixel"}
    export_float(network, out, network.side, contour_net.CHANNELS, CONTOUR_OUTPUT, description)
    batches = _batches(shards, occluders, network.side)

    def given(batch: CompletionBatch) -> Tensor:
        return contour_input(gray_seen(batch), batch.mask, batch.seen_contours)

    plan = export_plan(out, _inputs(batches, crops, given))
    held, figures = held_out_batches(batches), {}
    for path in (out, plan):
        session = SessionNetwork(path, CONTOUR_OUTPUT)
        figures[path] = contour_figures(lambda batch, s=session: predict_contours(s, batch), held)  # type: ignore[misc]
    print_figures(figures)
    return max(figures[out][name] - figures[plan][name] for name in figures[out])


def export_completion(
    weights: Path, contours: Path, shards: Path, occluders: Path, out: Path, version: str, crops: int
) -> float:
    """Write OUT and the plan beside it, and print what the plan loses on held-out faces.

    Args:
        contours: weights of N_cont, in float32 here: its contours give the ranges and the figures.

    Returns:
        The largest loss of PSNR of the plan against float32, dB.

    Raises:
        SystemExit: ONNX Runtime and torch disagree; nothing is written.
    """
    network, drawing = CompletionNet(), _contour_net(contours)
    network.load_state_dict(load_weights(weights))
    description = {"version": version, "output": "RGB of the whole picture, to be held in 0..1"}
    export_float(network, out, network.side, completion_net.CHANNELS, COMPLETION_OUTPUT, description)
    batches = _batches(shards, occluders, network.side)

    def given(batch: CompletionBatch) -> Tensor:
        made = predict_contours(drawing, batch)
        return completion_input(
            batch.seen, complete_contours(batch.seen_contours, made, batch.mask), batch.mask
        )

    plan = export_plan(out, _inputs(batches, crops, given))
    held, figures = held_out_batches(batches), {}
    for path in (out, plan):
        session = SessionNetwork(path, COMPLETION_OUTPUT)
        figures[path] = picture_figures(lambda batch, s=session: s(given(batch)), held)  # type: ignore[misc]
    print_figures(figures)
    return max(figures[out][name] - figures[plan][name] for name in figures[out] if "psnr" in name)


def _contour_net(weights: Path) -> ContourNet:
    network = ContourNet()
    network.load_state_dict(load_weights(weights))
    return network.eval()


def _batches(shards: Path, occluders: Path, side: int) -> CompletionBatches:
    torch.set_num_threads(1)
    return open_batches(shards, occluders, PictureSettings(), side, FACE_MODEL, "cpu")


def _inputs(
    batches: CompletionBatches, count: int, given: Callable[[CompletionBatch], Tensor]
) -> NDArray[np.float32]:
    """Inputs (count, C, S, S) of a network for training crops."""
    parts: list[NDArray[np.float32]] = []
    while sum(len(part) for part in parts) < count:
        parts.append(given(batches.draw()).numpy())
    return np.concatenate(parts)[:count]
