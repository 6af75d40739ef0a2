"""The face model's arrays while labels are made: rows of surface points, dense projections."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from safetensors import safe_open
from torch import Tensor

from training.labels.fit import Fit, project


@dataclass
class Geometry:
    """The model's arrays as tensors; `dense` is the subdivision matrix, `bases` (n_id + n_exp, C, 3)."""

    mean: Tensor
    bases: Tensor
    n_id: int
    dense: sp.csr_matrix
    triangles: npt.NDArray[np.int64]
    exp_names: list[str]
    kit_landmarks: npt.NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> "Geometry":
        with np.load(path) as z:
            bases = torch.from_numpy(np.concatenate([z["identity"], z["expression"]]))
            dense = sp.csr_matrix((z["sub_val"], z["sub_idx"], z["sub_ptr"]))
            return cls(
                torch.from_numpy(z["mean_control_mm"]), bases, len(z["identity"]), dense,
                z["triangles"].astype(np.int64), [str(n) for n in z["exp_names"]], z["landmarks68_kit"],
            )  # fmt: skip

    def rows(self, triangles: npt.NDArray[np.int64], bary: npt.NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Basis (P, 3, K) and mean (P, 3) of surface points: dense triangle and barycentric coordinates."""
        points = len(triangles)
        pick = sp.csr_matrix(
            (bary.ravel(), (np.repeat(np.arange(points), 3), self.triangles[triangles].ravel())),
            (points, self.dense.shape[0]),
        )
        matrix = (pick @ self.dense).astype(np.float32)
        flat = self.bases.permute(1, 2, 0).reshape(len(self.mean), -1).numpy()
        basis = torch.from_numpy(matrix @ flat).reshape(points, 3, -1).contiguous()
        return basis, torch.from_numpy(matrix @ self.mean.numpy())

    def dense_projection(self, fitted: Fit, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Dense vertices of some fitted faces in crop sides, (len(rows), V, 2)."""
        out = []
        for r in rows:
            coefficients = torch.cat([fitted.alpha[r], fitted.delta[r]])
            control = self.mean + torch.einsum("k,kcx->cx", coefficients, self.bases)
            verts = torch.from_numpy(self.dense @ control.numpy()).float()
            out.append(project(verts[None], fitted.rotation[r][None], fitted.translation_mm[r][None])[0][0])
        return torch.stack(out).numpy()


Embedding = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def landmark_places(face_model: Path) -> Embedding:
    """Where the 68 landmarks of face_model.safetensors sit on its dense mesh."""
    with safe_open(str(face_model), "np") as file:
        return file.get_tensor("landmark_triangles").astype(np.int64), file.get_tensor("landmark_bary")


def kit_embedding(geometry: Geometry) -> Embedding:
    """The kit's own 68 vertices as a first guess (control vertices keep their numbers in the dense mesh)."""
    first = np.array([np.flatnonzero((geometry.triangles == v).any(1))[0] for v in geometry.kit_landmarks])
    bary = (geometry.triangles[first] == geometry.kit_landmarks[:, None]).astype(np.float32)
    return first, bary
