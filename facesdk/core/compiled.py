"""The compiled part of facesdk, csrc/; without it nothing runs."""

from __future__ import annotations

from facesdk.errors import BackendUnavailable

try:
    from facesdk import _core
except ImportError as error:
    raise BackendUnavailable(
        f"the compiled part of facesdk cannot be loaded ({error}): install the package with pip"
    ) from error

__all__ = ["_core"]
