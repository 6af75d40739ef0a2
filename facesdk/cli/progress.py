"""A line per photo, with a bar below them where a person watches several."""

from __future__ import annotations

import sys


class Progress:
    """Prints a line per photo, with a bar below them where a person is watching several."""

    def __init__(self, total: int) -> None:
        from rich import progress
        from rich.console import Console

        self._bar = progress.Progress(
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=total < 2 or not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("photos", total=total)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, line: str, good: bool) -> None:
        """Print the line of a photo: what went wrong, and no face, to the standard error output."""
        print(line, file=sys.stdout if good else sys.stderr, flush=True)
        self._bar.advance(self._task)

    def note(self, line: str) -> None:
        """Print a line of no photo to the standard error output."""
        print(line, file=sys.stderr, flush=True)
