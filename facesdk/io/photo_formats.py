"""Image formats by the names and the first bytes of files: what Pillow reads, what needs an add-on."""

from __future__ import annotations

import functools
from pathlib import Path

# Formats that a library beside Pillow decodes, with what makes them readable.
REMEDIES = {
    "HEIC": "install pillow-heif (pip install pillow-heif) or convert it to JPEG",
    "AVIF": "install a newer Pillow (pip install -U pillow) or convert it to JPEG",
    "JPEG XL": "convert it to JPEG or PNG",
}
_ADD_ON_SUFFIXES = frozenset({".heic", ".heif", ".hif", ".avif", ".jxl"})
# Of cameras' raw files Pillow reads a thumbnail at best.
RAW_SUFFIXES = frozenset({".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"})
# Documents, data and video among the formats that Pillow identifies.
_NO_PHOTOS = frozenset({"BUFR", "EPS", "FITS", "GRIB", "HDF5", "IPTC", "MPEG", "PDF", "WMF"})

_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"
)
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
)
HEAD = 16  # bytes that `sniff` takes


def sniff(head: bytes) -> str | None:
    """Name the format of an image file by its first HEAD bytes; None for another or an unusual one."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


@functools.cache
def photo_suffixes() -> frozenset[str]:
    """Endings, in small letters, of the files that may hold a photo."""
    import PIL.Image

    PIL.Image.init()
    known = {
        suffix
        for suffix, name in PIL.Image.registered_extensions().items()
        if name in PIL.Image.OPEN and name not in _NO_PHOTOS
    }
    return frozenset(known | _ADD_ON_SUFFIXES)


def holds_picture(path: Path) -> bool:
    """Whether a file begins like a picture of a usual format; False where it cannot be read."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return sniff(file.read(HEAD)) is not None
    except OSError:
        return False
