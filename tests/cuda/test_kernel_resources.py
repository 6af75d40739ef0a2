"""The kernels compile for every supported GPU without a warning, spill nothing, and keep to a table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cuda import kernel_resources as resources

NAMESPACE = "_GLOBAL__N__1b8c5d5f_15_project_cuda_cu_0a1b2c3d"
REPORT = f"""\
ptxas info    : Compiling entry function '_ZN7facesdk{len(NAMESPACE)}{NAMESPACE}7projectENS_1PE' for 'sm_87'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 19 registers, used 1 barriers, 1028 bytes smem, 392 bytes cmem[0]
"""
SOUND = {"registers": 19, "shared": 1028, "stack": 0, "spills": 0}


def test_the_report_of_ptxas_is_read() -> None:
    assert resources.parse(REPORT, "project") == {"project:project": {"87": SOUND}}


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        ({"spills": 8}, "8 bytes of spills"),
        ({"stack": 16}, "16 of stack"),
        ({"registers": 20}, "20 registers"),
        ({"shared": 2048}, "2048 shared"),
    ],
)
def test_what_the_gate_is_for(change: dict[str, int], breach: str) -> None:
    limits = {"project:project": {"87": SOUND}}
    assert resources.breaches(limits, limits) == []
    (found,) = resources.breaches({"project:project": {"87": {**SOUND, **change}}}, limits)
    assert breach in found
    assert "project:project for sm_87" in found


def test_a_kernel_without_a_limit_is_a_breach() -> None:
    (found,) = resources.breaches({"project:other": {"87": SOUND}}, {"project:project": {"87": SOUND}})
    assert "is not in" in found


def test_the_table_has_every_kernel_for_every_architecture_and_no_spill() -> None:
    table = resources.stored()
    assert table
    names = {
        line.split("void ")[1].split("(")[0]
        for source in resources.kernel_sources()
        for line in source.read_text(encoding="utf-8").splitlines()
        if line.startswith("__global__ void ")
    }
    for kernels in table.values():
        assert {key.split(":")[1] for key in kernels} == names
        assert resources.breaches(kernels, kernels) == []
        for by_arch in kernels.values():
            assert sorted(map(int, by_arch)) == list(resources.ARCHITECTURES)


@pytest.mark.slow
def test_the_kernels_compile_and_keep_to_the_table() -> None:
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("no nvcc: the kernels were NOT compiled for a device")
    release = resources.nvcc_version(nvcc)
    limits = resources.stored().get(release)
    found = resources.compile_kernels(nvcc)
    assert len(found) >= len(list(Path(resources.ROOT / "csrc").rglob("*_cuda.cu")))
    assert resources.breaches(found, limits) == []
    if limits is None:
        pytest.skip(f"{resources.TABLE.name} has no registers for nvcc {release}: only spills were checked")
