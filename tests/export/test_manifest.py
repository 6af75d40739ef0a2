"""The manifest holds the true sizes and hashes, and names every asset's origin."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from export.manifest import ASSETS, build_manifest


def test_sizes_and_hashes_are_the_files_own(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"abc")
    (tmp_path / "manifest.json").write_text("{}")
    words = tmp_path.parent / "words.toml"
    words.write_text('["net.onnx"]\nversion = "1"\nprovenance = "made"\nlicence = "MIT"\ntrained_on = []\n')
    entry = build_manifest(tmp_path, words)["assets"]["net.onnx"]
    assert entry["bytes"] == 3
    assert entry["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert entry["licence"] == "MIT"


def test_an_asset_without_provenance_is_refused(tmp_path: Path) -> None:
    (tmp_path / "unknown.bin").write_bytes(b"1")
    with pytest.raises(SystemExit, match=r"unknown\.bin"):
        build_manifest(tmp_path)


def test_bundled_assets_say_where_they_come_from() -> None:
    for entry in build_manifest()["assets"].values():
        assert entry["provenance"]
        assert entry["licence"]
    assert (ASSETS / "manifest.json").exists()
