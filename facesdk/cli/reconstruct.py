"""`facesdk reconstruct`: photos to meshes, numbers and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facesdk.cli.settings import BACKEND_HELP, PRESET_HELP
from facesdk.errors import FaceSDKError, InvalidImage, InvalidOptions

if TYPE_CHECKING:
    from facesdk.result import Result

MESHES = ("glb", "obj", "ply")  # a file per face
FORMATS = (*MESHES, "json", "overlay", "sheet")
COLORED = frozenset((*MESHES, "sheet"))  # show albedo and light, which are then fitted to the photo


def reconstruct(
    photos: Annotated[list[Path] | None, typer.Argument(help="Photos, or folders of photos.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if missing.")] = Path("out"),
    sample: Annotated[bool, typer.Option("--sample", help="Use the bundled sample photo.")] = False,
    formats: Annotated[
        str, typer.Option(help=f"What to write, of {','.join(FORMATS)}.")
    ] = "glb,obj,json,overlay,sheet",
    max_faces: Annotated[int, typer.Option(help="Most faces per photo.")] = 16,
    threads: Annotated[int, typer.Option(help="CPU threads: one photo on each, or all on a single one.")] = 1,
    backend: Annotated[str, typer.Option(help=BACKEND_HELP)] = "auto",
    preset: Annotated[str, typer.Option(help=PRESET_HELP)] = "default",
) -> None:
    """Reconstruct every face of the photos: meshes, numbers and pictures.

    Per photo NAME.json, NAME_overlay.png and NAME_sheet.png; per face NAME_face0.glb, .obj, .ply and .json.
    What --formats leaves out costs nothing: json,overlay is the fastest for a folder of photos. Albedo and
    light are fitted to the photo where meshes or sheets show them; else they are the network's prediction.
    """
    from facesdk.batch import reconstruct_many
    from facesdk.cli.progress import Progress
    from facesdk.options import Options

    chosen = _formats(formats)
    todo = _photos(photos or [], sample)
    options = Options(
        max_faces=max_faces,
        threads=threads if len(todo) == 1 else 1,
        backend=backend,
        preset=preset,
        fit_appearance=not COLORED.isdisjoint(chosen),
    )
    results = reconstruct_many(todo, options, workers=threads)
    _make_folder(out)
    failed = 0
    names = _names(todo)
    with Progress(len(todo)) as advance:
        for photo, name, result in zip(todo, names, results, strict=True):
            try:
                if isinstance(result, FaceSDKError):
                    raise result
                _write(result, out, name, chosen)
            except FaceSDKError as error:
                failed += 1
                advance(
                    f"error: {photo.name}: {error}" if photo.name not in str(error) else f"error: {error}"
                )
                continue
            failed += not result.faces
            advance(_summary(photo.name, result))
    if failed:
        raise typer.Exit(2)


def _formats(text: str) -> list[str]:
    chosen = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [part for part in chosen if part not in FORMATS]
    if unknown:
        raise InvalidOptions(f"--formats: got {unknown[0]!r}, expected some of {','.join(FORMATS)}")
    return chosen


def _photos(given: Iterable[Path], sample: bool) -> list[Path]:
    """The photos to work on; a folder stands for the pictures in it, by name."""
    from facesdk import manifest
    from facesdk.io.image import SUFFIXES

    found = [manifest.asset_path(manifest.SAMPLE)] if sample else []
    for path in given:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise InvalidImage(f"{path}: no pictures in this folder")
            found += inside
        else:
            found.append(path)
    if not found:
        raise InvalidOptions("no photo given: name photos or folders, or use --sample")
    return found


def _names(photos: list[Path]) -> list[str]:
    """A name for the files of each photo, never the same twice."""
    names: list[str] = []
    for photo in photos:
        name, number = photo.stem, 2
        while name in names:
            name, number = f"{photo.stem}_{number}", number + 1
        names.append(name)
    return names


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidOptions(f"--out: {folder} cannot be made ({error.strerror})") from error


def _write(result: Result, out: Path, name: str, formats: list[str]) -> None:
    from facesdk.io.json import write_json
    from facesdk.io.picture import save_picture

    if "json" in formats:
        write_json(out / f"{name}.json", result.to_dict())
    if not result.faces:
        return
    if "overlay" in formats:
        save_picture(result.overlay(), out / f"{name}_overlay.png")
    if "sheet" in formats:
        save_picture(result.plot(), out / f"{name}_sheet.png")
    for i, face in enumerate(result.faces):
        for suffix in formats:
            if suffix in (*MESHES, "json"):
                face.save(out / f"{name}_face{i}.{suffix}")


def _summary(photo: str, result: Result) -> str:
    if not result.faces:
        return f"{photo}: no face found"
    parts = []
    for face in result.faces:
        pose, quality = face.pose, face.quality
        why = f" ({', '.join(quality.reasons)})" if quality.reasons else ""
        parts.append(
            f"yaw {pose.yaw_deg:.0f} pitch {pose.pitch_deg:.0f} roll {pose.roll_deg:.0f}, "
            f"quality {quality.score:.2f}{why}"
        )
    count = f"{len(parts)} face" + ("s" if len(parts) > 1 else "")
    return f"{photo}: {count} in {result.timings_ms['total']:.0f} ms; " + "; ".join(parts)
