"""README, package metadata, NOTICE, manifest and `facesdk info` tell alike what may be used for what."""

from __future__ import annotations

import email
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from facesdk import manifest

ROOT = Path(__file__).resolve().parents[1]
LICENCE_FILES = ("LICENSE", "NOTICE", "LICENSE-WEIGHTS")
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
WEIGHTS = (ROOT / "LICENSE-WEIGHTS").read_text(encoding="utf-8")
# The part of the licence texts that must be kept word by word, as it begins and ends.
MIT = ("Permission is hereby granted, free of charge", "IN THE\nSOFTWARE.")
BSD = ("Redistribution and use in source and binary forms", "POSSIBILITY OF SUCH DAMAGE.")


def learned(entry: dict[str, object]) -> bool:
    return bool(entry["trained_on"])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[email.message.Message, Path]:
    """METADATA and the folder of licence files: of the installed package, else as a wheel would have them."""
    try:
        info = importlib.metadata.distribution("facesdk")
        folder = Path(str(info.locate_file(""))) / f"facesdk-{info.version}.dist-info"
    except importlib.metadata.PackageNotFoundError:
        if importlib.util.find_spec("scikit_build_core") is None:
            pytest.skip("facesdk is not installed and scikit-build-core is missing")
        out = tmp_path_factory.mktemp("metadata")
        code = "import sys, scikit_build_core.build as b; b.prepare_metadata_for_build_wheel(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, str(out)], cwd=ROOT, check=True, capture_output=True)
        (folder,) = out.glob("*.dist-info")
    return email.message_from_string((folder / "METADATA").read_text(encoding="utf-8")), folder / "licenses"


def test_metadata_does_not_call_it_all_apache(package: tuple[email.message.Message, Path]) -> None:
    metadata, folder = package
    parts = metadata["License-Expression"].split(" AND ")
    assert parts == ["Apache-2.0", "MIT", "BSD-3-Clause", "LicenseRef-FaceSDK-Weights"]
    assert sorted(metadata.get_all("License-File")) == sorted(LICENCE_FILES)
    for name in LICENCE_FILES:
        assert (folder / name).read_bytes() == (ROOT / name).read_bytes()
    assert not [line for line in metadata.get_all("Classifier") if line.startswith("License ::")]


@pytest.mark.slow
def test_a_wheel_holds_the_terms(tmp_path: Path) -> None:
    import zipfile

    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        assert "LicenseRef-FaceSDK-Weights" in archive.read(metadata).decode()
    for name in LICENCE_FILES:
        assert any(one.endswith(f".dist-info/licenses/{name}") for one in names), name


def test_notice_has_the_licence_text_of_every_third_party_thing() -> None:
    """ICT-FaceKit, and whatever the C++ sources include that is neither standard nor ours."""
    included = set()
    for path in (ROOT / "csrc").rglob("*"):
        if path.suffix in (".h", ".cpp", ".cu"):
            included |= set(re.findall(r'#include [<"](\w+)/', path.read_text(encoding="utf-8")))
    own = {folder.name for folder in (ROOT / "csrc").iterdir() if folder.is_dir()}
    assert included - own - {"sys"} == {"nlohmann", "pybind11"}  # others need an entry in NOTICE
    sections = dict(re.findall(r"={80,}\n(\S+).*?\n(.*?)(?=={80,}|\Z)", NOTICE, re.DOTALL))
    assert set(sections) >= {"ICT-FaceKit,", "JSON", "pybind11,", "doctest,", "Photograph"}
    for name, (begin, end) in {"ICT-FaceKit,": MIT, "JSON": MIT, "doctest,": MIT, "pybind11,": BSD}.items():
        assert begin in sections[name], name
        assert end in sections[name], name
        assert re.search(r"Copyright \(c\) \d{4}", sections[name]), name


def test_notice_has_the_text_of_ict_facekit_word_by_word(data_dir: Path) -> None:
    assert (data_dir / "ict_facekit" / "LICENSE").read_text(encoding="utf-8").strip() in NOTICE


@pytest.mark.parametrize("name", manifest.manifest())
def test_manifest_weights_and_notice_agree_about_every_asset(name: str) -> None:
    entry = manifest.manifest()[name]
    assert entry["use"].startswith("Research, " if "Research use" in entry["licence"] else "Any use")
    assert name in (WEIGHTS if learned(entry) else NOTICE)
    if learned(entry):
        assert "LICENSE-WEIGHTS" in entry["use"]
    for photos in entry["trained_on"]:
        assert re.search(rf"^    {photos} +\S", WEIGHTS, re.MULTILINE), photos
    if "Research use" in entry["licence"]:
        research, rest = WEIGHTS.split("2. Face model")
        assert name in research
        assert name not in rest


def test_every_teacher_of_the_provenance_is_in_the_terms() -> None:
    told = " ".join(entry["provenance"] + entry["licence"] for entry in manifest.manifest().values())
    for teacher in ("3DDFA_V2", "MediaPipe Face Landmarker", "MobileFaceNet", "YuNet"):
        assert teacher in told
        assert teacher in WEIGHTS


def test_info_prints_the_use_of_every_asset(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from facesdk.cli import main

    monkeypatch.setattr(sys, "argv", ["facesdk", "info"])
    with pytest.raises(SystemExit):
        main.main()
    out = capsys.readouterr().out
    for name, entry in manifest.manifest().items():
        _, part = out.split(f"\n{name}  version", 1)
        assert f"use         {entry['use']}\n" in part.split("  trained on")[0]
    assert "LICENSE-WEIGHTS" in out.split("detector.onnx")[0]


def test_the_first_screen_of_the_readme_has_the_terms() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20])
    for words in (
        "Apache-2.0",
        "MIT",
        "ICT-FaceKit",
        "research",
        "not cleared for products",
        "LICENSE-WEIGHTS",
    ):
        assert words in screen
