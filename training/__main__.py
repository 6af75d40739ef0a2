"""From photos to the bundled networks; the steps in order."""

from __future__ import annotations

from collections.abc import Callable

import typer

from training.candidate_filter.fit import fit_candidate_filter
from training.candidate_filter.hard_negatives import hard_negatives
from training.detector.evaluate import evaluate_detector
from training.detector.export import export_detector
from training.detector.pack import pack_detector
from training.detector.train import train_detector
from training.experiments.paper_tables import paper_tables
from training.experiments.smoothness import smoothness
from training.face_model.albedo import learn_albedo
from training.face_model.assemble import assemble_face_model
from training.face_model.detail import learn_detail
from training.face_model.ict_geometry import make_geometry
from training.face_model.mouth_interior import make_mouth_interior
from training.identity.learn_code import learn_identity_code
from training.labels.archive import keep_labels
from training.labels.hand_points import label_hand_points
from training.labels.photos import label_photos
from training.networks.count import network_sizes
from training.occlusion.assets import pack_occluders
from training.occlusion.completion_train import train_completion
from training.occlusion.contour_train import train_contour
from training.occlusion.train import train_mask
from training.prepare import prepare
from training.reconstruction.evaluate_bins import evaluate_checkpoints
from training.reconstruction.eye_closure import learn_eyes
from training.reconstruction.keep_weights import keep_weights
from training.reconstruction.refit_presence import refit_presence
from training.reconstruction.train import train
from training.shards.pack import pack_shards
from training.shards.pack_cutouts import pack_cutouts
from training.shards.profiles import turn_photos
from training.teachers.identity import teach_identity
from training.teachers.mb05 import teach_mb05
from training.teachers.run_mediapipe import teach_mediapipe

PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "1. Labels and face model": {
        "prepare": prepare,
        "geometry": make_geometry,
        "teach-mb05": teach_mb05,
        "teach-mediapipe": teach_mediapipe,
        "label-photos": label_photos,
        "albedo": learn_albedo,
        "detail": learn_detail,
        "face-model": assemble_face_model,
        "mouth-interior": make_mouth_interior,
        "keep-labels": keep_labels,
    },
    "2. Shards": {
        "teach-identity": teach_identity,
        "turn-photos": turn_photos,
        "pack-cutouts": pack_cutouts,
        "pack-shards": pack_shards,
        "label-hand-points": label_hand_points,
    },
    "3. Detector": {
        "pack-detector": pack_detector,
        "train-detector": train_detector,
        "evaluate-detector": evaluate_detector,
        "export-detector": export_detector,
        "hard-negatives": hard_negatives,
    },
    "4. Reconstruction network": {
        "train": train,
        "evaluate": evaluate_checkpoints,
        "keep-weights": keep_weights,
        "refit-presence": refit_presence,
    },
    "5. What reads the finished network": {
        "eyes": learn_eyes,
        "identity-code": learn_identity_code,
        "candidate-filter": fit_candidate_filter,
    },
    "6. Occlusion": {
        "pack-occluders": pack_occluders,
        "train-mask": train_mask,
        "train-contour": train_contour,
        "train-completion": train_completion,
    },
    "7. Experiments": {
        "network-sizes": network_sizes,
        "paper-tables": paper_tables,
        "smoothness": smoothness,
    },
}

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for panel, commands in PANELS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(command)

if __name__ == "__main__":
    app()
