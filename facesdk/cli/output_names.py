"""Names of the files of each photo: never the same for two of a run, and never that of a photo."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from facesdk.cli.photos import Photo

# Bytes of a name that a photo may keep: file systems take 255, "_face999.json" and a number need the rest.
MAX_STEM_BYTES = 238

_OF_A_FACE = re.compile(r"(.+)_face[0-9]+", re.DOTALL | re.IGNORECASE)
_PICTURE = re.compile(r"(.+)(?:_face[0-9]+|_overlay|_sheet)\.png", re.DOTALL | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # an OBJ cannot name a file with a line break


def output_stems(photos: Sequence[Photo], out: Path) -> list[Path]:
    """Choose the path, without an ending, that the files of each photo begin with.

    The photo's own name is kept where it can be; "_2", "_3", ... follows where another photo of the run has
    it, where a face of another one has it (x_face0.jpg beside x.jpg), or where its files would overwrite a
    photo. Control characters become "_"; what is too long for a file system is cut.

    Args:
        photos: of one run.
        out: the folder to write to.

    Returns:
        A path for each photo.
    """
    taken = _Taken()
    for photo in photos:
        taken.protect(photo.path)
    stems = []
    numbers: dict[tuple[Path, str], int] = {}  # the last one of each name
    for photo in photos:
        folder = out / photo.subfolder
        plain = own_stem(photo)
        name, number = plain, numbers.get((folder, plain), 1)
        while not taken.free(folder, name):
            number += 1
            name = f"{plain}_{number}"
        numbers[folder, plain] = number
        taken.take(folder, name)
        stems.append(folder / name)
    return stems


def own_stem(photo: Photo) -> str:
    """A photo's name without its ending, as far as a file system takes it."""
    stem = _CONTROL.sub("_", photo.path.stem)
    while len(os.fsencode(stem)) > MAX_STEM_BYTES:
        stem = stem[:-1]
    return stem if stem.strip(".") else "_"  # "." and ".." are folders


class _Taken:
    """The names that are given away, with their folders; case does not count, as on many file systems."""

    def __init__(self) -> None:
        self._stems: set[tuple[str, str]] = set()
        self._blocked: set[tuple[str, str]] = set()  # one of their files would have the name of another
        self._folders: dict[Path, str] = {}

    def protect(self, photo: Path) -> None:
        """Block the stem whose pictures would overwrite a photo of the run."""
        picture = _PICTURE.fullmatch(photo.name)
        if picture:
            self._blocked.add(self._key(photo.parent, picture[1]))

    def free(self, folder: Path, stem: str) -> bool:
        """Whether the files of this stem would overwrite nothing."""
        key, face = self._key(folder, stem), _OF_A_FACE.fullmatch(stem)
        if key in self._stems or key in self._blocked:
            return False
        return face is None or self._key(folder, face[1]) not in self._stems

    def take(self, folder: Path, stem: str) -> None:
        """Give a stem away."""
        self._stems.add(self._key(folder, stem))
        face = _OF_A_FACE.fullmatch(stem)
        if face:
            self._blocked.add(self._key(folder, face[1]))

    def _key(self, folder: Path, stem: str) -> tuple[str, str]:
        """Equal for names that a file system may hold for one."""
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder], unicodedata.normalize("NFC", stem).casefold()
