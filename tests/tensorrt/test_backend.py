"""backend="tensorrt" and ONNX Runtime's providers where they cannot run: the reason and the remedy."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from facesdk import BackendUnavailable, FaceSDK, Options, _core, manifest
from facesdk.inference.backends import backend_states
from facesdk.inference.onnxruntime import CPU, OnnxRuntimeSession
from facesdk.inference.tensorrt import progress_printer
from tests.tensorrt.double import Double

STATE = """
from facesdk.inference.backends import backend_states
print(*[state for state in backend_states() if state.name == "tensorrt"])
"""


def no_driver() -> None:
    try:
        facts = _core.cuda_device_facts()
    except BackendUnavailable:
        return
    pytest.skip(f"this machine has an NVIDIA driver and {facts.name}")


def test_without_a_driver_the_reason_and_the_remedy_are_named() -> None:
    no_driver()
    with pytest.raises(BackendUnavailable, match=r"no NVIDIA driver on this machine .* install one"):
        FaceSDK(Options(backend="tensorrt"))
    (state,) = [state for state in backend_states() if state.name == "tensorrt"]
    assert not state.available
    assert "no NVIDIA driver" in state.details


def test_without_a_plugin_the_headers_are_named(stand_in: Double, tmp_path: Path) -> None:
    done = stand_in.run(STATE, FACESDK_TENSORRT_PLUGIN=tmp_path / "libfacesdk_tensorrt.so")
    assert "available=False" in done.stdout
    assert "compiled without TensorRT's headers; install them (libnvinfer-dev" in done.stdout


def test_a_plugin_that_is_none_is_refused(stand_in: Double, tmp_path: Path) -> None:
    (tmp_path / "plugin.so").write_text("no library")
    done = stand_in.run(STATE, FACESDK_TENSORRT_PLUGIN=tmp_path / "plugin.so")
    assert "the TensorRT plugin does not open" in done.stdout
    done = stand_in.run(STATE, FACESDK_TENSORRT_PLUGIN=stand_in.libraries / "libcuda.so.1")
    assert "of another version of facesdk" in done.stdout


def test_with_all_of_it_what_was_loaded_from_where_is_told(stand_in: Double) -> None:
    done = stand_in.run(STATE)
    assert "available=True" in done.stdout
    assert f"TensorRT 10.3.0 from {stand_in.libraries.resolve()}/libnvinfer.so.10, Fake Orin" in done.stdout


@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize("provider", ["CUDAExecutionProvider", "TensorrtExecutionProvider"])
def test_a_silent_fall_back_of_onnxruntime_is_an_error(provider: str) -> None:
    if provider in onnxruntime.get_available_providers():
        pytest.skip(f"this onnxruntime has the {provider}")
    network = manifest.asset_path(manifest.NETWORK)
    with pytest.raises(BackendUnavailable, match=rf"runs it by {CPU}, without {provider}.* onnxruntime-gpu"):
        OnnxRuntimeSession(network, providers=(provider, CPU))
    assert OnnxRuntimeSession(network, providers=(CPU,)).outputs


def test_a_build_gives_signs_of_life_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    often, seldom = progress_printer(0.0), progress_printer(60.0)
    often("one: building, 1 s", False)
    seldom("two: building, 1 s", False)
    seldom("two: built", True)
    assert capsys.readouterr().err.splitlines() == ["one: building, 1 s", "two: built"]
