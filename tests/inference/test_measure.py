"""What `facesdk info --measure` times, and what it says of it."""

from __future__ import annotations

import pytest

from facesdk.inference.measure import network_times, verdict


@pytest.mark.parametrize(("times", "chosen", "said"), [
    ({"native": 1.0, "openvino": 1.2}, "native", "is the fastest"),
    ({"openvino": 1.0, "native": 1.5}, "native", "takes 1.5 times as long as openvino"),
    ({"openvino": 1.0, "native": 7.0}, "native", "7.0 times as long as openvino; give backend='openvino'"),
])  # fmt: skip
def test_a_slow_choice_is_named(times: dict[str, float], chosen: str, said: str) -> None:
    assert verdict(times, chosen).endswith(said)


def test_every_backend_at_hand_is_timed_and_the_fastest_comes_first() -> None:
    times = network_times("tiny")
    assert {"native", "onnxruntime"} <= set(times)
    assert list(times.values()) == sorted(times.values())
    assert min(times.values()) > 0.0
