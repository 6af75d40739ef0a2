"""Instructions of a tracked frame on aarch64, counted under emulation, and what they suggest for CPUs.

A static program tracks the bundled photo and draws the face, once for FEW and once for MANY frames; the
difference by function, over the frames between, is a frame's. Times are estimates: instructions over a core's
clock and the instructions that such code finishes per cycle there, which nobody has measured.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from PIL import Image

from facesdk import manifest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PICTURE_PX = 450
FEW, MANY = 40, 72  # averages of a person are renewed every 32 frames: one renewal lies between
STAGES = {  # by words in the names of functions; the first that fits
    "network": "conv|depthwise|dense|Executor|RaiseMaximum|AddSoftmaxPixel|BytesToFloats|AddColours",
    "draw": "aster|ragment|LargeTriangle|[Ss]hade|ormals|draw_|albedo|esolve|Setup|set_up",
    "decode": "[Ss]hape|ubdivi|round_weights|int8_rows|FaceModel::decode|identity_mesh|mesh_points",
    "warp": "[Ww]arp|crop_matrix|predict_some",
    "refine": "andmark|[Dd]amped|[Rr]efine|patch|LayerKernel|eye",
    "camera": "picture_pose|camera|[Pp]roject",
    "track": "thumbnail|scene_changed|Track",
    "quality": "sharpness|assess_quality|arkit",
}


class Core(NamedTuple):
    """A CPU core: the kernels that it runs, and assumptions of an estimate."""

    level: str  # FACESDK_VECTOR_LEVEL
    ghz: float  # of a common board
    per_cycle: float  # instructions finished per cycle in code like this


CORES = {
    "Cortex-A53 (Raspberry Pi 3)": Core("plain", 1.4, 0.7),
    "Cortex-A72 (Raspberry Pi 4)": Core("plain", 1.8, 1.3),
    "Cortex-A76 (Raspberry Pi 5)": Core("neon_dotprod", 2.4, 2.0),
    "Cortex-A78AE (Jetson Orin)": Core("neon_dotprod", 2.0, 2.2),
}


def build(folder: Path) -> Path:
    """Build the plugin and, for aarch64, library and program; the program."""
    plugin = folder / "count_instructions.so"
    source = HERE / "count_instructions.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", str(source), "-o", str(plugin)], check=True)
    made = folder / "library"
    toolchain = ROOT / "cmake" / "aarch64.cmake"
    configure = [f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", "-DCMAKE_BUILD_TYPE=Release", "-DFACESDK_C_STATIC=ON"]
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(made), *configure], **quiet)
    subprocess.run(
        ["cmake", "--build", str(made), "--parallel", "2", "--target", "facesdk_static", "facesdk_ops"],
        **quiet,
    )
    program = folder / "tracked_frames"
    sources = [str(HERE / "tracked_frames.c"), str(ROOT / "examples" / "c" / "read_ppm.c")]
    include = [f"-I{ROOT / 'csrc' / 'include'}", f"-I{ROOT / 'examples' / 'c'}", "-DFACESDK_STATIC"]
    linked = ["-static", "-o", str(program), str(made / "libfacesdk.a"), "-lstdc++", "-lm", "-lpthread"]
    subprocess.run(["aarch64-linux-gnu-gcc", "-std=c11", "-O2", *include, *sources, *linked], check=True)
    return program


def count(program: Path, level: str, frames: int) -> dict[str, int]:
    """Executed instructions by function, of a whole run."""
    folder = program.parent
    out = folder / f"{level}_{frames}.txt"
    plugin = f"{folder / 'count_instructions.so'},out={out}"
    arguments = [str(program), str(manifest.ASSETS), str(folder / "photo.ppm"), str(frames)]
    environment = {**os.environ, "FACESDK_VECTOR_LEVEL": level}
    subprocess.run(["qemu-aarch64", "-plugin", plugin, *arguments], check=True, env=environment)
    lines = (line.split(" ", 1) for line in out.read_text().splitlines())
    return {symbol: int(number) for number, symbol in lines}


def frame_by_stage(few: dict[str, int], many: dict[str, int], names: dict[str, str]) -> dict[str, float]:
    """Millions of instructions of one of the frames between two runs, by stage; the rest is "other"."""
    stages = dict.fromkeys([*STAGES, "other"], 0.0)
    for symbol, number in many.items():
        stage = next((s for s, words in STAGES.items() if re.search(words, names[symbol])), "other")
        stages[stage] += (number - few.get(symbol, 0)) / (MANY - FEW) / 1e6
    return stages


def demangled(symbols: list[str]) -> dict[str, str]:
    """Symbol -> name of the function, without its arguments."""
    answer = subprocess.run(
        ["c++filt", "--no-params"], input="\n".join(symbols), capture_output=True, text=True, check=True
    )
    return dict(zip(symbols, answer.stdout.splitlines(), strict=True))


def aarch64(
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures")] = None,
) -> None:
    """Count the instructions of a tracked frame on aarch64 under emulation, by stage; estimate times."""
    for tool in ("aarch64-linux-gnu-g++", "qemu-aarch64", "cmake", "c++filt"):
        if shutil.which(tool) is None:
            raise typer.BadParameter(
                f"{tool} is missing (Debian: apt install g++-aarch64-linux-gnu qemu-user cmake)"
            )
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        photo = Image.open(manifest.asset_path(manifest.SAMPLE)).convert("RGB")
        photo.resize((PICTURE_PX, PICTURE_PX), Image.Resampling.BOX).save(Path(folder) / "photo.ppm")
        for level in ("plain", "neon_dotprod"):
            few, many = count(program, level, FEW), count(program, level, MANY)
            rows[level] = frame_by_stage(few, many, demangled(list(many)))
    print(f"millions of instructions of a tracked frame, its face drawn at {PICTURE_PX} px")
    print(f"  {'stage':10}" + "".join(f"{level:>14}" for level in rows))
    for stage in [*STAGES, "other"]:
        print(f"  {stage:10}" + "".join(f"{row[stage]:14.2f}" for row in rows.values()))
    print(f"  {'all':10}" + "".join(f"{sum(row.values()):14.2f}" for row in rows.values()))
    estimates = {name: _estimate(core, rows[core.level]) for name, core in CORES.items()}
    print(
        "ESTIMATE, ms of a tracked frame, and of one that is drawn (clock, instructions per cycle: assumed)"
    )
    for name, (tracked, drawn) in estimates.items():
        core = CORES[name]
        print(f"  {name:30}{tracked:8.1f}{drawn:8.1f}   ({core.ghz} GHz, {core.per_cycle}, {core.level})")
    if json_file:
        content = {"millions": rows, "estimated_ms": estimates, "picture_px": PICTURE_PX}
        json_file.write_text(json.dumps(content, indent=1) + "\n")


def _estimate(core: Core, stages: dict[str, float]) -> tuple[float, float]:
    """(ms of a tracked frame, ms with its drawing); 10^6 at 1 GHz, one a cycle, take 1 ms."""
    whole = sum(stages.values()) / (core.ghz * core.per_cycle)
    return whole - stages["draw"] / (core.ghz * core.per_cycle), whole
