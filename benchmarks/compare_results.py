"""Compare two versions of the chain, picture by picture: faces, landmarks, mesh, expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.check import check, read_bounds
from benchmarks.metrics.stored_results import (
    FloatArray,
    StoredFaces,
    differences,
    match_faces,
    read_faces,
    result_path,
    stored_faces,
    write_faces,
)

MAX_LISTED = 8  # pictures named per line; the count is given in full
Reconstruct = Callable[[Path], StoredFaces]
ReadResult = Callable[[str, str], StoredFaces | None]  # names of the set and the picture


class SetComparison:
    """Differences over the pictures of one set."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pictures = 0
        self.matched = 0
        self.only_before: list[str] = []  # a picture's name once per face
        self.only_after: list[str] = []
        self.worst: dict[str, list[FloatArray]] = {}
        self.matched_in: list[str] = []  # the picture of every matched face

    def add(self, picture: str, before: StoredFaces, after: StoredFaces) -> None:
        """Compare one picture."""
        pairs = match_faces(before, after)
        self.pictures += 1
        self.matched += len(pairs)
        self.matched_in += [picture] * len(pairs)
        self.only_before += [picture] * (len(before) - len(pairs))
        self.only_after += [picture] * (len(after) - len(pairs))
        for quantity, values in differences(before, after, pairs).items():
            self.worst.setdefault(quantity, []).append(values)

    def figures(self) -> dict[str, float]:
        """Largest difference and 99th percentile over the faces of every quantity."""
        out: dict[str, float] = {}
        for quantity, parts in self.worst.items():
            values = np.concatenate(parts)
            if values.size:
                out[quantity] = float(values.max())
                out[f"{quantity} p99"] = float(np.percentile(values, 99))
        return out

    def beyond(self, quantity: str, bound: float) -> list[str]:
        """The pictures of the faces that differ by more than a bound, once per face."""
        values = np.concatenate([np.zeros(0, np.float32), *self.worst.get(quantity, [])])
        return [self.matched_in[i] for i in np.flatnonzero(values > bound)]

    def show(self) -> None:
        """Print the set's figures."""
        print(
            f"{self.name}: {self.pictures} pictures, {self.matched} faces matched, "
            f"{len(self.only_before)} only before, {len(self.only_after)} only after"
        )
        show_names("only before", self.only_before)
        show_names("only after", self.only_after)
        figures, bounds = self.figures(), read_bounds("compare_results")
        for quantity in self.worst:
            if quantity in figures:
                print(f"  {quantity:14s} max {figures[quantity]:.5f}  p99 {figures[f'{quantity} p99']:.5f}")
        for quantity, bound in bounds.items():
            names = self.beyond(quantity, bound["max"])
            show_names(f"{quantity} beyond {bound['max']:g}, {len(names)} faces", names)


def show_names(title: str, names: list[str]) -> None:
    """Print a line with the first pictures, if there are any."""
    if names:
        print(f"  {title}: {' '.join(names[:MAX_LISTED])}{' ...' if names[MAX_LISTED:] else ''}")


def compare_results(
    before: Annotated[Path, typer.Argument(help="folder of stored results")],
    after: Annotated[
        Path | None, typer.Argument(help="another one; left out: this version runs on the same pictures")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="folder SET/images, needed without AFTER")] = None,
    limit: Annotated[int | None, typer.Option(help="pictures per set")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Compare stored results with another version's: faces, landmarks, vertices, expressions, per set."""
    if after is not None:
        read_after = stored_results(after)
    elif data is not None:
        read_after = present_results(data)
    else:
        raise typer.BadParameter("give either AFTER or --data")
    worst: dict[str, float] = {}
    for folder in sorted(path for path in before.iterdir() if path.is_dir()):
        comparison = SetComparison(folder.name)
        for file in sorted(folder.glob("*.npz"))[:limit]:
            result = read_after(folder.name, file.stem)
            if result is not None:
                comparison.add(file.stem, read_faces(file), result)
        comparison.show()
        for name, value in comparison.figures().items():
            worst[name] = max(worst.get(name, 0.0), value)
    if check_bounds and not check("compare_results", worst):
        raise typer.Exit(1)


def stored_results(folder: Path) -> ReadResult:
    """Reader of a folder of results; pictures that it lacks are None."""

    def read(set_name: str, picture: str) -> StoredFaces | None:
        path = result_path(folder, set_name, picture)
        return read_faces(path) if path.is_file() else None

    return read


def present_results(data: Path) -> ReadResult:
    """Reader that runs this version on the pictures SET/images under `data`."""
    reconstruct = make_reconstruct()
    return lambda set_name, picture: reconstruct(data / set_name / "images" / picture)


def store_results(
    data: Annotated[Path, typer.Option(help="folder SET/images")],
    out: Annotated[Path, typer.Option(help="folder of results; pictures that it has already are skipped")],
    limit: Annotated[int | None, typer.Option(help="pictures per set")] = None,
) -> None:
    """Store this version's results on every picture of every set, for compare-results."""
    reconstruct = make_reconstruct()
    for set_name, picture in set_pictures(data, limit):
        path = result_path(out, set_name, picture.name)
        if not path.is_file():
            write_faces(reconstruct(picture), path)


def set_pictures(data: Path, limit: int | None) -> Iterator[tuple[str, Path]]:
    """Name of the set and path of every picture under `data`, at most `limit` of each set."""
    for folder in sorted(path for path in data.iterdir() if (path / "images").is_dir()):
        for picture in sorted((folder / "images").iterdir())[:limit]:
            yield folder.name, picture


def make_reconstruct() -> Reconstruct:
    """This version's chain with its int8 networks: picture file -> faces."""
    from facesdk import FaceSDK, Options

    sdk = FaceSDK(Options(backend="native"))
    return lambda path: stored_faces(sdk.reconstruct(path))
