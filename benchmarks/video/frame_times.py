"""Times of tracked frames over whole clips: how much longer the slowest frames take than the usual ones.

Default options, one thread. Each clip runs forwards and backwards, over and over, so that it has no cut; four
people are four clips side by side in one picture, 320 px each. Times are CPU times of the calling thread:
what other programs take does not count. Beside them, the frames until a face that enters is found.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.metrics.landmark_errors import Array
from benchmarks.speed.machine import describe_machine, pin
from benchmarks.video.jitter import frames
from facesdk import FaceSDK, Options
from facesdk.io.image import load_image
from facesdk.manifest import SAMPLE, asset_path
from facesdk.tracking.tracker import Tracker

WARM_UP = 20  # frames
MOST_LOADED = 120  # frames of a clip that are held in memory
TILE = 320  # px, side of one person's picture of four
ENTRY_PX = (24, 32, 64)  # sqrt(width * height) of the box of a face that enters
PHASES = 14  # frames of the search at which it enters, each measured
LONGEST_WAIT = 60  # frames


def endless(clip: list[Array]) -> Iterator[Array]:
    """Forwards and backwards, over and over."""
    return itertools.cycle([*clip, *clip[-2:0:-1]])


def square(picture: Array) -> Array:
    """The middle square, TILE px wide."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(middle, (TILE, TILE), interpolation=cv2.INTER_AREA))


def side_by_side(clips: list[list[Array]]) -> Iterator[Array]:
    """Four clips as one video of 2 x 2 pictures."""
    parts = [endless([square(picture) for picture in clip]) for clip in clips]
    while True:
        a, b, c, d = (next(part) for part in parts)
        yield np.concatenate([np.concatenate([a, b], 1), np.concatenate([c, d], 1)])


def frame_times(sdk: FaceSDK, video: Iterator[Array], count: int) -> dict[str, float]:
    """p50, p99 and the longest of `count` frames, ms, their ratio, and the mean number of faces."""
    tracker = Tracker(sdk)
    times, faces = [], []
    for frame in itertools.islice(video, WARM_UP + count):
        start = time.thread_time_ns()
        result = sdk.track(frame, tracker=tracker)
        times.append((time.thread_time_ns() - start) / 1e6)
        faces.append(len(result))
    ms = np.array(times[WARM_UP:])
    p50, p99 = np.percentile(ms, [50, 99])
    return {
        "faces": float(np.mean(faces)), "mean": float(ms.mean()), "p50": float(p50), "p99": float(p99),
        "max": float(ms.max()), "p99 to p50": float(p99 / p50),
    }  # fmt: skip


def entry_scene(sizes_px: tuple[int, ...]) -> Array:
    """The bundled sample's head at these sizes, on a wall of 640 x 400 px."""
    sample = load_image(asset_path(SAMPLE))
    head = sample[: sample.shape[0] // 2 + 40, 60 : sample.shape[1] // 2 + 100]
    face = FaceSDK().reconstruct(head).faces[0].box_xyxy_px
    scale = 1.0 / float(np.sqrt((face[2] - face[0]) * (face[3] - face[1])))
    scene = np.full((400, 640, 3), 110, np.uint8)
    left = 10
    for size in sizes_px:
        part = cv2.resize(head, None, fx=scale * size, fy=scale * size, interpolation=cv2.INTER_AREA)
        scene[60 : 60 + part.shape[0], left : left + part.shape[1]] = part
        left += part.shape[1] + 20
    return scene


def entry_delays(sdk: FaceSDK, size_px: int) -> list[int]:
    """Frames from the first one with a second face to the one that has it, by the phase of the search."""
    before, after = entry_scene((100,)), entry_scene((100, size_px))
    delays = []
    for phase in range(PHASES):
        tracker = Tracker(sdk)
        for _ in range(PHASES + phase):
            sdk.track(before, tracker=tracker)
        waited = 0
        while len(sdk.track(after, tracker=tracker)) < 2 and waited < LONGEST_WAIT:
            waited += 1
        delays.append(waited)
    return delays


def video(
    data: Annotated[Path, typer.Option(help="folder laid out like eval/, the clips beside it")] = DATA,
    count: Annotated[int, typer.Option("--frames", help="of each clip")] = 3000,
    core: Annotated[int, typer.Option()] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure tracked frames of clips with one and with four people, and how soon a face is found."""
    pin(core)
    machine = describe_machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    sdk = FaceSDK(Options())
    paths = sorted((data.parent / "video").glob("*.mp4"))
    if not paths:
        raise SystemExit(f"no clips in {data.parent / 'video'}")
    rows: dict[str, dict[str, float]] = {}
    for path in paths:
        rows[path.stem] = frame_times(sdk, endless(list(frames(path, MOST_LOADED))), count)
        show(path.stem, rows[path.stem])
    single = max(row["p99 to p50"] for row in rows.values())
    four = [list(frames(path, MOST_LOADED)) for path in paths[1:5]]
    if len(four) == 4:
        rows["four people"] = frame_times(sdk, side_by_side(four), count)
        show("four people", rows["four people"])
    delays = {size: entry_delays(sdk, size) for size in ENTRY_PX}
    for size, waits in delays.items():
        print(f"a face of {size} px enters: found after {min(waits)} to {max(waits)} frames")
    figures = {
        "p99_to_p50": single,
        "four_people_p99_to_p50": rows.get("four people", {}).get("p99 to p50", float("nan")),
        "entry_frames": float(max(max(waits) for waits in delays.values())),
    }
    if json_file:
        content = {"machine": machine, "frames": count, "clips": rows, "entry": delays, "bounded": figures}
        json_file.write_text(json.dumps(content, indent=1) + "\n")
    if check_bounds and not check("video", figures):
        raise typer.Exit(1)


def show(name: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"  {name[:44]:44s} {row['faces']:5.2f} faces  mean {row['mean']:6.2f}  p50 {row['p50']:6.2f}  "
        f"p99 {row['p99']:6.2f}  max {row['max']:6.2f} ms  p99/p50 {row['p99 to p50']:.2f}",
        flush=True,
    )
