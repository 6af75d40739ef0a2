"""An installed tree serves programs outside: find_package, pkg-config, the examples."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.capi.conftest import BUILD, HERE, ROOT, call

OUTSIDE = HERE / "outside"


def test_outside_program_by_find_package(installed: Path, sample: Path, tmp_path: Path) -> None:
    assert len((OUTSIDE / "main.c").read_text().splitlines()) <= 40
    call("cmake", "-S", OUTSIDE, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={installed}")
    call("cmake", "--build", tmp_path)
    first, box = call(tmp_path / "outside", sample).splitlines()
    assert first == "1 faces"
    x0, y0, x1, y1 = map(float, box.split())
    assert 160 < x0 < 200 < 250 < x1 < 295
    assert 40 < y0 < 80 < 155 < y1 < 200


def test_outside_program_by_pkg_config(installed: Path, sample: Path, compiler: str, tmp_path: Path) -> None:
    if shutil.which("pkg-config") is None:
        pytest.skip("no pkg-config")
    environment = {"PKG_CONFIG_PATH": str(installed / "lib" / "pkgconfig")}
    flags = call("pkg-config", "--cflags", "--libs", "facesdk", **environment).split()
    folder = call("pkg-config", "--variable=assets", "facesdk", **environment).strip()
    call(compiler, OUTSIDE / "main.c", f'-DASSETS="{folder}"', *flags, "-o", tmp_path / "outside")
    out = call(tmp_path / "outside", sample, LD_LIBRARY_PATH=str(installed / "lib"))
    assert out.startswith("1 faces")


@pytest.fixture(scope="module")
def draw_faces(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example for OpenCV, compiled outside; skipped, and said so, without OpenCV's C++ headers."""
    folder = tmp_path_factory.mktemp("opencv")
    configured = call(
        "cmake", "-S", OUTSIDE / "opencv", "-B", folder, f"-DCMAKE_PREFIX_PATH={installed}",
        f"-DEXAMPLE={ROOT / 'examples' / 'cpp' / 'draw_faces.cpp'}",
    )  # fmt: skip
    if "no OpenCV for C++" in configured:
        pytest.skip("no OpenCV for C++ (Debian: libopencv-dev): its example is NOT compiled")
    call("cmake", "--build", folder)
    return folder / "draw_faces"


def test_opencv_draws_the_face_and_nothing_else(
    draw_faces: Path, assets: Path, sample: Path, tmp_path: Path
) -> None:
    import PIL.Image

    out = tmp_path / "drawn.png"
    assert call(draw_faces, assets, sample, out) == "1 faces\n"
    before, after = (np.asarray(PIL.Image.open(path).convert("RGB"), int) for path in (sample, out))
    changed = np.abs(before - after).max(axis=2) > 0
    rows, columns = np.nonzero(changed)
    assert changed[100:160, 195:240].mean() > 0.95  # eyes, nose and mouth
    assert 0.03 < changed.mean() < 0.1
    assert 30 < rows.min() < rows.max() < 240  # head and neck
    assert 150 < columns.min() < columns.max() < 300


def test_draw_faces_says_what_is_wrong(draw_faces: Path, assets: Path, tmp_path: Path) -> None:
    command = [draw_faces, assets, tmp_path / "none.png", tmp_path / "drawn.png"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 1
    assert "image" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "drawn.png").exists()


def test_photo_to_obj(assets: Path, sample: Path, tmp_path: Path) -> None:
    mesh = tmp_path / "face.obj"
    call(BUILD / "examples" / "photo_to_obj", assets, sample, mesh)
    lines = mesh.read_text().splitlines()
    verts = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    assert len(verts) > 10_000
    assert 100 < np.ptp(verts[:, 1]) < 500  # mm: a head, upright
    assert verts[:, 2].max() < 0  # in front of the camera
    assert ((verts[:, 3:] >= 0) & (verts[:, 3:] <= 1)).all()
    assert verts[:, 3].mean() > verts[:, 5].mean()  # skin is more red than blue
    faces = [line for line in lines if line.startswith("f ")]
    corners = np.array([[corner.split("/") for corner in face.split()[1:]] for face in faces], int)
    texture = sum(line.startswith("vt ") for line in lines)
    assert corners.min() == 1
    assert corners[..., 0].max() == len(verts)
    assert corners[..., 1].max() == texture


def test_photo_to_obj_says_what_is_wrong(assets: Path, tmp_path: Path) -> None:
    command = [BUILD / "examples" / "photo_to_obj", assets, tmp_path / "none.ppm", tmp_path / "face.obj"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no binary PPM" in done.stderr


@pytest.mark.parametrize("form", ["rgb", "nv12"])
def test_landmark_stream(form: str, assets: Path, sample: Path) -> None:
    rgb = np.frombuffer(sample.read_bytes().split(b"255\n", 1)[1], np.uint8).reshape(512, 512, 3)
    frame = rgb.tobytes()
    if form == "nv12":
        luma = (16 + rgb.mean(axis=2) * (219 / 255)).astype(np.uint8)
        frame = luma.tobytes() + np.full((256, 512), 128, np.uint8).tobytes()
    command = [str(BUILD / "examples" / "landmark_stream"), str(assets), form, "512", "512"]
    done = subprocess.run(command, input=3 * frame, capture_output=True, check=True)
    rows = np.array([line.split() for line in done.stdout.decode().splitlines()], float)
    assert rows.shape == (3, 3 + 136)
    assert rows[:, 0].tolist() == [0, 1, 2]
    assert rows[:, 1].tolist() == [0, 0, 0]
    assert np.abs(rows[1, 3:] - rows[2, 3:]).max() < 1.0
