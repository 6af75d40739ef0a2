"""Ties the identity coefficients to who the person is: their direction follows a recogniser's embedding."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class IdentityLoss:
    """1 - cosine between the identity coefficients and the teacher's embedding turned into their space.

    Each coefficient counts in its standard deviation over the labels: in their own units a fifth of them,
    the ones that landmarks see, would be two thirds of every cosine.

    The turn is fixed: the embedding's leading principal axes, one per coefficient, rotated so that they
    agree best with the fitted identities (orthogonal Procrustes). A rotation keeps all cosines, so two
    photos are as alike in the coefficients as they are for the teacher, and landmarks and surface are
    disturbed least.
    """

    def __init__(self, alpha: Tensor, embedding: Tensor, mirror: Tensor) -> None:
        """alpha (n, K) and embedding (n, E), E >= K, of the photos that have both; mirror (K, K): the
        coefficients of a mirrored face are alpha @ mirror."""
        self.std = alpha.std(0)
        self.mirror = self.std[:, None] * mirror / self.std  # of coefficients in standard deviations
        alpha = alpha / self.std
        self.centre = embedding.mean(0)
        centred = F.normalize(embedding - self.centre, dim=1)
        axes = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, : alpha.shape[1]]
        u, _, v = torch.linalg.svd((centred @ axes).T @ F.normalize(alpha, dim=1))
        self.turn = axes @ u @ v  # (E, K), orthonormal columns

    def target(self, embedding: Tensor, mirrored: Tensor) -> Tensor:
        """Embeddings (N, E) -> directions (N, K) of length one; mirrored (N,): as seen in a mirror."""
        direction = F.normalize((embedding - self.centre) @ self.turn, dim=1)
        return torch.where(mirrored[:, None], F.normalize(direction @ self.mirror, dim=1), direction)

    def __call__(self, alpha: Tensor, embedding: Tensor, mirrored: Tensor) -> Tensor:
        """Mean over the faces of a batch that have an embedding."""
        known = embedding.square().sum(1) > 0.5
        apart = 1 - F.cosine_similarity(alpha / self.std, self.target(embedding, mirrored), dim=1, eps=1e-3)
        return (apart * known).sum() / known.sum().clamp_min(1)
