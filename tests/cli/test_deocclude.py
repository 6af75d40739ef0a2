"""--deocclude on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facesdk.cli.main import app, main


@pytest.mark.parametrize(("value", "measured"), [("off", False), ("auto", True)])
def test_the_records_say_what_is_covered_where_it_is_asked_for(
    value: str, measured: bool, tmp_path: Path
) -> None:
    command = ["reconstruct", "--sample", "--formats", "json", "--out", str(tmp_path), "--deocclude", value]
    assert CliRunner().invoke(app, command).exit_code == 0
    (face,) = json.loads((tmp_path / "sample.json").read_text())["faces"]
    assert (face["occlusion"] is not None) == measured
    if measured:
        assert 0 <= face["occlusion"]["share"] <= 1


def test_another_word_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["facesdk", "reconstruct", "--sample", "--out", str(tmp_path), "--deocclude", "yes"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "deocclude: got 'yes', expected one of off, auto, always" in line
