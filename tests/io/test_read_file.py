"""Files are read; what would never end is refused."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facesdk.errors import InvalidImage
from facesdk.io.read_file import read_file


def within_seconds(call: Callable[[], object]) -> object:
    """The result of a call, or its error; a failure where it hangs."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(call())
        except InvalidImage as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert outcome, "hangs"
    return outcome[0]


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.jpg")
    return tmp_path / "pipe.jpg"


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        yield tmp_path / "socket.jpg"


def test_pipes_and_links_to_them_are_refused(fifo: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(fifo)
    for path in (fifo, str(fifo), tmp_path / "link.jpg"):
        error = within_seconds(lambda path=path: read_file(path))
        assert str(error) == f"{path}: a named pipe, expected a file"


def test_sockets_are_refused(listening: Path) -> None:
    assert str(within_seconds(lambda: read_file(listening))).endswith("socket.jpg: a socket, expected a file")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random", "/dev/null"])
def test_devices_are_refused(device: str, tmp_path: Path) -> None:
    (tmp_path / "device.jpg").symlink_to(device)
    for path in (device, tmp_path / "device.jpg"):
        error = within_seconds(lambda path=path: read_file(path))
        assert str(error) == f"{path}: a character device, expected a file"


def test_a_pipe_that_the_caller_opened_is_read() -> None:
    """As in `cat photo.jpg | facesdk reconstruct /dev/stdin`."""
    reading, writing = os.pipe()
    os.write(writing, b"content")
    os.close(writing)
    try:
        assert within_seconds(lambda: read_file(f"/dev/fd/{reading}")) == b"content"
    finally:
        os.close(reading)


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", b"\xff\xfe.jpg", b"line\nbreak.jpg"])
def test_messages_about_odd_names_are_one_line_of_utf8(name: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidImage, match="cannot be read") as caught:
        read_file(os.path.join(tmp_path, os.fsdecode(name)))
    assert "\n" not in str(caught.value)
    assert "\\x" in str(caught.value)
    str(caught.value).encode()
