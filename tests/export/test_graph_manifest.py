"""graphs.json is written last, and not at all where a graph was not compared or is outside its limits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from onnx import numpy_helper

from export.activations import Headroom
from export.all_graphs import SUFFIXES, export_all, fit_shape
from export.chain import Chain, ChainFace, paired
from export.compare import Comparison, compare_chains, compare_outputs
from export.graph_manifest import NAME, failures, write_graph_manifest
from export.manifest import ASSETS
from export.photos import sample_variants, training_photos
from tests.export.device_graphs import SHIPPED, form, graph, inputs

ENOUGH = Headroom("some/tensor", 30.0, 100)


def comparison(**changes: object) -> Comparison:
    row = Comparison(
        "net", "fp16", "onnxruntime", 4, 10, {"x": {"mean": 1e-4, "max": 1e-3}}, {"landmarks_px": 0.01}
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def write(folder: Path, rows: list[Comparison], headroom: Headroom = ENOUGH) -> Path:
    (folder / "net.fp16.onnx").write_bytes(b"abcd")
    return write_graph_manifest(
        folder, {"net.fp16.onnx": ("net", "fp16")}, rows, {"net": headroom}, {"photos": 1}
    )


def test_sizes_hashes_and_comparisons_are_stored(tmp_path: Path) -> None:
    stored = json.loads(write(tmp_path, [comparison()]).read_text())
    entry = stored["graphs"]["net.fp16.onnx"]
    assert entry["bytes"] == 4
    assert entry["sha256"] == hashlib.sha256(b"abcd").hexdigest()
    assert entry["comparison"]["felt"] == {"landmarks_px": 0.01}
    assert stored["float16_headroom"]["net"]["times"] == pytest.approx(65504 / 30)


@pytest.mark.parametrize(
    ("rows", "headroom", "message"),
    [
        ([], ENOUGH, r"net\.fp16\.onnx: no comparison with torch"),
        ([comparison(run_by="torch")], ENOUGH, r"net\.fp16\.onnx: no comparison with torch"),
        ([comparison(precision="int8")], ENOUGH, "no comparison with torch"),
        ([comparison(felt={"landmarks_px": 0.021})], ENOUGH, r"landmarks 0\.0210 px, limit 0\.02 px"),
        ([comparison(felt={"landmarks_px": float("nan")})], ENOUGH, "landmarks nan px"),
        ([comparison()], Headroom("big/tensor", 60000.0, 9), r"headroom 1\.1, limit 8\.0 \(big/tensor\)"),
    ],
)
def test_what_is_missing_or_outside_its_limit_is_refused(
    rows: list[Comparison], headroom: Headroom, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        write(tmp_path, rows, headroom)
    assert not (tmp_path / NAME).exists()


def test_float32_is_held_to_torch() -> None:
    far = comparison(precision="fp32_fixed", outputs={"x": {"mean": 0.0, "max": 0.1}})
    assert failures([far], {}) == ["net fp32_fixed: outputs differ by 1.00e-01, limit 0.001"]


def test_a_network_is_exported_compared_and_then_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / NAME).write_text("of an earlier export")
    export_all([SHIPPED["eyes"]], tmp_path, tmp_path / "no_data", count=6, labelled=0)
    graphs = json.loads((tmp_path / NAME).read_text())["graphs"]
    assert (
        set(graphs)
        == {f"eyes{suffix}" for suffix in SUFFIXES.values()}
        == {p.name for p in tmp_path.glob("*.onnx")}
    )
    assert "variants of the bundled photo" in capsys.readouterr().out
    assert graphs["eyes.int8.onnx"]["comparison"]["chain"]["faces"] >= 3


def test_an_export_outside_its_limits_leaves_no_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.graph_manifest.MIN_HEADROOM", 1e9)
    (tmp_path / NAME).write_text("of an earlier export")
    with pytest.raises(SystemExit, match="not exported: eyes fp16: headroom"):
        export_all([SHIPPED["eyes"]], tmp_path, tmp_path / "no_data", count=2, labelled=0)
    assert not (tmp_path / NAME).exists()


def test_a_graph_with_one_wrong_weight_is_seen(tmp_path: Path) -> None:
    network, values = SHIPPED["eyes"], [inputs(SHIPPED["eyes"], 6, 2)]
    model = onnx.ModelProto()
    model.CopyFrom(graph("eyes"))
    largest = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    wrong = numpy_helper.to_array(largest).copy()
    wrong.flat[7] += 1.0
    largest.CopyFrom(numpy_helper.from_array(wrong, largest.name))
    rows = []
    for name, one in (("good", graph("eyes")), ("wrong", model)):
        onnx.save(one, str(tmp_path / f"{name}.onnx"))
        path = tmp_path / f"{name}.onnx"
        rows.append(compare_outputs(network, "fp32", path, form("eyes"), form("eyes"), values))
    assert failures(rows[:1], {}) == []
    assert len(failures(rows[1:], {})) == 1
    assert rows[1].felt["closure"] > 100 * rows[0].felt["closure"]


def test_a_chain_differs_from_itself_by_nothing() -> None:
    exact = [Chain().faces(picture) for picture in sample_variants(2)]
    same = compare_chains(Chain({"eyes": ASSETS / "eyes.onnx"}), exact, sample_variants(2))
    assert same["faces"] >= 2
    assert (same["landmarks_px"], same["vertices_mm"], same["lost"]) == (0, 0, 0)


def test_faces_far_away_are_not_the_same_face() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (68, 2)).astype(np.float32)
    one, near, far = (ChainFace(points + shift, np.zeros((1, 3), np.float32)) for shift in (0, 3, 60))
    assert paired(one, [far, near]) is near
    assert paired(one, [far]) is None
    assert paired(one, []) is None


def test_photos_are_mixed_and_spread(tmp_path: Path) -> None:
    for name, count in (("lfw", 9), ("cfp", 2)):
        (tmp_path / name / "images").mkdir(parents=True)
        for i in range(count):
            (tmp_path / name / "images" / f"{i}.webp").touch()
    chosen = [f"{p.parts[-3]}{p.stem}" for p in training_photos(tmp_path, 6)]
    assert chosen == ["lfw0", "cfp0", "lfw3", "cfp1", "lfw6"]
    with pytest.raises(FileNotFoundError, match="expected sets"):
        training_photos(tmp_path / "lfw", 6)


def test_fixed_shapes_are_cut_and_padded() -> None:
    given = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    out = fit_shape(given, (2, 5))
    assert out.shape == (2, 2, 5)
    np.testing.assert_array_equal(out[..., :4], given[:, :2])
    assert not out[..., 4].any()
