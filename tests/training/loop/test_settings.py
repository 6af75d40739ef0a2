"""Settings files: every name has its place, and what is not said keeps its default."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from training.detector.settings import DetectorSettings
from training.loop.settings import LoopSettings, load_settings
from training.occlusion.completion_settings import CompletionSettings, ContourSettings
from training.occlusion.settings import MaskSettings
from training.reconstruction.settings import Settings

CONFIGS = Path(__file__).parents[3] / "training" / "configs"
KINDS: dict[str, type[LoopSettings]] = {
    "reconstruction": Settings,
    "detector": DetectorSettings,
    "occlusion": MaskSettings,
    "occlusion/contour": ContourSettings,
    "occlusion/completion": CompletionSettings,
}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*/*.toml")), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_configs_are_readable(path: Path) -> None:
    folder, network = path.parent.name, path.stem.split("_")[0]
    kind = KINDS.get(f"{folder}/{network}", KINDS[folder])
    settings = load_settings(kind, path)
    assert settings.minutes > 0 or settings.steps != LoopSettings.steps  # a length of its own


@pytest.mark.parametrize(("text", "named"), [
    ("learning_rte = 1\n", "learning_rte of Settings"), ("[jitter]\nturn = 3\n", "turn of Jitter"),
])  # fmt: skip
def test_an_unknown_name_is_named(text: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ValueError, match=f"unknown setting {named}"):
        load_settings(Settings, tmp_path / "bad.toml")


def test_tables_and_arrays_become_what_the_settings_declare(tmp_path: Path) -> None:
    (tmp_path / "some.toml").write_text(
        'sizes = [[0.0, 64], [0.5, 96]]\nfreeze = ["stem"]\nsteps = 7\n[set_weights]\nlfw = 2.0\n'
        "[jitter]\nscale = 0.5\n"
    )
    settings = load_settings(Settings, tmp_path / "some.toml", steps=None, batch=9)
    assert settings.sizes == ((0.0, 64), (0.5, 96))
    assert (settings.freeze, settings.set_weights) == (("stem",), {"lfw": 2.0})
    assert (settings.jitter.scale, settings.jitter.shift) == (0.5, Settings().jitter.shift)
    assert (settings.steps, settings.batch, settings.clip) == (7, 9, LoopSettings().clip)
