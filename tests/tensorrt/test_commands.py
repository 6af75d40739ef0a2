"""`facesdk engines build | list | doctor`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from facesdk.engines.jetpack import JETPACKS, conflict, jetpack_of
from tests.tensorrt.double import Double
from tests.tensorrt.graphs import write_graph


@pytest.fixture
def graphs(tmp_path: Path) -> Path:
    folder = tmp_path / "graphs"
    folder.mkdir()
    write_graph(folder / "means.onnx", ("N", 3, 8, 8), slow_us=2000)
    write_graph(folder / "means.fp16.onnx", ("N", 3, 8, 8))
    write_graph(folder / "rows.onnx", ("N", 6))
    return folder


def test_build_list_and_build_again(stand_in: Double, graphs: Path, tmp_path: Path) -> None:
    store = {"FACESDK_ENGINES": tmp_path / "engines"}
    built = stand_in.command("engines", "build", graphs, **store)
    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines() == ["means: not built yet", "rows: not built yet"]
    assert "means: fp16 kept" in built.stderr
    listed = stand_in.command("engines", "list", **store).stdout
    assert listed.startswith("2 engine(s) in ")
    assert "means: fits\n  choice    fp16 kept, " in listed
    assert "TensorRT 10.3.0, CUDA 12.6, Fake Orin" in listed
    again = stand_in.command("engines", "build", graphs, **store)
    assert again.stdout.splitlines() == ["means: up to date", "rows: up to date"]
    moved = stand_in.command("engines", "list", FAKE_CUDA_DEVICE="Fake Thor", **store).stdout
    assert "means: stale: gpu: Fake Orin, here Fake Thor" in moved
    only = stand_in.command("engines", "build", graphs, "--only", "rows", "--rebuild", **store)
    assert only.stdout.splitlines() == ["rows: rebuilt"]


def test_one_network_without_an_engine_does_not_stop_the_others(
    stand_in: Double, graphs: Path, tmp_path: Path
) -> None:
    write_graph(graphs / "means.onnx", ("N", 3, 8, 8), does_not_parse=1)
    (graphs / "means.fp16.onnx").unlink()
    done = stand_in.command("engines", "build", graphs, FACESDK_ENGINES=tmp_path / "engines")
    assert done.returncode == 2
    assert "error: means.onnx: no TensorRT engine passes (fp32: the graph does not parse" in done.stdout
    assert "error: no engine of means; see above" in done.stderr
    assert (tmp_path / "engines" / "rows.engine").is_file()


@pytest.mark.parametrize(("arguments", "message"), [
    (("build", "--dla"), "DLA is not used: it takes no explicit int8"),
    (("build", "--only", "nobody"), "graphs: got nobody, expected networks of"),
])  # fmt: skip
def test_what_is_refused_has_its_reason(
    stand_in: Double, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = stand_in.command("engines", *arguments, FACESDK_ENGINES=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_doctor_tells_in_one_screen_what_was_loaded_from_where(stand_in: Double, tmp_path: Path) -> None:
    done = stand_in.command("engines", "doctor", FACESDK_ENGINES=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"TensorRT 10.3.0 from {stand_in.libraries.resolve()}/libnvinfer.so.10" in done.stdout
    assert "Fake Orin, compute capability 8.7, 8 multiprocessors" in done.stdout
    for jetpack in JETPACKS:
        assert f"\n{jetpack.name:<9}R{jetpack.release}" in done.stdout
    assert len(done.stdout.splitlines()) <= 24


def test_the_doctor_names_another_copy_of_tensorrt(stand_in: Double, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "libnvinfer.so.8").write_bytes(b"another version")
    path = f"{stand_in.libraries}:{other}"
    done = stand_in.command("engines", "doctor", LD_LIBRARY_PATH=path, FACESDK_ENGINES=tmp_path)
    assert f"also {other}/libnvinfer.so.8" in done.stdout


def test_the_doctor_ends_with_the_problem(stand_in: Double, tmp_path: Path) -> None:
    done = stand_in.command("engines", "doctor", FAKE_CUDA_INIT=100, FACESDK_ENGINES=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the NVIDIA driver: cuInit failed with 100")
    assert "JetPack" in done.stdout


def test_info_and_doctor_run_where_there_is_nothing() -> None:
    for command in (["info"], ["engines", "list"]):
        done = subprocess.run(
            [sys.executable, "-m", "facesdk.cli.main", *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("driver", "tensorrt", "fits"), [
    ("", "11.0.0", True),  # no Jetson
    ("560.35.03", "10.3.0", True),
    ("R35 4.1", "8.5.2", True), ("R35 4.1", "10.3.0", False),
    ("R36 4.3", "10.3.0", True), ("R36 4.3", "8.6.1", False), ("R36 4.3", "11.4.1", False),
    ("R38 2.1", "10.13.3", True), ("R38 2.1", "11.3.0", False), ("R39 2.2", "11.4.1", True),
    ("R32 7.1", "8.2.1", False),
])  # fmt: skip
def test_which_tensorrt_a_jetpack_may_have(driver: str, tensorrt: str, fits: bool) -> None:
    message = conflict(driver, tensorrt)
    assert (message == "") is fits
    if not fits:
        jetpack = jetpack_of(driver)
        assert jetpack is not None
        assert message.startswith(
            f"JetPack {jetpack.name} ({driver}) may have TensorRT {jetpack.tensorrt}, got"
        )
