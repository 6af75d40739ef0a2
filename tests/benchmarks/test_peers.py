"""Turns, ratios and the peers' parts; no timing decides anything here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.check import read_bounds
from benchmarks.peers import other_engines
from benchmarks.peers.contestants import DenseDecode, face_mesh
from benchmarks.peers.our_frames import FIRST_PX, first_photo, tracked_photo
from benchmarks.peers.run import bounded, bounds_of_level, to_best
from benchmarks.peers.worker import Worker
from benchmarks.speed.interleave import interleaved, ratio
from benchmarks.speed.raster_scaling import ball
from benchmarks.speed.stage import largest_difference
from facesdk import ops
from facesdk.cli.timing import percentiles

WORKER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"ms": [2.0] * request["runs"], "found": request["kind"] != "static"}), flush=True)
"""


def test_every_pass_takes_every_contestant_in_alternating_order() -> None:
    order: list[str] = []

    def contestant(name: str, ms: float):  # type: ignore[no-untyped-def]
        return lambda runs: order.append(name) or np.full(runs, ms * len(order))

    times = interleaved({"a": contestant("a", 1.0), "b": contestant("b", 1.0)}, passes=3, runs=2)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert times["a"].tolist() == [1, 4, 5]
    assert ratio(times, "a", "b") == np.median([1 / 2, 4 / 3, 5 / 6])
    assert np.isnan(ratio(times, "a", "nobody"))


def test_bounds_follow_the_ratios_and_what_is_absent_is_nan() -> None:
    times = {
        "ours default: tracked frame": np.array([2.0, 4.0]),
        "ours openvino: tracked frame": np.array([1.0, 2.0]),
        "mb05 network": np.array([1.0, 2.0]),
        "MediaPipe tracked": np.array([4.0, 8.0]),
    }
    figures = bounded(times, {"decode_mean_mm": 0.0})
    assert figures["tracked_to_mediapipe"] == 0.5
    assert figures["tracked_best_to_mb05"] == 1.0
    assert np.isnan(figures["tracked_tiny_to_mediapipe"])
    assert figures["decode_mean_mm"] == 0.0


def test_the_best_engine_is_chosen_in_every_pass() -> None:
    times = {
        "ours": np.array([1.0, 1.0, 1.0]),
        "a": np.array([2.0, 8.0, 4.0]),
        "b": np.array([4.0, 2.0, 8.0]),
    }
    assert to_best(times, "ours", ("a", "b", "absent")) == 0.5
    assert np.isnan(to_best(times, "ours", ("absent",)))
    assert np.isnan(to_best(times, "absent", ("a",)))


@pytest.mark.parametrize(("level", "table"), [("avx512_vnni", "peers_avx512_vnni"), ("avx2", "peers_avx2")])
def test_every_bound_of_a_level_is_a_figure(level: str, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.run.vector_level", lambda: level)
    assert bounds_of_level() == table
    bounds = read_bounds(table)
    assert bounds
    assert set(bounds) <= set(bounded({}, {}))


def test_the_dense_decodes_agree() -> None:
    pytest.importorskip("onnx")
    dense = DenseDecode()
    np.testing.assert_allclose(dense.numpy(), dense.onnxruntime(), atol=1e-4)
    bases = np.ascontiguousarray(dense.basis.T).reshape(len(dense.coeffs), -1, 3)
    ours = ops.decode_dense(dense.mean.reshape(-1, 3), bases, dense.coeffs)
    np.testing.assert_allclose(ours.ravel(), dense.numpy(), atol=2e-4)
    model = dense.model()
    shift = model.mean_control_mm[0] - dense.mean[:3]
    verts = model.decode(*np.split(dense.coeffs, [model.n_id])) - shift
    apart = np.linalg.norm(verts - dense.numpy().reshape(-1, 3), axis=1)
    assert apart.mean() <= 0.01  # mm
    assert apart.max() <= 0.05


def test_the_worker_is_called_over_a_pipe(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    picture = np.zeros((4, 4, 3), np.uint8)
    with Worker(Path(sys.executable), script) as worker:
        assert face_mesh(worker, picture, "tracked")(3).tolist() == [2, 2, 2]
        with pytest.raises(SystemExit, match="no face"):
            face_mesh(worker, picture, "static")(1)
    script.write_text("")
    with (
        Worker(Path(sys.executable), script) as worker,
        pytest.raises(SystemExit, match="does its Python"),
    ):
        face_mesh(worker, picture, "tracked")(1)


def test_photos_have_the_stated_sizes() -> None:
    assert tracked_photo().shape == (450, 450, 3)
    assert first_photo().shape == (FIRST_PX[1], FIRST_PX[0], 3)


def test_the_ball_fills_the_picture() -> None:
    points, triangles, colors = ball(20_000, 100)
    drawn = ops.rasterize(points, triangles, 100, 100, colors=colors, want=("depth",))
    assert drawn.depth is not None
    assert (drawn.depth > 0).mean() == pytest.approx(np.pi / 4 * 0.95**2, abs=0.02)
    assert drawn.depth[drawn.depth > 0].min() < 910  # the near half is the one that is seen


def test_percentiles_and_differences() -> None:
    assert percentiles(np.arange(101.0)) == {"p50": 50, "p95": 95, "p99": 99}
    assert largest_difference((np.array([1, 2]), None), (np.array([1, 5]), None)) == 3
    assert json.dumps(percentiles(np.arange(3.0)))


def test_engines_that_are_not_installed_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(other_engines.importlib.util, "find_spec", lambda _: None)
    assert other_engines.other_engines(tmp_path) == {}
    assert capsys.readouterr().out == "ncnn: not installed, left out\nMNN: not installed, left out\n"


def test_other_engines_predict_what_onnxruntime_predicts(tmp_path: Path) -> None:
    pytest.importorskip("ncnn")
    pytest.importorskip("MNN")
    contestants = other_engines.other_engines(tmp_path)  # an engine whose outputs differ ends it
    assert list(contestants) == ["ncnn: network", "MNN: network"]
    assert all((contestant(2) > 0).all() for contestant in contestants.values())


def test_an_engine_with_other_outputs_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> other_engines.Run:
        return lambda: [np.zeros((1, 239)), np.zeros((1, 68, 2)), np.zeros((1, 68)), np.zeros((1, 1))]

    monkeypatch.setattr(other_engines.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(other_engines, "_tool", lambda _: "tool")
    monkeypatch.setattr(other_engines, "_ncnn", opened)
    with pytest.raises(SystemExit, match="ncnn: outputs differ"):
        other_engines.other_engines(tmp_path)
