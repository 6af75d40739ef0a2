"""Names of outputs: whatever the photos are called, no file of a run has two owners."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facesdk.cli.output_names import output_stems
from facesdk.cli.photos import Photo

ENDINGS = (
    ".json", "_overlay.png", "_sheet.png",
    *(f"_face{i}{ending}" for i in range(12) for ending in (".glb", ".obj", ".mtl", ".png", ".ply", ".json")),
)  # fmt: skip

PARTS = (
    "x",
    "y",
    "_face0",
    "_face11",
    "_face",
    "_2",
    "_overlay",
    "_sheet",
    ".",
    " ",
    "é",
    "\udcff",
    "\n",
    "0",
)
stems = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join)
photos = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "out/sub"]), stems, st.sampled_from([".jpg", ".png", ".PNG", ""])
    ),
    min_size=1,
    max_size=12,
)


def stems_of(names: list[str], out: str = "out") -> list[str]:
    return [stem.name for stem in output_stems([Photo(Path(name)) for name in names], Path(out))]


@settings(max_examples=150, deadline=None)
@given(photos)
def test_no_file_has_two_owners_and_no_photo_is_overwritten(given: list[tuple[str, str, str]]) -> None:
    paths = [Path(folder, stem + ending) for folder, stem, ending in given]
    chosen = output_stems([Photo(path) for path in paths], Path("out"))
    files = [str(stem) + ending for stem in chosen for ending in ENDINGS]
    assert len({file.casefold() for file in files}) == len(files)
    assert {str(path) for path in paths}.isdisjoint(files)
    assert all(stem.parent == Path("out") for stem in chosen)
    assert not any(c in file for file in files for c in "\n\r\0")


@pytest.mark.parametrize(("photos", "expected"), [
    (["a.jpg", "b.jpg"], ["a", "b"]),
    (["p/a.jpg", "q/a.jpg", "a.png"], ["a", "a_2", "a_3"]),
    (["a.jpg", "a_2.jpg", "a.png"], ["a", "a_2", "a_3"]),
    (["x.jpg", "x_face0.jpg"], ["x", "x_face0_2"]),
    (["x_face0.jpg", "x.jpg"], ["x_face0", "x_2"]),
    (["x.jpg", "x_face.jpg", "x_faces0.jpg"], ["x", "x_face", "x_faces0"]),
    (["a.jpg", "A.jpg"], ["a", "A_2"]),
    (["out/x.jpg", "out/x_face3.png"], ["x_2", "x_face3"]),
    (["in/x.jpg", "in/x_face3.png"], ["x", "x_face3_2"]),
    (["line\nbreak.jpg", "..jpg"], ["line_break", "_"]),
])  # fmt: skip
def test_a_photo_keeps_its_name_where_it_can(photos: list[str], expected: list[str]) -> None:
    assert stems_of(photos) == expected


def test_sub_folders_have_names_of_their_own() -> None:
    given = [
        Photo(Path("in/a.jpg")),
        Photo(Path("in/p/a.jpg"), Path("p")),
        Photo(Path("in/q/a.jpg"), Path("q")),
    ]
    assert output_stems(given, Path("out")) == [Path("out/a"), Path("out/p/a"), Path("out/q/a")]


@pytest.mark.parametrize("letter", ["a", "é", "写", "\udcff"])
def test_every_file_of_a_long_name_fits_a_file_system(letter: str) -> None:
    letters = 251 // len(os.fsencode(letter))
    for stem in stems_of([letter * letters + ".jpg"] * 11):
        assert all(len(os.fsencode(stem + ending)) <= 255 for ending in ENDINGS)
        os.fsencode(stem)
