"""How well N_mask does on held-out faces: synthetic cover, bare faces, pixel maps, hidden landmarks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.occlusion.batches import BARE, MaskBatches
from training.occlusion.loss import at_points
from training.reconstruction.evaluate import area_under_curve

CHUNK = 32


@torch.no_grad()
def evaluate_mask(network: nn.Module, batches: MaskBatches, real_rows: Tensor) -> dict[str, float]:
    """Figures over held-out rows.

    Args:
        network: evaluated MaskNet.
        batches: its `held_rows` and held-out photos are used, plain crops.
        real_rows: rows of the same shards with real cover that no training saw, may be empty.

    Returns:
        `iou` of covered pixels over synthetic occluders, within the face; `false_share` of a bare face's
        pixels that are called covered, without the forehead; `face_iou` of visible face pixels on photos
        with pixel maps; `point_auc`, area under the ROC curve at landmarks hidden by real cover.
    """
    generator = batches.augment.generator
    state = generator.get_state()
    generator.manual_seed(0)  # the same occluders at every evaluation
    both = either = false = bare = face_both = face_either = 0.0
    told, truth = [], []
    for rows in torch.split(batches.held_rows, CHUNK):
        batch = batches.covered(rows, None, batches.settings.mixture)
        known, covered = batch.weight > 0, batch.covered > 0
        found = network(batch.crops) > 0
        both += float((found & covered & known).sum())
        either += float(((found | covered) & known).sum())
        batch = batches.covered(rows, None, BARE)
        known = batch.weight == 1  # the forehead counts less
        false += float(((network(batch.crops) > 0) & known).sum())
        bare += float(known.sum())
    for rows in torch.split(batches.assets.held_out.nonzero()[:, 0], CHUNK):
        batch = batches.mapped(rows, None)
        known, face = batch.weight > 0, batch.covered == 0
        found = network(batch.crops) <= 0
        face_both += float((found & face & known).sum())
        face_either += float(((found | face) & known).sum())
    for rows in torch.split(real_rows, CHUNK):
        batch = batches.really_covered(rows, None)
        values = at_points(network(batch.crops), batch.points)
        decided = batch.point_weight > 0
        told.append(values[decided])
        truth.append(batch.hidden[decided] > 0)
    generator.set_state(state)
    result = {
        "iou": both / max(either, 1.0),
        "false_share": false / max(bare, 1.0),
        "face_iou": face_both / max(face_either, 1.0),
    }
    if told and torch.cat(truth).any():
        result["point_auc"] = area_under_curve(torch.cat(told), torch.cat(truth))
    return {k: round(v, 4) for k, v in result.items()}
