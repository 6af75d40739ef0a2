"""The paper's own loss, equation 11: its terms, their weights, and from when on they count."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.augmentation.augment import Batch
from training.face_model.camera import project, rotation_from_six
from training.face_model.linear_face import LinearFace
from training.face_model.render import ControlFace, rasterize, shade, to_camera, vertex_normals
from training.losses.image import photo_loss, ssim_loss
from training.losses.landmarks import PointErrors, land_loss
from training.losses.surface import regularisation, smoothness_loss
from training.networks.layout import Layout


@dataclass(frozen=True)
class PaperWeights:
    """Weights of equation 11; the paper's are 400, 2000, 100, 2, 50 and 1. Zero leaves a term out.

    Lengths in the picture are in crop sides. `rendered` faces of each batch are rendered, from
    `photo_from_epoch` on: early on the image terms pull the geometry, and they are the only costly ones.
    """

    land: float = 0.0
    land_error: float = 0.0
    photo: float = 0.0
    ssim: float = 0.0
    smooth: float = 0.0
    reg: float = 0.0
    land_error_from_epoch: float = 5.0
    photo_from_epoch: float = 5.0
    rendered: int = 2


class PaperLoss:
    """Equation 11 over a batch whose last `rendered` crops are free of made-up occluders and colours."""

    def __init__(
        self, face: LinearFace, control: ControlFace | None, layout: Layout, weights: PaperWeights
    ) -> None:
        self.face, self.control, self.parts, self.weights = face, control, layout.slices(), weights
        self.errors = PointErrors(face.landmark_mean.device)
        self.epoch = 0

    def renders(self, epoch: float) -> bool:
        """Whether faces are rendered at this point of the run."""
        w = self.weights
        return self.control is not None and (w.photo + w.ssim + w.smooth) > 0 and epoch >= w.photo_from_epoch

    def __call__(self, x: Tensor, batch: Batch, epoch: float) -> dict[str, Tensor]:
        """Weighted terms by name, those that count at this epoch (a fraction: rows seen over rows)."""
        parts, w = {name: x[:, where] for name, where in self.parts.items()}, self.weights
        while self.epoch < int(epoch):
            self.epoch += 1
            self.errors.end_epoch()
        terms: dict[str, Tensor] = {}
        if w.land or w.land_error:
            rotation = rotation_from_six(parts["R"])
            seen = project(self.face.landmarks(parts["alpha"], parts["delta"]), rotation, parts["m"])
            self.errors.add(seen, batch.points, batch.points_weight)
            terms["land12"] = w.land * land_loss(seen, batch.points, batch.points_weight)
            if epoch >= w.land_error_from_epoch:
                terms["land13"] = w.land_error * self.errors.loss(seen, batch.points, batch.points_weight)
        if w.reg:
            terms["reg17"] = w.reg * regularisation(parts["alpha"], parts["beta"], parts["delta"])
        if self.renders(epoch):
            last = {name: value[-w.rendered :] for name, value in parts.items()}
            terms |= self._image_terms(last, batch.crops[-w.rendered :], batch.light_weight[-w.rendered :])
        return terms

    def _image_terms(self, parts: dict[str, Tensor], crops: Tensor, known: Tensor) -> dict[str, Tensor]:
        w, control = self.weights, self.control
        assert control is not None
        verts = control.verts(parts["alpha"], parts["delta"])
        seen = to_camera(verts, rotation_from_six(parts["R"]), parts["m"])
        light = parts["gamma"].view(-1, 9, 3)
        colours = shade(control.albedo(parts["beta"]), vertex_normals(seen, control.triangles), light)
        pictures, covered = rasterize(seen, colours, control.triangles, crops.shape[2])
        covered = covered & (known > 0)[:, None, None]
        true = crops.permute(0, 2, 3, 1)
        terms = {
            "photo14": w.photo * photo_loss(true, pictures, covered),
            "ssim15": w.ssim * ssim_loss(true, pictures, covered),
        }
        if w.smooth:
            terms["smooth16"] = w.smooth * smoothness_loss(verts, control.adj_ptr, control.adj_idx)
        return {name: torch.nan_to_num(value) for name, value in terms.items()}
