"""Counts of the roofline on networks small enough to count by hand; fresh interpreters answer or say why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.check import read_bounds
from benchmarks.speed.cold_start import cold_start, fresh, memory
from benchmarks.speed.machine import vector_level
from benchmarks.speed.roofline import Limits, Work, network_work
from benchmarks.speed.stages import draw


def test_a_convolution_and_a_product_are_counted(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["crop", "kernel"], ["map"], pads=[1, 1, 1, 1], group=1),
            helper.make_node("GlobalAveragePool", ["map"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("MatMul", ["flat", "matrix"], ["x"]),
        ],
        "small",
        [helper.make_tensor_value_info("crop", kind, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("x", kind, ["N", 10])],
        [
            onnx.numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "kernel"),
            onnx.numpy_helper.from_array(np.ones((4, 10), np.float32), "matrix"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(tmp_path / "small.onnx"))
    work = network_work(tmp_path / "small.onnx")
    assert work.megaflops * 1e6 == pytest.approx(2 * (8 * 8 * 4 * 27 + 4 * 10))
    assert work.megabytes * 1e6 == pytest.approx(4 * (4 * 27 + 40) + 8 * (4 * 64 + 10))


def test_the_larger_of_both_times_is_the_limit() -> None:
    machine = Limits(gigabytes_per_s=10, gigaflops=100)
    assert machine.milliseconds(Work(megabytes=5, megaflops=10)) == 0.5
    assert machine.milliseconds(Work(megabytes=5, megaflops=200)) == 2


def test_an_error_in_a_fresh_interpreter_is_one_line() -> None:
    assert fresh("print('{\"a\": 1}')") == {"a": 1}
    with pytest.raises(SystemExit, match="ValueError: not now"):
        fresh("raise ValueError('not now')")


def test_cold_start_and_memory_give_every_bounded_figure() -> None:
    figures = cold_start(1) | memory(20)
    assert set(read_bounds("sdk")) - {"outside_ops_ms"} == set(figures) & set(read_bounds("sdk"))
    assert all(np.isfinite(value) for value in figures.values())
    assert figures["peak_mb"] > 30


def test_bars_are_drawn_for_tables_of_unlike_rows(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    tables = {"a": {"warp": {"p50": 1.0}, "frame": {"p50": 2.0}}, "b": {"frame": {"p50": 3.0}}}
    draw(tables, tmp_path / "b.png")
    assert (tmp_path / "b.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("line", "cap", "level"),
    [
        ("flags\t\t: fpu sse2 avx2 avx_vnni", "", "avx_vnni"),
        ("flags\t\t: fpu sse2 avx2 avx_vnni", "avx2", "avx2"),
        ("flags\t\t: fpu sse2 avx2", "avx512_vnni", "avx2"),
        ("flags : avx2 avx512f avx512cd avx512bw avx512dq avx512vl avx512_vnni", "", "avx512_vnni"),
        ("Features\t: fp asimd asimddp", "", "neon_dotprod"),
        ("flags\t\t: fpu sse2", "avx2", "plain"),
    ],
)
def test_vector_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, cap: str, level: str
) -> None:
    monkeypatch.setenv("FACESDK_VECTOR_LEVEL", cap)
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{line}\n")
    assert vector_level(tmp_path / "cpuinfo") == level
