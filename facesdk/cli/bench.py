"""`facesdk bench`: milliseconds per stage of a tracked frame and of a photo, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facesdk.cli.settings import BACKEND_HELP, PRESET_HELP
from facesdk.errors import InvalidImage

if TYPE_CHECKING:
    from facesdk.core.arrays import Picture
    from facesdk.sdk import FaceSDK


def bench(
    photo: Annotated[Path | None, typer.Argument(help="A photo; the bundled sample by default.")] = None,
    runs: Annotated[int, typer.Option(help="Timed runs, after three untimed.", min=1)] = 50,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    backend: Annotated[str, typer.Option(help=BACKEND_HELP)] = "auto",
    preset: Annotated[str, typer.Option(help=PRESET_HELP)] = "default",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to a file too.")] = None,
) -> None:
    """Time a tracked frame, by stage, its picture and a whole photo: milliseconds on this machine."""
    import time

    from facesdk import manifest
    from facesdk.cli.timing import fingerprint, table
    from facesdk.io.image import load_image
    from facesdk.io.json import write_json
    from facesdk.options import Options
    from facesdk.sdk import FaceSDK

    picture = load_image(photo or manifest.asset_path(manifest.SAMPLE))
    start = time.perf_counter()
    sdk = FaceSDK(Options(threads=threads, backend=backend, preset=preset))
    ready = (time.perf_counter() - start) * 1e3
    rows = _measure(sdk, picture, runs)
    machine = fingerprint()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    size = f"{picture.shape[1]} x {picture.shape[0]} px"
    print(f"{size}, {preset}, {backend}, {threads} thread(s), {runs} runs")
    print(table(rows))
    print("track: one frame, all its stages above it; render: the faces drawn; reconstruct: the whole photo")
    print(f"FaceSDK() {ready:.0f} ms, once")
    if json_file is not None:
        content = {"machine": machine, "preset": preset, "backend": backend, "threads": threads, "runs": runs}
        write_json(json_file, content | {"construct_ms": ready, "stages": rows})


def _measure(sdk: FaceSDK, picture: Picture, runs: int) -> dict[str, dict[str, float]]:
    """Percentiles of each stage of track(), of render() and of reconstruct(), ms."""
    import numpy as np

    from facesdk.cli.timing import WARM_UP, milliseconds, percentiles

    if not sdk.track(picture).faces:
        raise InvalidImage("bench: no face found in the picture")
    for _ in range(WARM_UP):
        result = sdk.track(picture)
    laps = [sdk.track(picture).timings_ms for _ in range(runs)]
    rows = {stage: percentiles(np.array([lap[stage] for lap in laps])) for stage in laps[0]}
    rows["track"] = rows.pop("total")
    rows["render"] = percentiles(milliseconds(lambda: [face.render() for face in result], runs))
    rows["reconstruct"] = percentiles(milliseconds(lambda: sdk.reconstruct(picture), runs))
    return rows
