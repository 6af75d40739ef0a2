"""L1, PSNR (equation 19) and SSIM (equation 15) between two pictures over a region."""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity

from benchmarks.metrics.landmark_errors import Array


def ssim(a: Array, b: Array) -> float:
    """Equation 15 over (n, 3) values in 0..1 of the region, mean over the channels."""
    c1, c2 = 0.01**2, 0.03**2
    ma, mb = a.mean(0), b.mean(0)
    va, vb = a.var(0), b.var(0)
    covariance = ((a - ma) * (b - mb)).mean(0)
    top = (2 * ma * mb + c1) * (2 * covariance + c2)
    return float((top / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())


def compare(photo: Array, rendering: Array, inside: Array) -> dict[str, float]:
    """L1, PSNR in dB, SSIM of equation 15 and windowed SSIM over the region."""
    a, b = photo[inside].astype(float), rendering[inside].astype(float)
    error = max(float(((a - b) ** 2).mean()), 1e-12)
    over = np.where(inside[:, :, None], rendering, photo)
    _, windows = structural_similarity(  # type: ignore[no-untyped-call]
        photo, over, channel_axis=2, data_range=1.0, gaussian_weights=True, sigma=1.5, full=True
    )
    return {
        "L1": float(np.abs(a - b).mean()),
        "PSNR": 10 * float(np.log10(1 / error)),
        "SSIM": ssim(a, b),
        "windowed SSIM": float(windows[inside].mean()),
    }
