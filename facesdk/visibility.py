"""Which vertices, landmarks and expressions of a face the picture shows, and which are inferred."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from facesdk import ops
from facesdk.core.occlusion import Occlusion, Visibility
from facesdk.morphable.face_model import FaceModel
from facesdk.rendering.posed_mesh import PosedMesh

OBSERVED_FROM = 0.5  # share of what an expression moves that the picture shows


class FaceVisibility:
    """Where the values of one face come from; each part is computed on first use and kept.

    Args:
        occlusion: what covers the face; None where it was not measured: then only the head hides something.
        mesh: the face in the photo's camera.
        model: of the mesh.
    """

    def __init__(self, occlusion: Occlusion | None, mesh: PosedMesh, model: FaceModel) -> None:
        self._occlusion, self._mesh, self._model = occlusion, mesh, model

    @functools.cached_property
    def vertices(self) -> npt.NDArray[np.uint8]:
        """(V,) values of Visibility."""
        mesh, occlusion = self._mesh, self._occlusion
        states = np.where(mesh.visible, Visibility.OBSERVED, Visibility.SELF_OCCLUDED)
        if occlusion is not None:
            points = ops.project(mesh.verts_camera_mm, mesh.intrinsics)
            shown = occlusion.shows(points, mesh.height, mesh.width)
            states = np.where(shown, states, Visibility.INFERRED)
        return states.astype(np.uint8)

    @property
    def landmarks(self) -> npt.NDArray[np.uint8]:
        """(68,) values of Visibility: what most of each landmark's vertices are."""
        is_state = self.vertices[:, None] == np.arange(len(Visibility))
        shares = self._model.landmarks(is_state.astype(np.float32))
        return np.asarray(shares.argmax(axis=1), np.uint8)

    @functools.cached_property
    def expressions(self) -> dict[str, Visibility]:
        """52 ARKit names -> OBSERVED or INFERRED: whether the picture shows what an expression moves."""
        model, occlusion = self._model, self._occlusion
        shares = np.ones(model.n_exp, np.float32) if occlusion is None else occlusion.expression_observed
        states = (Visibility.INFERRED, Visibility.OBSERVED)
        return {name: states[share >= OBSERVED_FROM] for name, share in model.arkit(shares).items()}

    def __repr__(self) -> str:
        return f"FaceVisibility({np.mean(self.vertices == Visibility.OBSERVED):.0%} of the vertices observed)"
