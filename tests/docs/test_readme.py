"""The README says what is true: its commands are CI's, its names exist, its links lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

import facesdk

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_two_commands_and_ci_runs_the_second() -> None:
    first, second = (block.strip() for block in blocks("sh"))
    assert "facesdk reconstruct --sample" in first
    assert "torch" not in first
    assert second.endswith("pytest")
    assert second in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_opens_with_a_picture_and_one_sentence() -> None:
    lines = [line for line in README.splitlines() if line.strip()]
    assert lines[0].startswith("![")
    assert lines[1].startswith("**FaceSDK")
    assert lines[1].count(".") == 1


def test_python_is_six_lines_of_existing_names() -> None:
    (code,) = blocks("python")
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) == 6
    tree = ast.parse(code)
    from facesdk import Face, Pose

    known = {*dir(Face), *dir(Pose), *Face.__dataclass_fields__, *Pose.__dataclass_fields__}
    known |= {"reconstruct", "faces"}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert used <= known
    assert hasattr(facesdk, "FaceSDK")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).is_file(), target


def test_commands_of_the_trainer_s_page_exist() -> None:
    page = (ROOT / "docs" / "trainer.md").read_text(encoding="utf-8")
    for module in re.findall(r"python -m ([a-z0-9_.]+)", page):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_nothing_built_is_tracked_and_no_file_names_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    bad = re.compile(r"\.(so|o|pyd|pyc|whl|egg-info)$|__pycache__|(^|/)(build|runs|cache|out)/")
    files = listed.stdout.split("\n")[:-1]
    assert [name for name in files if bad.search(name)] == []
    machine = re.compile(r"(?<![\w.])/(work|opt|home|root)/")
    for name in files:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".cpp", ".h", ".txt", ".json", "") and path.is_file():
            assert not machine.search(path.read_text(encoding="utf-8", errors="ignore")), name
