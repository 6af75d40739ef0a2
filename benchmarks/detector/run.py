"""Faces found in whole pictures and in close-ups, beside YuNet in the same run.

Three columns: `sdk`, the faces that FaceSDK returns (detector, then the candidate filter; these are compared
with the bounds); `detector`, the small network alone; and YuNet, read from ../teachers beside the data.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from benchmarks.check import check
from benchmarks.data_folder import DATA
from benchmarks.detector.finders import Finder, Image, chain, ours, yunet
from benchmarks.detector.found_rates import measure, read
from benchmarks.speed.interleave import interleaved, ratio, timed
from benchmarks.speed.machine import one_core
from facesdk import manifest

MODEL = manifest.ASSETS / manifest.DETECTOR_PLAN  # as FaceSDK runs it by default
RETURNED = 1e-6  # threshold of the whole chain: whatever FaceSDK returns counts as found


def time_to_yunet(pictures: list[Image], ours: Finder, theirs: Finder) -> float:
    """Median over the pictures of our detector's time over YuNet's, in turns on one core."""
    ratios = []
    with one_core():
        for picture in pictures:
            calls = {"ours": functools.partial(ours, picture), "yunet": functools.partial(theirs, picture)}
            times = interleaved({name: timed(call, warm_up=1) for name, call in calls.items()}, 3, 1)
            ratios.append(ratio(times, "ours", "yunet"))
    return float(np.median(ratios))


def contact_sheet(data: Path, find: Finder, threshold: float, path: Path, count: int = 20) -> None:
    """Scenes with finds (green) and labels (red) in one picture."""
    pictures, labels = read(data / "scenes")
    cells = []
    for i in np.linspace(0, len(pictures) - 1, count).astype(int):
        picture = cv2.cvtColor(pictures[i], cv2.COLOR_RGB2BGR)
        for x, y, w, h in labels["boxes"][labels["box_image"] == i].astype(int):
            cv2.rectangle(picture, (x, y), (x + w, y + h), (0, 0, 255), 1)
        for box, score in zip(*find(pictures[i]), strict=True):
            if score >= threshold:
                x0, y0, x1, y1 = (int(v) for v in box)
                cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 255, 0), 1)
        cell = np.zeros((416, 416, 3), np.uint8)
        scale = 416 / max(picture.shape)
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        cell[: small.shape[0], : small.shape[1]] = small[:416, :416]
        cells.append(cell)
    cv2.imwrite(str(path), np.vstack([np.hstack(cells[k : k + 5]) for k in range(0, count, 5)]))


def detector(
    data: Annotated[Path, typer.Option(help="folder laid out like eval/")] = DATA,
    model: Annotated[Path, typer.Option(help="detector, .onnx or .plan")] = MODEL,
    long_side: Annotated[int | None, typer.Option(help="px, in place of the detector's default")] = None,
    threshold: Annotated[float, typer.Option()] = 0.5,
    every: Annotated[int, typer.Option(help="step of the scenes that are timed beside YuNet")] = 2,
    picture: Annotated[Path | None, typer.Option(help="write a contact sheet of scenes")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
    check_bounds: Annotated[bool, typer.Option("--check", help="compare with bounds.toml")] = False,
) -> None:
    """Measure recall, false alarms and speed of the detector, beside YuNet."""
    cv2.setNumThreads(1)
    curve, rate = ours(model, long_side, retry=False), ours(model, long_side, retry=True)
    whole = chain(model, threshold)
    results = {"sdk": measure(data, whole, whole, RETURNED)}
    results["sdk"]["megabytes"] = model.stat().st_size / 1e6
    results["detector"] = measure(data, curve, rate, threshold)
    peer = data.parent / "teachers" / "yunet_2026may.onnx"
    if peer.exists():
        find = yunet(peer)
        results["yunet"] = measure(data, find, find, 0.5)
        some = read(data / "scenes")[0][::every]
        results["sdk"]["time_to_yunet"] = time_to_yunet(some, rate, find)
    print(f"{'':34s}" + "".join(f"{name:>10s}" for name in results))
    for name in results["sdk"]:
        print(f"{name:34s}" + "".join(f"{r.get(name, float('nan')):10.3f}" for r in results.values()))
    if json_file:
        json_file.write_text(json.dumps(results, indent=1) + "\n")
    if picture:
        contact_sheet(data, curve, threshold, picture)
    if check_bounds and not check("detector", results["sdk"]):
        raise typer.Exit(1)
