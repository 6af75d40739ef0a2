"""HEIC photos are read where pillow-heif is installed."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import PIL.Image
import pytest

from facesdk.errors import InvalidImage
from facesdk.io.image import load_image

BRANDS = (b"heic", b"heix", b"mif1")


def heic_bytes(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + bytes(4) + b"mif1heic"


@pytest.fixture
def add_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An add-on to which every HEIC is a gray picture."""
    name = "TEST_HEIC"
    module = ModuleType("pillow_heif")
    module.register_heif_opener = (
        lambda: PIL.Image.register_open(  # type: ignore[attr-defined]
            name,
            lambda file, filename: PIL.Image.new("RGB", (20, 12), (128, 128, 128)),  # type: ignore[arg-type]
            lambda prefix: prefix[4:8] == b"ftyp",
        )
    )
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    yield
    if name in PIL.Image.OPEN:
        PIL.Image.ID.remove(name)
        del PIL.Image.OPEN[name]


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.usefixtures("add_on")
def test_the_add_on_is_used_where_it_is(brand: bytes) -> None:
    assert (load_image(heic_bytes(brand)) == 128).all()


@pytest.mark.parametrize("brand", BRANDS)
def test_the_remedy_is_named_where_it_is_not(monkeypatch: pytest.MonkeyPatch, brand: bytes) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(
        InvalidImage, match=r"HEIC cannot be read; install pillow-heif \(pip install pillow-heif\)"
    ):
        load_image(heic_bytes(brand))


def test_pillow_heif_itself() -> None:
    if importlib.util.find_spec("pillow_heif") is None:
        pytest.skip("pillow-heif is not installed")
    picture = np.full((64, 96, 3), (200, 120, 90), np.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(picture).save(buffer, "PNG")
    code = (  # in another process: this one's Pillow is to know no HEIC
        "import io, sys, PIL.Image, pillow_heif; from facesdk.io.image import load_image; "
        "file = io.BytesIO(); picture = PIL.Image.open(sys.stdin.buffer); "
        "pillow_heif.from_pillow(picture).save(file, quality=95); print(load_image(file).mean(axis=(0, 1)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=buffer.getvalue(), capture_output=True, check=True
    )
    values = np.array(run.stdout.decode().strip("[]\n").split(), float)
    np.testing.assert_allclose(values, (200, 120, 90), atol=3)
