"""facesdk.h is plain C11 and C++17, alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.capi.conftest import ROOT, WARNINGS, call

HEADER = '#include "facesdk.h"\n#include "facesdk.h"\nint main(void) { return facesdk_get_api(1) == 0; }\n'


@pytest.mark.parametrize(("command", "suffix"), [("gcc -std=c11", ".c"), ("g++ -std=c++17", ".cpp")])
def test_header_compiles_without_a_warning(command: str, suffix: str, compiler: str, tmp_path: Path) -> None:
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"no {command.split()[0]}")
    source = tmp_path / f"alone{suffix}"
    source.write_text(HEADER)
    include = ROOT / "csrc" / "include"
    call(*command.split(), *WARNINGS, f"-I{include}", "-c", source, "-o", tmp_path / "alone.o")
