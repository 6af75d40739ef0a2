"""A program in another virtual environment, called over a pipe: one JSON object per line, one back."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from benchmarks.metrics.landmark_errors import Array


class Worker:
    """The program runs until the `with` block ends; it waits between requests."""

    def __init__(self, python: Path, script: Path, *arguments: str) -> None:
        self._name = script.name
        self._folder = tempfile.TemporaryDirectory()
        self._count = 0
        self._process = subprocess.Popen(
            [str(python), str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def store(self, picture: Array) -> str:
        """A file with the picture, which the worker reads."""
        self._count += 1
        file = str(Path(self._folder.name) / f"{self._count}.npy")
        np.save(file, picture)
        return file

    def request(self, **arguments: Any) -> dict[str, Any]:
        """Send a request and return its reply; ends the run if the worker has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit(f"{self._name} ended; does its Python have mediapipe 0.10.21?")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._folder.cleanup()
