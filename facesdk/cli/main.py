"""The command `facesdk`. An error prints one line and exits with status 2."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Annotated

import typer

from facesdk import __version__
from facesdk.cli.bench import bench
from facesdk.cli.engines import engines
from facesdk.cli.info import info
from facesdk.cli.reconstruct import reconstruct
from facesdk.cli.track import track
from facesdk.errors import FaceSDKError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Faces in 3D from photos.",
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"facesdk {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Faces in 3D from photos."""


for command in (reconstruct, track, bench, info):
    app.command()(command)
app.add_typer(engines, name="engines")


def main() -> None:
    """Entry point: FaceSDK's own errors become one line and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    # Pillow warns of oddities in a photo's metadata, for whoever wrote the file.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        app()
    except FaceSDKError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
