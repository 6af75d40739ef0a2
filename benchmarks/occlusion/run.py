"""How well covers are seen and faces behind them found: `python -m benchmarks occlusion`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.evaluation_sets import cases, thinned
from benchmarks.occlusion.mask_accuracy import (
    called_occluded,
    false_cover,
    pixel_maps,
    really_covered,
    synthetic_iou,
)
from benchmarks.occlusion.occluders import Templates
from facesdk import FaceSDK, Options

BARE_SETS = ("cfp",)  # few wear more than glasses; hair and hands are not labelled, and count as errors


def measure(sdk: FaceSDK, data: Path, limit: int | None) -> dict[str, float]:
    """All figures of the mask, by the names of bounds.toml."""
    templates = Templates(data.parent / "occluders" / "templates")
    iou = synthetic_iou(sdk, thinned(cases(data, ("aflw2000_aligned",)), limit), templates)
    maps = pixel_maps(sdk, data / "celebamask")
    points = really_covered(sdk, data / "aflw_covered")
    bare = np.array(false_cover(sdk, thinned(cases(data, BARE_SETS), limit)))
    return {
        "iou_blobs_20": iou["blobs 20 %"],
        "iou_blobs_40": iou["blobs 40 %"],
        "iou_masks": iou["masks"],
        "iou_sunglasses": iou["sunglasses"],
        "face_iou": maps["face IoU"],
        "boundary_iou": maps["boundary IoU"],
        "auc_at_points": points["AUC at points"],
        "covered_faces_visible": points["NME visible"],
        "covered_faces_covered": points["NME covered"],
        "false_share": float(bare.mean()),
        "false_share_p95": float(np.quantile(bare, 0.95)),
        "masked_called_occluded": called_occluded(sdk, data / "masked_faces"),
    }


def occlusion(
    data: Annotated[Path, typer.Option(help="evaluation data")] = DATA,
    limit: Annotated[int | None, typer.Option(help="pictures of each set")] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="write the figures here")] = None,
    checked: Annotated[bool, typer.Option("--check", help="exit 1 where a bound is missed")] = False,
) -> None:
    """Measure the masks of covered and of bare faces, and the landmarks of covered ones."""
    figures = measure(FaceSDK(Options(deocclude="auto")), data, limit)
    for name, value in figures.items():
        print(f"{name:28s} {value:.4f}")
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if checked and not check("occlusion", figures):
        raise typer.Exit(1)
