"""Embedded colour profiles: converted to sRGB, ignored where they are broken, free where they are sRGB."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from facesdk.io import color_profile
from facesdk.io.image import load_image

LEVELS = 3  # of 255
RED_GREEN_BLUE_D50 = {  # XYZ of the primaries, adapted to D50 as ICC wants
    "sRGB": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)),
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
    "ProPhoto": ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)),
}
WHITE_D50 = (0.9642, 1.0, 0.8249)


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def srgb_curve(points: int) -> bytes:
    x = np.linspace(0, 1, points)
    y = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    values = np.rint(y * 65535).astype(">u2").tobytes()
    return b"curv" + bytes(4) + struct.pack(">I", points) + values + bytes(-len(values) % 4)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2."""
    text = b"text" + bytes(4) + b"none" + bytes(4)
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79), b"cprt": text} | tags
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    size = struct.pack(">I", start + len(body))
    header = size + bytes(4) + b"\2\x10\0\0mntr" + space + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
    return (header + fixed(*WHITE_D50)).ljust(128, b"\0") + table + body


def rgb_profile(primaries: str, curve: bytes) -> bytes:
    names = zip((b"r", b"g", b"b"), RED_GREEN_BLUE_D50[primaries], strict=True)
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(*WHITE_D50)}
    for letter, xyz in names:
        tags |= {letter + b"XYZ": b"XYZ " + bytes(4) + fixed(*xyz), letter + b"TRC": curve}
    return profile(b"RGB ", tags)


def gray_profile(gamma: float) -> bytes:
    white = b"XYZ " + bytes(4) + fixed(*WHITE_D50)
    return profile(b"GRAY", {b"wtpt": white, b"kTRC": gamma_curve(gamma)})


def cmyk_profile() -> bytes:
    """A printer of black alone: lightness falls with K, whatever the other inks."""
    inks = np.indices((2, 2, 2, 2)).reshape(4, 16)  # corners of the table, K changes fastest
    lab = np.stack([255 * (1 - inks[3]), np.full(16, 128), np.full(16, 128)], axis=1)  # L 100 to 0, no tint
    ramp = np.arange(256, dtype=np.uint8).tobytes()
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += 4 * ramp + lab.astype(np.uint8).tobytes() + 3 * ramp
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(*WHITE_D50), b"A2B0": table + bytes(-len(table) % 4)}
    content = bytearray(profile(b"CMYK", tags))
    content[12:16], content[20:24] = b"prtr", b"Lab "
    return bytes(content)


OTHERS = {
    "linear": rgb_profile("sRGB", gamma_curve(1.0)),
    "gamma 1.8": rgb_profile("sRGB", gamma_curve(1.8)),
    "Display P3": rgb_profile("Display P3", srgb_curve(1024)),
    "Adobe RGB": rgb_profile("Adobe RGB", gamma_curve(2.2)),
    "ProPhoto": rgb_profile("ProPhoto", gamma_curve(1.8)),
}
SRGB = {
    "of Little CMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "with a table of 1024": rgb_profile("sRGB", srgb_curve(1024)),
    "with a table of 4096": rgb_profile("sRGB", srgb_curve(4096)),
}


def skin() -> PIL.Image.Image:
    """Smooth colours of skin, from dark to light: within every gamut."""
    light = np.linspace(0.15, 1.0, 96)[:, None, None]
    tint = np.linspace(0.0, 1.0, 64)[None, :, None]
    color = 255 * light * ((1 - tint) * np.array([0.95, 0.75, 0.65]) + tint * np.array([0.8, 0.55, 0.4]))
    return PIL.Image.fromarray(color.astype(np.uint8))


def stored(picture: PIL.Image.Image, icc: bytes, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, icc_profile=icc, **options)
    return buffer.getvalue()


def in_profile(icc: bytes) -> PIL.Image.Image:
    """The sRGB picture in the values of another profile."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    converted = ImageCms.profileToProfile(skin(), ImageCms.createProfile("sRGB"), target)
    assert converted is not None
    return converted


def difference(loaded: Any) -> float:
    return float(np.abs(loaded.astype(int) - np.asarray(skin())).mean())


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 98, "subsampling": 0})],
)
def test_pictures_are_converted_to_srgb(name: str, kind: str, options: dict[str, Any]) -> None:
    values = in_profile(OTHERS[name])
    assert difference(np.asarray(values)) > LEVELS  # else the test would show nothing
    assert difference(load_image(stored(values, OTHERS[name], kind, **options))) <= LEVELS


@pytest.mark.parametrize("name", ["linear", "Display P3", "Adobe RGB"])
def test_alpha_palettes_and_pil_images_are_converted_too(name: str) -> None:
    values = in_profile(OTHERS[name])
    alpha = values.copy()
    alpha.putalpha(128)
    assert difference(load_image(stored(alpha, OTHERS[name]))) <= LEVELS
    values.info["icc_profile"] = OTHERS[name]
    assert difference(load_image(values)) <= LEVELS
    assert values.info["icc_profile"] == OTHERS[name]  # the caller's own image stays as it is
    palette = values.quantize(256)
    assert difference(load_image(stored(palette, OTHERS[name]))) <= difference(
        np.asarray(palette.convert("RGB"))
    )


def test_orientation_and_profile_go_together() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    loaded = load_image(stored(in_profile(OTHERS["linear"]), OTHERS["linear"], exif=exif))
    assert difference(np.rot90(loaded)) <= LEVELS


@pytest.mark.parametrize("gamma", [1.0, 1.4, 1.8])
def test_gray_pictures_are_converted(gamma: float) -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    linear = np.where(gray <= 10, gray / 255 / 12.92, ((gray / 255 + 0.055) / 1.055) ** 2.4)
    values = PIL.Image.fromarray(np.rint(255 * linear ** (1 / gamma)).astype(np.uint8))
    loaded = load_image(stored(values, gray_profile(gamma)))
    bright = gray > 80  # 8 bits of linear light cannot tell dark ones apart
    assert np.abs(np.asarray(values).astype(int) - gray)[bright].max() > LEVELS
    assert np.abs(loaded.astype(int) - gray[:, :, None])[bright].max() <= LEVELS


@pytest.mark.parametrize(("inks", "gray"), [
    ((255, 0, 0, 0), 255),  # cyan, of which this printer knows nothing
    ((0, 255, 255, 0), 255),
    ((0, 0, 0, 255), 0),
    ((80, 40, 200, 128), 119),  # L = 50
])  # fmt: skip
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_pictures_are_converted(inks: tuple[int, ...], gray: int, kind: str) -> None:
    loaded = load_image(stored(PIL.Image.new("CMYK", (16, 16), inks), cmyk_profile(), kind))
    assert np.abs(loaded.astype(int) - gray).max() <= LEVELS


@pytest.mark.parametrize("name", SRGB)
def test_srgb_leaves_every_bit(name: str) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    loaded = load_image(stored(PIL.Image.fromarray(pixels), SRGB[name]))
    np.testing.assert_array_equal(loaded, pixels)


def test_a_profile_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for icc in (SRGB["of Little CMS"], OTHERS["linear"]):
        data = stored(skin(), icc)
        load_image(data)
        with monkeypatch.context() as patch:
            patch.setattr(ImageCms, "buildTransform", None)
            load_image(data)
    assert color_profile._transform.cache_info().hits >= 2


def broken_profiles() -> dict[str, bytes]:
    linear = OTHERS["linear"]
    random = np.random.default_rng(4)
    damaged = np.frombuffer(linear, np.uint8).copy()
    damaged[128:] = random.integers(0, 255, len(damaged) - 128)
    return {
        "cut in the header": linear[:100],
        "cut in the table": linear[:200],
        "cut in the curves": linear[:-8],
        "no profile": b"no profile at all",
        "one byte": b"\0",
        "random after the header": damaged.tobytes(),
        "random": random.integers(0, 255, 600, dtype=np.uint8).tobytes(),
        "gray for a colour picture": gray_profile(1.0),
    }


@pytest.mark.parametrize("name", broken_profiles())
def test_broken_profiles_are_ignored(name: str) -> None:
    loaded = load_image(stored(skin(), broken_profiles()[name], "TIFF"))
    np.testing.assert_array_equal(loaded, np.asarray(skin()))


def test_a_profile_of_colour_on_a_gray_picture_is_ignored() -> None:
    gray = skin().convert("L")
    loaded = load_image(stored(gray, OTHERS["linear"]))
    np.testing.assert_array_equal(loaded[:, :, 0], np.asarray(gray))
