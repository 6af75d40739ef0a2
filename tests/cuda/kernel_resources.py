"""Registers, shared memory, stack and spills of every kernel and architecture, as nvcc reports them.

python tests/cuda/kernel_resources.py       # write what the nvcc here gives into kernel_resources.json
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("kernel_resources.json")
ARCHITECTURES = (75, 80, 86, 87, 89, 90, 100, 110, 120)
# The same bits as on the CPU: no fused multiply-add, division and root as IEEE 754 has them.
OPTIONS = [
    "-std=c++17", "-O3", "-fmad=false", "-prec-div=true", "-prec-sqrt=true",
    "-Werror=cross-execution-space-call,all-warnings", "-Xptxas=-v",
]  # fmt: skip

Resources = dict[str, dict[str, dict[str, int]]]  # kernel -> architecture -> quantity

COMPILING = re.compile(r"Compiling entry function '(?P<name>\w+)' for 'sm_(?P<arch>\d+)'")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def kernel_sources() -> list[Path]:
    """Every file with kernels."""
    return sorted((ROOT / "csrc").rglob("*_cuda.cu"))


def nvcc_version(nvcc: str) -> str:
    """The compiler's release, as 13.0."""
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"release ([\d.]+)", text)
    return found.group(1) if found else "of unknown release"


def kernel_name(mangled: str) -> str:
    """The function's own name: a mangled one begins with names, each after its length; it is the last."""
    name, rest = mangled, mangled.removeprefix("_ZN")
    while found := re.match(r"\d+", rest):
        end = found.end() + int(found.group())
        name, rest = rest[found.end() : end], rest[end:]
    return name


def parse(report: str, source: str) -> Resources:
    """Read what `ptxas -v` writes about the kernels of a source; the key of a kernel is source:name."""
    table: Resources = {}
    entry: dict[str, int] = {}
    for line in report.splitlines():
        if found := COMPILING.search(line):
            entry = {"registers": -1, "shared": 0, "stack": -1, "spills": -1}
            key = f"{source}:{kernel_name(found['name'])}"
            table.setdefault(key, {})[found["arch"]] = entry
        elif found := STACK.search(line):
            entry["stack"] = int(found.group(1))
            entry["spills"] = int(found.group(2)) + int(found.group(3))
        elif found := REGISTERS.search(line):
            entry["registers"] = int(found.group(1))
            shared = SHARED.search(line)
            entry["shared"] = int(shared.group(1)) if shared else 0
    return table


def compile_kernels(nvcc: str) -> Resources:
    """Compile every kernel for every architecture, warnings as errors."""
    table: Resources = {}
    for source in kernel_sources():
        with tempfile.TemporaryDirectory() as folder:
            targets = [f"-gencode=arch=compute_{arch},code=sm_{arch}" for arch in ARCHITECTURES]
            command = [nvcc, *OPTIONS, *targets, f"-I{ROOT / 'csrc'}", "--threads=2", "-c", str(source)]
            done = subprocess.run(
                [*command, "-o", str(Path(folder) / "object.o")], capture_output=True, text=True
            )
        if done.returncode != 0:
            raise RuntimeError(f"{source.name}: nvcc says\n{done.stderr[-4000:]}")
        table.update(parse(done.stderr, source.stem.removesuffix("_cuda")))
    return table


def stored() -> dict[str, Resources]:
    """The table that is checked in, by the release of nvcc."""
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


def breaches(found: Resources, limits: Resources | None) -> list[str]:
    """What is against the gate: a spill or a stack, more than the table's limits, a kernel that it lacks."""
    out = []
    for kernel, by_arch in found.items():
        for arch, use in by_arch.items():
            where = f"{kernel} for sm_{arch}"
            if use["spills"] != 0 or use["stack"] != 0:
                out.append(f"{where}: {use['spills']} bytes of spills, {use['stack']} of stack; expected 0")
            if limits is None:
                continue
            limit = limits.get(kernel, {}).get(arch)
            if limit is None:
                out.append(f"{where}: is not in {TABLE.name}; run {Path(__file__).name}")
                continue
            out += [
                f"{where}: {use[quantity]} {quantity}, {TABLE.name} has {limit[quantity]}"
                for quantity in ("registers", "shared")
                if use[quantity] > limit[quantity]
            ]
    return out


def write_table(nvcc: str) -> None:
    """Put what this nvcc gives into the table, in the place of what its release gave before."""
    table: dict[str, Any] = stored() if TABLE.exists() else {}
    table[nvcc_version(nvcc)] = compile_kernels(nvcc)
    lines = [
        f"  {json.dumps(release)}: {{\n"
        + ",\n".join(
            f"    {json.dumps(kernel)}: {{\n"
            + ",\n".join(f"      {json.dumps(arch)}: {json.dumps(use)}" for arch, use in by_arch.items())
            + "\n    }"
            for kernel, by_arch in sorted(kernels.items())
        )
        + "\n  }"
        for release, kernels in sorted(table.items())
    ]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write_table(shutil.which("nvcc") or "nvcc")
