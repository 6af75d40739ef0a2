"""Which backend runs a network: what "auto" stands for, by times that were measured."""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Collection

from facesdk.core.compiled import _core

# Median ms of the bundled regressor, one thread, by the CPU's vector level. Levels that are missing were not
# measured; nor is one that FACESDK_VECTOR_LEVEL sets below the CPU's own, which caps the int8 engine alone.
NETWORK_MS: dict[str, dict[str, float]] = {
    "avx2": {"native": 2.69, "onnxruntime": 5.44, "openvino": 6.58},  # AMD Zen 3
    "avx512_vnni": {"native": 0.71, "onnxruntime": 1.64, "openvino": 1.79},  # Intel Xeon, peers.json
}
UNMEASURED = ("native", "onnxruntime", "openvino")  # order where nothing was measured
SUFFIXES = {"native": ".plan", "onnxruntime": ".onnx", "openvino": ".onnx", "tensorrt": ".onnx"}
SEVERAL = 2.0  # times as slow as another backend at hand: worth a warning


def measured_ms() -> dict[str, float]:
    """Backend -> ms where it was measured at this CPU's vector level; empty where it was not."""
    level = _core.vector_level()
    return NETWORK_MS.get(level, {}) if level == _core.detected_vector_level() else {}


def backends_at_hand(suffixes: Collection[str]) -> list[str]:
    """Backends that are installed and run one of these files, those measured as the fastest first.

    Args:
        suffixes: of the files that the network comes in, ".plan" and ".onnx".
    """
    times = measured_ms()
    order = sorted(UNMEASURED, key=lambda name: times.get(name, float("inf")))
    return [name for name in order if SUFFIXES[name] in suffixes and _is_installed(name)]


def choose_backend(backend: str, suffixes: Collection[str]) -> str:
    """The backend that runs a network which comes in files with these suffixes.

    "auto" stands for the one at hand that was measured as the fastest; where none is, for the first of those
    that could be installed, whose error names the remedy.
    """
    if backend != "auto":
        return backend
    at_hand = backends_at_hand(suffixes)
    return at_hand[0] if at_hand else "onnxruntime"


def reason_of(backend: str, chosen: str, suffixes: Collection[str]) -> str:
    """Why `choose_backend(backend, suffixes)` is `chosen`, in one line."""
    if backend != "auto":
        return f"backend {backend} is chosen"
    others = [name for name in backends_at_hand(suffixes) if name != chosen]
    if not others:
        return f"auto: no other backend at hand runs {' or '.join(sorted(suffixes))} files"
    times, level = measured_ms(), _core.vector_level()
    if chosen not in times or others[0] not in times:
        return f"auto: not measured at vector level {level}; see facesdk info --measure"
    factor = times[others[0]] / times[chosen]
    return f"auto: {others[0]} took {factor:.1f} times as long where it was measured, vector level {level}"


def warn_if_slow(backend: str, suffixes: Collection[str]) -> None:
    """Warn, once per process, of a chosen backend where another at hand is several times as fast."""
    times = measured_ms()
    best = next((name for name in backends_at_hand(suffixes) if name in times), None)
    if best is not None and backend in times and times[backend] >= SEVERAL * times[best]:
        _warn(backend, best, times[backend] / times[best])


@functools.lru_cache
def _warn(backend: str, best: str, factor: float) -> None:
    warnings.warn(
        f"backend: {backend} took {factor:.1f} times as long as {best} where both were measured "
        f"(vector level {_core.vector_level()}); give backend={best!r} or 'auto'; see facesdk info --measure",
        RuntimeWarning,
        stacklevel=5,
    )


def _is_installed(backend: str) -> bool:
    return backend == "native" or importlib.util.find_spec(backend) is not None
