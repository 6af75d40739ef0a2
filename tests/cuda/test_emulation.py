"""The kernels on the emulated grid against the CPU's ops, and faults planted in them, which must be found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.cuda import emulated_build
from tests.cuda.planted_faults import CLASSES, FAULTS, Fault

CSRC = emulated_build.ROOT / "csrc"


@pytest.fixture(scope="session")
def tests_of_kernels() -> Path:
    missing = emulated_build.missing_tool()
    if missing is not None:
        pytest.skip(f"{missing}: the kernels were NOT run on the emulated grid")
    return emulated_build.build_tests()


def run(program: Path, tests: str = "*") -> tuple[int, str]:
    """Exit code and report of some test cases; that there are any is checked."""
    done = subprocess.run(
        [str(program), f"--test-case={tests}"], capture_output=True, text=True, errors="replace"
    )
    cases = re.search(r"test cases: +(\d+)", done.stdout)
    assert cases is None or int(cases.group(1)) > 0, f"no test is named {tests}"
    return done.returncode, done.stdout[-4000:]


def test_the_kernels_give_the_cpus_bits(tests_of_kernels: Path) -> None:
    code, report = run(tests_of_kernels)
    assert code == 0, report


def test_the_list_has_every_class_of_faults_and_each_text_is_in_its_source_once() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert set(CLASSES) <= set(names)
    for fault in FAULTS:
        assert (CSRC / fault.source).read_text().count(fault.text) == 1, fault.name
        assert fault.planted != fault.text


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Fault, tests_of_kernels: Path, tmp_path: Path) -> None:
    sound = (CSRC / fault.source).read_text()
    faulty = sound.replace(fault.text, fault.planted)
    program = emulated_build.build_with(fault.source, faulty, fault.kernels, tmp_path)
    code, report = run(program, fault.tests)
    assert code != 0, f"{fault.name} was not found\n{report}"
    assert "FAILURE" in report  # by the tests, not by the end of the program


def test_a_copy_without_a_fault_passes(tests_of_kernels: Path, tmp_path: Path) -> None:
    header = next(fault for fault in FAULTS if fault.source.endswith(".h"))
    text = (CSRC / header.source).read_text()
    program = emulated_build.build_with(header.source, text, header.kernels, tmp_path)
    code, report = run(program, header.tests)
    assert code == 0, report
