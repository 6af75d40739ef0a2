"""Graphs build by TensorRT-RTX where it is installed; what it cannot build for is said in the table."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from export.networks import NETWORKS
from export.quantization.symmetric_qdq import quantize_variants
from export.tensorrt import rtx_engines
from export.tensorrt.rtx_engines import (
    NOT_BUILDABLE,
    PORTABLE,
    PRECISIONS,
    EngineRow,
    engine_table,
    load_rtx,
    print_engines,
    profile_shapes,
    write_engines,
)  # fmt: skip
from tests.export.device_graphs import SHIPPED, graph, inputs

BUILT = ("eyes", "detector")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        load_rtx()
    except ImportError as error:
        pytest.skip(str(error))
    made = tmp_path_factory.mktemp("graphs")
    for name in BUILT:
        network = SHIPPED[name]
        given = [inputs(network, 1, k) for k in range(2)]
        graphs = [
            graph(name),
            graph(name, half=True),
            *quantize_variants(graph(name), given, network.precise),
        ]
        for suffix, model in zip(PRECISIONS.values(), graphs, strict=True):
            onnx.save(model, str(made / f"{name}{suffix}"))
    return made


def test_every_precision_builds_for_a_desktop_gpu_and_not_for_jetson(folder: Path) -> None:
    rows = engine_table(folder, list(BUILT), (PORTABLE, "SM75", "SM87", "SM90", "SM110"))
    assert len(rows) == 2 * 4 * 5
    for row in rows:
        if row.target in ("SM87", "SM90", "SM110"):
            assert (row.reason, row.bytes) == (NOT_BUILDABLE, None)
        elif not (row.target == "SM75" and row.precision.startswith("int8")):
            assert row.bytes is not None, row
            assert row.bytes > 100_000


def test_a_graph_that_does_not_parse_is_said(folder: Path, tmp_path: Path) -> None:
    for suffix in PRECISIONS.values():
        (tmp_path / f"eyes{suffix}").write_bytes(b"no graph")
    rows = engine_table(tmp_path, ["eyes"], (PORTABLE,))
    assert all(row.reason.startswith("does not parse") and row.bytes is None for row in rows)


def test_without_tensorrt_rtx_the_way_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtx_engines, "MODULES", ("no_such_module",))
    with pytest.raises(ImportError, match="not installed; pip install"):
        load_rtx()


def test_profiles_span_batches_and_sides() -> None:
    shapes = {network.name: profile_shapes(network) for network in NETWORKS}
    assert shapes["detector"] == ((1, 3, 64, 64), (1, 3, 352, 608), (8, 3, 1024, 1024))
    assert shapes["eyes"] == ((1, 336), (1, 336), (8, 336))


def test_the_table_names_what_was_not_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        EngineRow("net", "fp16", "SM86", "TensorRT-RTX 1", 1.5, 2_000_000, 4, ""),
        EngineRow("net", "fp16", "SM87", "", None, None, None, NOT_BUILDABLE),
    ]
    print_engines(rows)
    _, built, missing = capsys.readouterr().out.splitlines()
    assert built.split()[2:6] == ["SM86", "1.50", "2000", "4"]
    assert missing.endswith("SM87      not buildable here")
    write_engines(rows, tmp_path / "engines.json")
    assert json.loads((tmp_path / "engines.json").read_text())[1]["reason"] == NOT_BUILDABLE
