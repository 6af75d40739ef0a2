"""The command `facesdk`. An error prints one line and exits with status 2."""

from __future__ import annotations

import sys

import typer

from facesdk.cli.bench import bench
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
for command in (reconstruct, track, bench, info):
    app.command()(command)


def main() -> None:
    """Entry point: FaceSDK's own errors become one line and exit status 2."""
    try:
        app()
    except FaceSDKError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
