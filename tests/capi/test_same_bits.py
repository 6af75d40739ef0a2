"""C and Python give the same bits, and every vector level those of the golden digests."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from facesdk import _core
from tests.capi.conftest import Compile, call
from tests.nn.graph_file import GraphFile

# Of facesdk/assets/sample.jpg by result_digest.c, equal for every compiler, vector level and processor. They
# change with the assets and with the arithmetic of the chain; aarch64.sh checks them under emulation.
GOLDEN = dict(
    line.split() for line in (Path(__file__).parent / "golden_digests.txt").read_text().splitlines()
)
PIXELS = GOLDEN["pixels"]
LEVELS = ("plain", "avx2", "avx_vnni", "avx512", "avx512_vnni", "neon_dotprod")

# Arrays by their names in C and in Python.
FIELDS = {  # name in C -> bytes of the first face of a frame in Python
    "intrinsics": lambda frame: frame.pose(0)["intrinsics"].tobytes(),
    "boxes_px": lambda frame: frame.box_px(0).tobytes(),
    "scores": lambda frame: np.float32(frame.score(0)).tobytes(),
    "quality": lambda frame: np.float64(frame.quality(0)[0]).tobytes(),
    "quality_reasons": lambda frame: np.uint32(frame.quality(0)[1]).tobytes(),
    "tracks": lambda frame: np.int64(-1 if frame.track(0) is None else frame.track(0)).tobytes(),
    "landmarks_px": lambda frame: frame.landmarks_px(0).tobytes(),
    "landmark_error_px": lambda frame: frame.landmark_error_px(0).tobytes(),
    "rotation": lambda frame: frame.pose(0)["matrix"].tobytes(),
    "translation_mm": lambda frame: frame.pose(0)["translation_mm"].tobytes(),
    "identity": lambda frame: frame.identity(0).tobytes(),
    "albedo": lambda frame: frame.albedo(0).tobytes(),
    "expression": lambda frame: frame.expression(0).tobytes(),
    "sh": lambda frame: frame.sh(0).tobytes(),
    "vertices_mm": lambda frame: frame.verts_face_mm(0).tobytes(),
}


# What is digested, by golden_digests.txt.
PARTS = (
    "reconstruct", "track", "vertex_normals", "vertices_camera", "vertices_picture", "vertex_albedo",
    "vertex_colors", "draw_face", "depth_mm",
)  # fmt: skip


def pixels_of(sample: Path) -> npt.NDArray[np.uint8]:
    return np.frombuffer(sample.read_bytes().split(b"255\n", 1)[1], np.uint8).reshape(512, 512, 3)


def digests(program: Compile, assets: Path, sample: Path, preset: str, **environment: str) -> dict[str, str]:
    out = call(program("result_digest"), assets, sample, preset, **environment)
    return dict(line.split() for line in out.splitlines())


def test_sample_is_decoded_to_the_pixels_of_the_digests(sample: Path) -> None:
    assert hashlib.sha256(pixels_of(sample).tobytes()).hexdigest()[:16] == PIXELS


@pytest.mark.parametrize("preset", ["default", "tiny"])
@pytest.mark.parametrize("level", LEVELS)
def test_golden_digest(level: str, preset: str, program: Compile, assets: Path, sample: Path) -> None:
    """A level that this CPU lacks caps nothing: then its highest one runs, and the digest is the same."""
    got = digests(program, assets, sample, preset, FACESDK_VECTOR_LEVEL=level)
    assert got["faces"] == "1"
    for part in PARTS:
        assert got[part] == GOLDEN[f"{preset}.{part}"], part


def test_level_is_capped(program: Compile, assets: Path, sample: Path) -> None:
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("NEON has no level below its own")
    assert digests(program, assets, sample, "tiny", FACESDK_VECTOR_LEVEL="plain")["level"] == "plain"


def python_session(assets: Path, preset: str) -> _core.Session:
    network = "mobile_facernet.plan" if preset == "default" else "mobile_facernet_tiny.plan"
    engine = _core.Engine(
        detector=_core.load_int8_network(str(assets / "detector.plan")),
        regressor=_core.load_int8_network(str(assets / network)),
        face_model=_core.load_face_model(str(assets / "face_model.safetensors"), False),
        eyes=_core.load_dense_network(str(assets / "eyes.safetensors")),
        mask=None, contours=None, picture=None,
        detect=None, max_faces=16, min_detector_score=0.5, min_face_px=0.0, field_of_view_deg=40.0, passes=2,
        threads=1, detection_interval=7, deocclude=0,
    )  # fmt: skip
    return _core.Session(engine)


@pytest.mark.parametrize("preset", ["default", "tiny"])
def test_c_and_python_give_the_same_bits(
    preset: str, program: Compile, assets: Path, sample: Path, tmp_path: Path
) -> None:
    call(program("result_digest"), assets, sample, preset, tmp_path)
    frame = python_session(assets, preset).reconstruct(pixels_of(sample), None, None)
    assert frame.count == 1
    for in_c, in_python in FIELDS.items():
        assert (tmp_path / in_c).read_bytes() == in_python(frame), in_c


def test_arkit_weights_are_those_of_python(
    program: Compile, assets: Path, sample: Path, tmp_path: Path
) -> None:
    from facesdk.morphable.face_model import FaceModel

    call(program("result_digest"), assets, sample, "default", tmp_path)
    expression = np.fromfile(tmp_path / "expression", np.float32)
    expected = FaceModel.load(assets / "face_model.safetensors").arkit(expression)
    np.testing.assert_array_equal(
        np.fromfile(tmp_path / "arkit", np.float32), np.array(list(expected.values()), np.float32)
    )


def write_picture_network(path: Path, output: str, channels: int) -> None:
    """A network of one convolution from the bytes of a crop to a map of its size."""
    rng = np.random.default_rng(channels)
    file = GraphFile(padding=1, zero=0, side=128)
    made = file.float_map(1, 16)
    weights = rng.integers(-20, 90, (16, 9, 4), dtype=np.int8)
    file.conv([(0, False)], weights, np.zeros(16, np.int32), np.full(16, 1e-5, np.float32), made, pad=1,
              to_float=True)  # fmt: skip
    file.description["outputs"][output] = {"float_maps": [made], "shape": [128, 128, channels]}
    path.write_bytes(file.data())


def test_what_covers_a_face_is_what_python_says(
    program: Compile, assets: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With small networks in the place of those that complete a face."""
    from facesdk import FaceSDK, Options
    from facesdk.inference import engine

    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, output, channels in (("contour_net", "contours", 1), ("completion_net", "picture", 3)):
        plan = folder / f"{name}.plan"
        write_picture_network(plan, output, channels)
        manifest["assets"][plan.name] = {"bytes": plan.stat().st_size}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    call(program("occlusion"), folder, sample, tmp_path)

    files = {role: (folder / plan, "native") for role, (_, plan) in engine.OCCLUSION.items()}
    monkeypatch.setattr(engine, "occlusion_files", lambda options: files)
    result = FaceSDK(Options(backend="native", deocclude="always")).reconstruct(pixels_of(sample))
    occlusions = [face.occlusion for face in result]
    shares = np.array([one.share for one in occlusions])
    observed = np.stack([one.expression_observed for one in occlusions])
    assert (tmp_path / "occluded_share").read_bytes() == shares.tobytes()
    assert (tmp_path / "expression_observed").read_bytes() == observed.tobytes()
    assert (tmp_path / "mask").read_bytes() == result.faces[0].occlusion_mask.tobytes()
    assert result.faces[0].generated_mask.any()
    assert (tmp_path / "completed").read_bytes() == result.faces[0].completed_image.tobytes()


@pytest.mark.parametrize("preset", ["default", "tiny"])
def test_colours_and_drawings_are_those_of_python(
    preset: str, program: Compile, assets: Path, sample: Path, tmp_path: Path
) -> None:
    from facesdk import FaceSDK, Options
    from facesdk.rendering.pictures import draw_shaded
    from facesdk.rendering.render import lit_colors

    call(program("result_digest"), assets, sample, preset, tmp_path)
    options = Options(preset=preset, backend="native")
    face = FaceSDK(options).reconstruct(pixels_of(sample)).faces[0]
    gray = np.full((512, 512, 3), 77, np.uint8)
    draw_shaded(face.posed_mesh, face.albedo, face.sh, gray)
    expected = {
        "vertex_albedo": face.albedo,
        "vertex_colors": lit_colors(face.albedo, face.normals_camera, face.sh),
        "draw_face": gray,
        "depth_mm": face.depth_mm(),
    }
    for name, array in expected.items():
        assert (tmp_path / name).read_bytes() == array.tobytes(), name
