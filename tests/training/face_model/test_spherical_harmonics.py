"""Training and engine share one basis of the light."""

from __future__ import annotations

import numpy as np
import torch

from facesdk.core import spherical_harmonics
from training.face_model.spherical_harmonics import sh_basis


def test_torch_and_numpy_agree() -> None:
    directions = np.random.default_rng(0).normal(size=(2, 50, 3)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    expected = spherical_harmonics.sh_basis(directions.reshape(-1, 3)).reshape(2, 50, 9)
    np.testing.assert_allclose(sh_basis(torch.from_numpy(directions)), expected, atol=1e-6)
