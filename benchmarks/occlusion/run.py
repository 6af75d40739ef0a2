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
from benchmarks.face_embedding import FaceEmbedding
from benchmarks.occlusion.completion_accuracy import landmark_figures, people_figures, pixel_figures
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


def measure_masks(sdk: FaceSDK, data: Path, limit: int | None) -> dict[str, float]:
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


def measure_completion(sdk: FaceSDK, data: Path, limit: int | None) -> dict[str, float]:
    """All figures of completed faces, by the names of bounds.toml or their own."""
    templates = Templates(data.parent / "occluders" / "templates")
    out: dict[str, float] = {}
    for per_cent in (20, 40):
        pixels = pixel_figures(sdk, thinned(cases(data, ("aflw2000_aligned",)), limit), per_cent)
        out |= {f"blobs {per_cent} %: {name}": value for name, value in pixels.items()}
    out["psnr_blobs_20"], out["ssim_blobs_20"], out["whole_psnr_blobs_20"] = (
        out[f"blobs 20 %: completed{key}"] for key in (" PSNR", " windowed SSIM", " whole PSNR")
    )
    embedding = FaceEmbedding(data.parent / "teachers" / "mobilefacenet_112x96_emb128.onnx")
    people = people_figures(sdk, data / "lfw_identities", embedding, 30)
    out |= {f"LFW, blobs 30 %: {name}": value for name, value in people.items()}
    out["completed_nearer"] = people["completed nearer"]
    faces = thinned(cases(data, ("aflw2000_aligned",)), limit)
    landmarks = landmark_figures(sdk, faces, templates, (0, 20, 40, 60))
    return out | {f"NME, {name}": value for name, value in landmarks.items()}


def occlusion(
    data: Annotated[Path, typer.Option(help="evaluation data")] = DATA,
    limit: Annotated[int | None, typer.Option(help="pictures of each set")] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="write the figures here")] = None,
    checked: Annotated[bool, typer.Option("--check", help="exit 1 where a bound is missed")] = False,
) -> None:
    """Measure the masks of covered and of bare faces, the landmarks of covered ones, and completed faces."""
    figures = measure_masks(FaceSDK(Options(deocclude="auto")), data, limit)
    figures |= measure_completion(FaceSDK(Options(deocclude="always")), data, limit)
    for name, value in figures.items():
        print(f"{name:44s} {value:.4f}")
    if json_path is not None:
        json_path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if checked and not check("occlusion", figures):
        raise typer.Exit(1)
