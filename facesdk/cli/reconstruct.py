"""`facesdk reconstruct`: photos to meshes, numbers and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facesdk.cli.outputs import COLORED, FORMATS, find_finished, make_folder, write_outputs
from facesdk.cli.settings import BACKEND_HELP, DEOCCLUDE_HELP, MESH_HELP, PRESET_HELP
from facesdk.errors import FaceSDKError, InvalidOptions
from facesdk.io.path_text import path_text

if TYPE_CHECKING:
    from facesdk.cli.photos import Found, Photo
    from facesdk.options import Options
    from facesdk.result import Result


def reconstruct(
    photos: Annotated[list[Path] | None, typer.Argument(help="Photos, or folders of photos.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if missing.")] = Path("out"),
    sample: Annotated[bool, typer.Option("--sample", help="Use the bundled sample photo.")] = False,
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Read sub-folders too; --out gets the same sub-folders.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip photos whose files are in --out, whole and newer.")
    ] = False,
    formats: Annotated[
        str, typer.Option(help=f"What to write, of {','.join(FORMATS)}.")
    ] = "glb,obj,json,overlay,sheet",
    max_faces: Annotated[int, typer.Option(help="Most faces per photo.")] = 16,
    max_megapixels: Annotated[float, typer.Option(help="Larger photos are refused; up to 1000.")] = 64.0,
    allow_truncated: Annotated[
        bool, typer.Option("--allow-truncated", help="Decode what is there of incomplete files.")
    ] = False,
    threads: Annotated[int, typer.Option(help="CPU threads: one photo on each, or all on a single one.")] = 1,
    backend: Annotated[str, typer.Option(help=BACKEND_HELP)] = "auto",
    preset: Annotated[str, typer.Option(help=PRESET_HELP)] = "default",
    mesh: Annotated[str, typer.Option(help=MESH_HELP)] = "full",
    deocclude: Annotated[str, typer.Option(help=DEOCCLUDE_HELP)] = "off",
) -> None:
    """Reconstruct every face of the photos: meshes, numbers and pictures.

    Per photo NAME.json, NAME_overlay.png and NAME_sheet.png; per face NAME_face0.glb, .obj, .ply and .json.
    NAME is the photo's, with _2, _3, ... where files of two photos would have one name; NAME.json holds the
    photo's path. What --formats leaves out costs nothing: json,overlay is the fastest for a folder of photos.
    Albedo and light are fitted to the photo where meshes or sheets show them; else they are the network's
    prediction. Folders stand for the photos in them; hidden files and our own pictures are passed over.
    """
    from facesdk.options import Options

    chosen = _formats(formats)
    found = _find(photos or [], sample, recursive)
    options = Options(
        max_faces=max_faces,
        max_megapixels=max_megapixels,
        allow_truncated=allow_truncated,
        threads=threads if len(found.photos) == 1 else 1,
        backend=backend,
        preset=preset,
        mesh=mesh,
        deocclude=deocclude,
        fit_appearance=not COLORED.isdisjoint(chosen),
    )
    make_folder(out)
    if _run(found, out, chosen, options, threads, resume):
        raise typer.Exit(2)


def _formats(text: str) -> list[str]:
    chosen = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [part for part in chosen if part not in FORMATS]
    if unknown or not chosen:
        raise InvalidOptions(
            f"--formats: got {(unknown or [text])[0]!r}, expected some of {','.join(FORMATS)}"
        )
    return chosen


def _find(given: list[Path], sample: bool, recursive: bool) -> Found:
    from facesdk import manifest
    from facesdk.cli.photos import find_photos

    if not given and not sample:
        raise InvalidOptions("no photo given: name photos or folders, or use --sample")
    return find_photos([manifest.asset_path(manifest.SAMPLE)] * sample + given, recursive)


def _run(found: Found, out: Path, formats: list[str], options: Options, workers: int, resume: bool) -> int:
    """Reconstruct and write all photos; the number of those that failed or show no face."""
    from facesdk.cli.output_names import output_stems
    from facesdk.cli.progress import Progress

    stems = output_stems(found.photos, out)
    failed = len(found.errors)
    with Progress(len(found.photos)) as progress:
        for note in found.notes:
            progress.note(f"note: {note}")
        for error in found.errors:
            progress.note(f"error: {error}")
        todo = []
        for photo, stem in zip(found.photos, stems, strict=True):
            shows_face = find_finished(photo.path, stem, formats) if resume else None
            if shows_face is None:
                todo.append((photo, stem))
                continue
            failed += not shows_face
            progress(f"{_name(photo)}: {'' if shows_face else 'no face found, '}done before", shows_face)
        for line, good in _lines(todo, formats, options, workers):
            failed += not good
            progress(line, good)
    return failed


def _lines(
    todo: list[tuple[Photo, Path]], formats: list[str], options: Options, workers: int
) -> Iterator[tuple[str, bool]]:
    """Reconstruct and write photos; a line for each, and whether it shows a face."""
    from facesdk.batch import reconstruct_many
    from facesdk.cli.output_names import own_stem

    if not todo:
        return
    results = reconstruct_many((photo.path for photo, _ in todo), options, workers=workers)
    for (photo, stem), result in zip(todo, results, strict=True):
        name = _name(photo)
        try:
            if isinstance(result, FaceSDKError):
                raise result
            write_outputs(result, stem, formats)
        except FaceSDKError as error:
            text = str(error)
            yield f"error: {text}" if path_text(photo.path) in text else f"error: {name}: {text}", False
            continue
        renamed = "" if stem.name == own_stem(photo) else f"; files {path_text(stem)}*"
        yield f"{name}: {_summary(result)}{renamed}", bool(result.faces)


def _name(photo: Photo) -> str:
    """The photo's path as it was given; of the bundled sample the name."""
    from facesdk import manifest

    return path_text(photo.path.name if photo.path.parent == manifest.ASSETS else photo.path)


def _summary(result: Result) -> str:
    """What a person wants to know at once."""
    parts = []
    for face in result.faces:
        pose, quality = face.pose, face.quality
        why = f" ({', '.join(quality.reasons)})" if quality.reasons else ""
        parts.append(
            f"yaw {pose.yaw_deg:.0f} pitch {pose.pitch_deg:.0f} roll {pose.roll_deg:.0f}, "
            f"quality {quality.score:.2f}{why}"
        )
    count = "no face found"
    if parts:
        number = "1 face" if len(parts) == 1 else f"{len(parts)} faces"
        count = f"{number} in {result.timings_ms['total']:.0f} ms"
    return "; ".join([count, *parts, *result.notes])
