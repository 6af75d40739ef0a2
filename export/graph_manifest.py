"""The manifest of a folder of device graphs, written last: no graph without its comparison."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from export.activations import MIN_HEADROOM, Headroom
from export.compare import Comparison

NAME = "graphs.json"
LIMITS_PX = {
    "fp16": 0.02,
    "int8": 0.3,
    "int8_depthwise_fp16": 0.3,
}  # mean of landmarks at the network's input
MAX_SINGLE_DIFFERENCE = 1e-3  # of float32 outputs from torch's


def failures(rows: list[Comparison], headroom: dict[str, Headroom]) -> list[str]:
    """List what is outside its limit, a line each."""
    found = []
    for row in rows:
        limit, moved = LIMITS_PX.get(row.precision), row.felt.get("landmarks_px")
        if limit is not None and moved is not None and not moved <= limit:
            found.append(f"{row.network} {row.precision}: landmarks {moved:.4f} px, limit {limit} px")
        worst = max(value["max"] for value in row.outputs.values())
        if row.precision.startswith("fp32") and not worst <= MAX_SINGLE_DIFFERENCE:
            found.append(
                f"{row.network} {row.precision}: outputs differ by {worst:.2e}, limit {MAX_SINGLE_DIFFERENCE}"
            )
    for name, one in headroom.items():
        if not one.times >= MIN_HEADROOM:
            found.append(f"{name} fp16: headroom {one.times:.1f}, limit {MIN_HEADROOM} ({one.tensor})")
    return found


def write_graph_manifest(
    folder: Path, files: dict[str, tuple[str, str]], rows: list[Comparison], headroom: dict[str, Headroom],
    origin: dict[str, Any],
) -> Path:  # fmt: skip
    """Write graphs.json: size, hash and comparison of each file.

    Args:
        folder: of the files.
        files: name -> network and precision.
        rows: comparisons.
        headroom: network -> largest activation.
        origin: what the photos were, how many.

    Returns:
        Its path.

    Raises:
        ValueError: a file has no comparison, or one is outside its limit; nothing is written.
    """
    compared = {(row.network, row.precision): row for row in rows if row.run_by == "onnxruntime"}
    missing = [name for name, key in files.items() if key not in compared]
    if missing:
        raise ValueError(f"{', '.join(missing)}: no comparison with torch, run python -m export all")
    outside = failures(rows, headroom)
    if outside:
        raise ValueError("; ".join(outside))
    entries = {}
    for name, key in files.items():
        content = (folder / name).read_bytes()
        entries[name] = {
            "network": key[0], "precision": key[1], "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(), "comparison": dataclasses.asdict(compared[key]),
        }  # fmt: skip
    stated = {name: dataclasses.asdict(one) | {"times": one.times} for name, one in headroom.items()}
    text = json.dumps({"origin": origin, "graphs": entries, "float16_headroom": stated}, indent=2) + "\n"
    path, temporary = folder / NAME, folder / f"{NAME}.part"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def print_parity(rows: list[Comparison], headroom: dict[str, Headroom]) -> None:
    """Print a line for each comparison, then the headroom of each float16 graph."""
    print(
        f"{'network':21s} {'precision':20s} {'run by':11s} {'kB':>6s} {'max diff':>9s} {'at the input':>34s} "
        f"{'chain px':>8s} {'mm':>7s} {'lost':>8s} {'NME %':>6s}"
    )
    for row in rows:
        worst = max(value["max"] for value in row.outputs.values())
        felt = ", ".join(f"{name} {value:.4f}" for name, value in row.felt.items())
        parts = f"{'':25s}"
        if row.chain:
            lost = f"{row.chain['lost']:3.0f}/{row.chain['faces']:<4.0f}"
            parts = f"{row.chain['landmarks_px']:8.4f} {row.chain['vertices_mm']:7.4f} {lost}"
        nme = f"{row.nme['percent']:6.3f}" if row.nme else ""
        print(
            f"{row.network:21s} {row.precision:20s} {row.run_by:11s} {row.bytes / 1e3:6.0f} {worst:9.2e} "
            f"{felt:>34s} {parts} {nme}"
        )
    for name, one in headroom.items():
        print(
            f"{name}: largest float16 activation {one.largest:.1f} over {one.inputs} inputs ({one.tensor}), "
            f"{one.times:.0f} times below 65504"
        )
