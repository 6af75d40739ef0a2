"""The binary interface: one exported symbol, and types that never change but at their end."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.capi.conftest import HERE, ROOT, call

BASELINE = HERE / "abi" / "facesdk.abi"
ABI_CHANGE = 4  # bit of abidiff's exit code


def test_one_symbol_is_exported(installed: Path) -> None:
    if shutil.which("nm") is None:
        pytest.skip("no nm")
    symbols = call("nm", "--dynamic", "--defined-only", "--format=posix", installed / "lib" / "libfacesdk.so")
    assert [line.split()[0] for line in symbols.splitlines()] == ["facesdk_get_api"]


def test_soname_is_the_first_version_of_the_table(installed: Path) -> None:
    if shutil.which("readelf") is None:
        pytest.skip("no readelf")
    assert "[libfacesdk.so.1]" in call("readelf", "-d", installed / "lib" / "libfacesdk.so")


def test_abi_is_that_of_the_baseline(tmp_path: Path, compiler: str) -> None:
    if shutil.which("abidiff") is None or platform.machine() != "x86_64":
        pytest.skip("no libabigail (Debian: abigail-tools), or another processor than the baseline's")
    call(HERE / "abi" / "describe.sh", tmp_path / "facesdk.abi")
    call("abidiff", "--harmless", BASELINE, tmp_path / "facesdk.abi")


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("int32_t passes;", "int64_t passes;"),
        ("(*engine_destroy)(facesdk_engine*", "(*engine_destroy)(void*"),
    ],
)
def test_a_changed_field_is_noticed(field: str, changed: str, tmp_path: Path, compiler: str) -> None:
    if shutil.which("abidiff") is None:
        pytest.skip("no libabigail (Debian: abigail-tools)")
    header = (ROOT / "csrc" / "include" / "facesdk.h").read_text()
    assert field in header
    (tmp_path / "facesdk.h").write_text(header.replace(field, changed))
    call(HERE / "abi" / "describe.sh", tmp_path / "facesdk.abi", tmp_path)
    done = subprocess.run(["abidiff", str(BASELINE), str(tmp_path / "facesdk.abi")], capture_output=True)
    assert done.returncode & ABI_CHANGE
