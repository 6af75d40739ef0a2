"""What can go wrong, each with its own name. Messages are one line: what was wrong and what to do."""

from __future__ import annotations


class FaceSDKError(Exception):
    """Parent of every error that FaceSDK raises on purpose."""


class InvalidImage(FaceSDKError):
    """A picture that cannot be read or has a shape, type or size that is not taken."""


class InvalidArray(FaceSDKError):
    """An argument of an op with the wrong shape, type or content; the message names the argument."""


class InvalidOptions(FaceSDKError):
    """A setting outside its range, or settings that contradict each other."""


class AssetError(FaceSDKError):
    """A bundled or given file (network, face model, manifest) that is missing, damaged or does not fit."""


class BackendUnavailable(FaceSDKError):
    """The chosen inference backend is not installed or has no such device."""
