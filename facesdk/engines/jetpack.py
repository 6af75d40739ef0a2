"""Which TensorRT a JetPack may have (NVIDIA's support matrices of TensorRT 8.5 to 11.4.1)."""

from __future__ import annotations

import re
from typing import NamedTuple


class JetPack(NamedTuple):
    """A line of the table."""

    name: str
    release: int  # of the Jetson's Linux: 36 of "R36 4.3"
    boards: str
    tensorrt: str
    majors: tuple[int, ...]  # versions of TensorRT that it may have
    note: str


JETPACKS = (
    JetPack("4", 32, "Nano, TX2, Xavier", "8.2", (), "older than 8.5, which FaceSDK needs; CPU alone"),
    JetPack("5", 35, "Xavier, Orin", "8.5.2", (8,), "precision by builder flags and graph"),
    JetPack("6", 36, "Orin", "10.x", (10,), "stays at 10; precision by the graph"),
    JetPack("7", 38, "Thor; 7.2.2 on: AGX Orin", "10.x; 7.2.2 on: 11.4.1", (10, 11), "11.4.1: SBSA package"),
)  # fmt: skip
FIRST_11 = (11, 4, 1)  # 11.0 to 11.4.0 support no JetPack
DLA_REASON = (
    "DLA is not used: it takes no explicit int8 and no dynamic batch, leaves layers to the GPU without a "
    "word, and nobody has run these networks on one; Thor has none"
)


def jetpack_of(driver: str) -> JetPack | None:
    """The JetPack of a Jetson.

    Args:
        driver: as `driver_version` gives it, "R36 4.3" on a Jetson.
    """
    found = re.match(r"R(\d+)", driver)
    if found is None:
        return None
    return next((one for one in reversed(JETPACKS) if one.release <= int(found[1])), None)


def conflict(driver: str, tensorrt: str) -> str:
    """Why a TensorRT does not belong on this Jetson, "" where it does or where this is none.

    Args:
        driver: see `jetpack_of`.
        tensorrt: version, "10.3.0".
    """
    jetpack = jetpack_of(driver)
    version = tuple(map(int, tensorrt.split(".")))
    if jetpack is None or (version[0] in jetpack.majors and (version[0] < 11 or version >= FIRST_11)):
        return ""
    return (
        f"JetPack {jetpack.name} ({driver}) may have TensorRT {jetpack.tensorrt}, got {tensorrt}: install "
        "the one of its own packages"
    )
