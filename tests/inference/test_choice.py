"""What "auto" stands for, why, and the warning about a backend that is several times slower than another."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from facesdk import FaceSDK, Options, _core, manifest
from facesdk.inference import choice
from facesdk.inference.choice import backends_at_hand, choose_backend, measured_ms, reason_of, warn_if_slow
from facesdk.inference.engine import networks

BOTH = {".plan", ".onnx"}
ALL = ("native", "onnxruntime", "openvino")
FAST_INT8 = {"native": 1.0, "onnxruntime": 2.5, "openvino": 3.0}
SLOW_INT8 = {"native": 7.0, "onnxruntime": 2.0, "openvino": 1.0}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what was measured at this CPU's vector level, and what is installed."""

    def put(times: dict[str, float], installed: tuple[str, ...] = ALL) -> None:
        monkeypatch.setattr(choice, "measured_ms", lambda: times)
        monkeypatch.setattr(choice, "_is_installed", lambda name: name in installed)
        choice._warn.cache_clear()

    yield put
    choice._warn.cache_clear()


@pytest.mark.parametrize(("times", "installed", "suffixes", "chosen"), [
    (FAST_INT8, ALL, BOTH, "native"),
    (FAST_INT8, ALL, {".onnx"}, "onnxruntime"),
    (SLOW_INT8, ALL, BOTH, "openvino"),
    (SLOW_INT8, ("native", "onnxruntime"), BOTH, "onnxruntime"),
    (SLOW_INT8, ("native",), BOTH, "native"),
    (SLOW_INT8, ALL, {".plan"}, "native"),
    ({}, ALL, BOTH, "native"),
    ({}, ALL, {".onnx"}, "onnxruntime"),
    ({"openvino": 9.0}, ALL, {".onnx"}, "openvino"),  # measured goes before not measured
    ({}, (), {".onnx"}, "onnxruntime"),  # its error says what to install
    ({}, ALL, {".bin"}, "onnxruntime"),
])  # fmt: skip
def test_auto_is_the_fastest_at_hand_that_was_measured(
    machine: Any, times: dict[str, float], installed: tuple[str, ...], suffixes: set[str], chosen: str
) -> None:
    machine(times, installed)
    assert choose_backend("auto", suffixes) == chosen


@pytest.mark.parametrize("backend", ALL)
def test_a_backend_that_is_named_is_taken(machine: Any, backend: str) -> None:
    machine(SLOW_INT8, ())
    assert choose_backend(backend, BOTH) == backend
    assert reason_of(backend, backend, BOTH) == f"backend {backend} is chosen"


@pytest.mark.parametrize(("times", "installed", "suffixes", "said"), [
    (FAST_INT8, ALL, BOTH, "onnxruntime took 2.5 times as long"),
    (SLOW_INT8, ALL, BOTH, "onnxruntime took 2.0 times as long"),
    (FAST_INT8, ALL, {".plan"}, "no other backend at hand runs .plan files"),
    (FAST_INT8, ("native",), BOTH, "no other backend at hand"),
    ({}, ALL, BOTH, "not measured"),
    ({"native": 1.0}, ALL, BOTH, "not measured"),
])  # fmt: skip
def test_the_reason_of_auto_is_stated(
    machine: Any, times: dict[str, float], installed: tuple[str, ...], suffixes: set[str], said: str
) -> None:
    machine(times, installed)
    reason = reason_of("auto", choose_backend("auto", suffixes), suffixes)
    assert reason.startswith("auto: ")
    assert said in reason


@pytest.mark.parametrize(("backend", "times", "installed", "suffixes", "warned"), [
    ("native", SLOW_INT8, ALL, BOTH, "native took 7.0 times as long as openvino"),
    ("native", SLOW_INT8, ("native", "onnxruntime"), BOTH, "native took 3.5 times as long as onnxruntime"),
    ("native", SLOW_INT8, ("native",), BOTH, None),
    ("native", SLOW_INT8, ALL, {".plan"}, None),  # no other one runs it
    ("native", {}, ALL, BOTH, None),
    ("openvino", FAST_INT8, ALL, BOTH, "openvino took 3.0 times as long as native"),
    ("openvino", FAST_INT8, ALL, {".onnx"}, None),  # 1.2 times as long as onnxruntime
    ("native", FAST_INT8, ALL, BOTH, None),
    ("auto", SLOW_INT8, ("native",), BOTH, None),
])  # fmt: skip
def test_a_choice_that_is_several_times_slower_is_warned_of_once(
    machine: Any, backend: str, times: dict[str, float], installed: Any, suffixes: Any, warned: str | None
) -> None:
    machine(times, installed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            warn_if_slow(backend, suffixes)
    assert len(caught) == (warned is not None)
    for warning in caught:
        assert warning.category is RuntimeWarning
        assert warned is not None
        assert warned in str(warning.message)
        assert "\n" not in str(warning.message)


def test_the_warning_points_at_the_caller_of_the_sdk(machine: Any) -> None:
    machine(SLOW_INT8)
    with pytest.warns(RuntimeWarning, match="backend='openvino'") as caught:
        FaceSDK(Options(backend="native"))
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FaceSDK(Options(backend="native"))  # once per process
        FaceSDK(Options(backend="native", network=manifest.asset_path(manifest.NETWORK_PLAN)))


def test_what_is_measured_holds_at_the_cpus_own_level_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "detected_vector_level", lambda: "avx2")
    monkeypatch.setattr(_core, "vector_level", lambda: "avx2")
    assert measured_ms() == choice.NETWORK_MS["avx2"]
    monkeypatch.setattr(_core, "vector_level", lambda: "plain")
    assert measured_ms() == {}
    assert backends_at_hand({".plan"}) == ["native"]


@pytest.mark.parametrize("options", [Options(), Options(preset="tiny"), Options(deocclude="auto")])
def test_info_gives_a_reason_that_names_a_time_or_what_to_do(options: Options) -> None:
    for use in networks(options):
        known = ("times as long", "not measured", "no other backend", "dense layers")
        assert any(part in use.reason for part in known), use


def test_the_measured_table_names_backends_and_levels() -> None:
    levels = {"plain", "avx2", "avx_vnni", "avx512", "avx512_vnni", "neon_dotprod"}
    assert set(choice.NETWORK_MS) <= levels
    for times in choice.NETWORK_MS.values():
        assert set(times) == set(ALL)
        assert min(times.values()) > 0
