"""Smoothness and regularisation of paper 1: equations 16 and 17."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facesdk import ops

W_ALPHA, W_BETA, W_DELTA = 2e-5, 2e-2, 4e-4  # equation 17


class _Smoothness(torch.autograd.Function):
    """The compiled op gives value and gradient in one pass."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, verts: Tensor, ptr: Tensor, idx: Tensor) -> Tensor:
        total, gradients = 0.0, []
        for one in verts.detach().cpu().numpy().astype(np.float32):
            value, gradient = ops.smoothness(np.ascontiguousarray(one), ptr.numpy(), idx.numpy())
            total += value
            gradients.append(gradient)
        ctx.save_for_backward(torch.from_numpy(np.stack(gradients)).to(verts.device) / len(gradients))
        return verts.new_tensor(total / len(gradients))

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad * gradient, None, None


def smoothness_loss(verts: Tensor, adj_ptr: NDArray[np.int32], adj_idx: NDArray[np.int32]) -> Tensor:
    """Equation 16 in mm2, mean over the meshes (N, V, 3); neighbours as facesdk.ops.adjacency gives them."""
    ptr, idx = torch.from_numpy(adj_ptr), torch.from_numpy(adj_idx)
    out: Tensor = _Smoothness.apply(verts, ptr, idx)  # type: ignore[no-untyped-call]
    return out


def regularisation(alpha: Tensor, beta: Tensor, delta: Tensor) -> Tensor:
    """Equation 17, mean over the batch; coefficients in standard deviations (expressions 0..1)."""
    squares = [w * c.square().sum(1) for w, c in ((W_ALPHA, alpha), (W_BETA, beta), (W_DELTA, delta))]
    return torch.stack(squares).sum(0).mean()
