"""Where the chain runs: the CPU, or a GPU by CUDA."""

from __future__ import annotations

from typing import NamedTuple

from facesdk.core.compiled import _core
from facesdk.errors import BackendUnavailable


class DeviceState(NamedTuple):
    """What CUDA there is for the kernels of this build."""

    runs: bool  # whether kernels can run here
    built: bool  # whether this build has kernels
    details: str  # the GPU, its driver and the kernels' release; or why there is none, and what to do


def cuda_state() -> DeviceState:
    """Look for kernels, a driver and a GPU; nothing is loaded but the driver."""
    return DeviceState(*_core.cuda_device())


def checked_kernels() -> str:
    """Run kernels on the GPU and compare them with the CPU; one line for `facesdk info`.

    Raises:
        BackendUnavailable: no kernel can run here, or CUDA reports an error.
    """
    checks = _core.check_cuda_kernels()
    wrong = [op for op, same in checks if not same]
    if wrong:
        return f"{', '.join(wrong)}: NOT the CPU's bits; please report this with the GPU's name"
    return f"{', '.join(op for op, _ in checks)}: the CPU's bits"


def require_device(device: str) -> None:
    """Check that the chain can run on a device.

    Args:
        device: "cpu" or "cuda".

    Raises:
        BackendUnavailable: it cannot; the message has the reason and what to do.
    """
    if device == "cpu":
        return
    state = cuda_state()
    if not state.runs:
        raise BackendUnavailable(f"device: got 'cuda', but {state.details}; or use device='cpu'")
    raise BackendUnavailable(
        f"device: got 'cuda', and kernels can run here ({state.details}), but the chain from picture to "
        "result runs on the CPU alone in this version: use device='cpu', or the kernels from C++"
    )
