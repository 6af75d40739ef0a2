"""The photos that files and folders on the command line stand for."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from facesdk.io.path_text import path_text
from facesdk.io.photo_formats import RAW_SUFFIXES, holds_picture, photo_suffixes
from facesdk.io.picture import is_own_picture


@dataclasses.dataclass(frozen=True)
class Photo:
    """A photo, and the folder below --out for its files."""

    path: Path
    subfolder: Path = Path()


@dataclasses.dataclass
class Found:
    """What was found, in the order of the arguments and by name within a folder."""

    photos: list[Photo] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)  # a line each; the run fails, after the rest
    notes: list[str] = dataclasses.field(default_factory=list)  # a line each: what was left out of a folder


def find_photos(given: Iterable[Path], recursive: bool) -> Found:
    """List the photos of files and folders.

    A folder stands for the photos in it, and with `recursive` for those in its sub-folders. Passed over in
    silence: hidden files and folders, what this program wrote itself, and whatever is no picture. Left out
    with a note: sub-folders, and pictures whose ending is no photo's, as cameras' raw files.
    """
    found = Found()
    for path in given:
        if not os.path.isdir(path):
            found.photos.append(Photo(path))
            continue
        before = len(found.photos) + len(found.errors)
        folders = _Folders(found, recursive)
        folders.add(path, Path())
        if len(found.photos) + len(found.errors) == before:
            hint = "; --recursive reads its sub-folders" if folders.unread else ""
            found.errors.append(f"{path_text(path)}: no pictures in this folder{hint}")
        elif folders.unread:
            number = "1 sub-folder" if folders.unread == 1 else f"{folders.unread} sub-folders"
            found.notes.append(f"{path_text(path)}: {number} not read; --recursive reads them")
        if folders.unusual:
            names = ", ".join(path_text(name) for name in folders.unusual[:3])
            more = f" and {len(folders.unusual) - 3} more" if len(folders.unusual) > 3 else ""
            found.notes.append(f"{path_text(path)}: left out by their ending: {names}{more}")
    return found


class _Folders:
    """One folder of the arguments, with its sub-folders."""

    def __init__(self, found: Found, recursive: bool) -> None:
        self.found, self.recursive = found, recursive
        self.unread = 0  # sub-folders
        self.unusual: list[Path] = []  # pictures by their content, but not by their ending
        self._seen: set[tuple[int, int]] = set()  # device and inode: links may lead round in circles

    def add(self, folder: Path, subfolder: Path) -> None:
        """Add the photos of a folder; `subfolder` is its path from the one that was given."""
        try:
            status = folder.stat()
            inside = sorted(folder.iterdir())
        except OSError as error:
            self.found.errors.append(f"{path_text(folder)}: cannot be read ({error.strerror or error})")
            return
        if (status.st_dev, status.st_ino) in self._seen:
            return
        self._seen.add((status.st_dev, status.st_ino))
        deeper = []
        for path in inside:
            if path.name.startswith("."):  # also the "._" files of macOS
                continue
            if os.path.isdir(path):
                deeper.append(path)
            else:
                self._add_file(path, subfolder)
        if not self.recursive:
            self.unread = len(deeper)
            return
        for path in deeper:
            self.add(path, subfolder / path.name)

    def _add_file(self, path: Path, subfolder: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in photo_suffixes():
            if not is_own_picture(path):
                self.found.photos.append(Photo(path, subfolder))
        elif suffix in RAW_SUFFIXES or holds_picture(path):
            # A name without an ending says nothing against a photo.
            if suffix:
                self.unusual.append(path)
            else:
                self.found.photos.append(Photo(path, subfolder))
