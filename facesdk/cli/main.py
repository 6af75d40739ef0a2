"""The command `facesdk`: reconstruct, info, bench. An error prints one line and exits with status 2."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facesdk.errors import AssetError, FaceSDKError, InvalidImage, InvalidOptions

if TYPE_CHECKING:
    from facesdk.result import Result

MESHES = ("glb", "obj", "ply")  # a file per face
FORMATS = (*MESHES, "json", "overlay", "sheet")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Faces in 3D from photos.",
)


@app.command()
def reconstruct(
    photos: Annotated[list[Path] | None, typer.Argument(help="Photos, or folders of photos.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to; made if missing.")] = Path("out"),
    sample: Annotated[bool, typer.Option("--sample", help="Use the bundled sample photo.")] = False,
    formats: Annotated[
        str, typer.Option(help=f"What to write, of {','.join(FORMATS)}.")
    ] = "glb,obj,json,overlay,sheet",
    max_faces: Annotated[int, typer.Option(help="Most faces per photo.")] = 16,
    threads: Annotated[int, typer.Option(help="CPU threads: one photo on each, or all on a single one.")] = 1,
    backend: Annotated[
        str, typer.Option(help="auto, the fastest that is here, native, onnxruntime or openvino.")
    ] = "auto",
    preset: Annotated[str, typer.Option(help="default, or tiny for small devices.")] = "default",
) -> None:
    """Reconstruct every face of the photos: meshes, numbers and pictures to look at.

    Per photo NAME.json, NAME_overlay.png and NAME_sheet.png; per face NAME_face0.glb, .obj, .ply and .json.
    What --formats leaves out costs nothing: json,overlay is the quickest look at a folder of photos.
    """
    from facesdk.batch import reconstruct_many
    from facesdk.options import Options

    chosen = _formats(formats)
    todo = _photos(photos or [], sample)
    options = Options(
        max_faces=max_faces, threads=threads if len(todo) == 1 else 1, backend=backend, preset=preset
    )
    results = reconstruct_many(todo, options, workers=threads)
    _make_folder(out)
    failed = 0
    names = _names(todo)
    with _progress(len(todo)) as advance:
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


@app.command()
def info(
    verify: Annotated[bool, typer.Option("--verify", help="Check every asset against its sha256.")] = False,
) -> None:
    """Print versions, backends, and the bundled assets with their hashes, provenance and licences."""
    import platform

    from facesdk import __version__, manifest
    from facesdk.options import BACKENDS

    print(
        f"facesdk {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    for package in ("numpy", "opencv-python-headless", "safetensors"):
        print(f"  library     {package} {_version_of(package)}")
    for backend in BACKENDS:
        print(f"  backend     {backend} {_version_of(backend)}")
    damaged: AssetError | None = None
    for name, entry in manifest.manifest().items():
        try:
            manifest.verify(name) if verify else manifest.asset_path(name)
            state = "sha256 verified" if verify else "size checked"
        except AssetError as error:
            damaged, state = damaged or error, "DAMAGED"
        print(f"{name}  version {entry.get('version', '?')}  {entry['bytes'] / 1e6:.2f} MB  {state}")
        print(f"  sha256      {entry['sha256']}")
        print(f"  licence     {entry.get('licence', '?')}")
        print(f"  provenance  {entry.get('provenance', '?')}")
        if entry.get("trained_on"):
            print(f"  trained on  {', '.join(entry['trained_on'])}")
    if damaged is not None:
        raise damaged  # after the list, so that the sound ones are seen too


@app.command()
def bench(
    photo: Annotated[Path | None, typer.Argument(help="A photo; the bundled sample by default.")] = None,
    runs: Annotated[int, typer.Option(help="Timed runs, after three untimed.", min=1)] = 50,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    backend: Annotated[
        str, typer.Option(help="auto, the fastest that is here, native, onnxruntime or openvino.")
    ] = "auto",
    preset: Annotated[str, typer.Option(help="default, or tiny for small devices.")] = "default",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to a file too.")] = None,
) -> None:
    """Check each stage against its NumPy twin, then time it: milliseconds on this machine."""
    import time

    from facesdk import manifest
    from facesdk.cli import bench
    from facesdk.io.files import write_json
    from facesdk.io.image import load_image
    from facesdk.options import Options
    from facesdk.sdk import FaceSDK

    picture = load_image(photo or manifest.asset_path(manifest.SAMPLE))
    start = time.perf_counter()
    sdk = FaceSDK(Options(threads=threads, backend=backend, preset=preset))
    ready = (time.perf_counter() - start) * 1e3
    stages = bench.TrackedFrame(sdk, picture).stages()
    stages.append(bench.Stage("reconstruct", lambda: sdk.reconstruct(picture)))
    rows = bench.measure(stages, runs)
    machine = bench.fingerprint()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    size = f"{picture.shape[1]} x {picture.shape[0]} px"
    print(f"{size}, {preset}, {backend}, {threads} thread(s), {runs} runs")
    print(bench.table(rows))
    print(f"frame: warp to a {bench.PICTURE_PX} px picture; reconstruct: the whole photo with the detector")
    print(f"FaceSDK() {ready:.0f} ms, once")
    if json_file is not None:
        content = {"machine": machine, "preset": preset, "backend": backend, "threads": threads, "runs": runs}
        write_json(json_file, content | {"construct_ms": ready, "stages": rows})


def main() -> None:
    """Entry point: FaceSDK's own errors become one line and exit status 2."""
    try:
        app()
    except FaceSDKError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


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
    from facesdk.io.files import result_dict, save_picture, write_json

    if "json" in formats:
        write_json(out / f"{name}.json", result_dict(result))
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


class _progress:  # noqa: N801 - reads as a statement where it is used
    """Prints a line per photo, with a bar below them where a person is watching several."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=total < 2 or not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("photos", total=total)

    def __enter__(self) -> _progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, line: str) -> None:
        stream = sys.stderr if line.startswith("error:") or line.endswith("no face found") else sys.stdout
        print(line, file=stream, flush=True)
        self._bar.advance(self._task)


def _version_of(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
