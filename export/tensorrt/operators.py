"""Check a graph's operators against the stated table of what TensorRT and DLA take (operators.toml)."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import onnx

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("operators.toml")
RELEASES = ("8.5", "10")  # oldest that JetPack 5 and JetPack 6 have; later ones take what these take


def operator_table() -> dict[str, dict[str, Any]]:
    """Read the table: operator -> "tensorrt": releases, "dla": "yes" or why not."""
    with TABLE.open("rb") as file:
        return tomllib.load(file)


def check_operators(model: onnx.ModelProto) -> None:
    """Check that every TensorRT release of the table takes every node of a graph.

    Raises:
        ValueError: a node that one does not take, by its operator, or a size that is computed at run time.
    """
    table, constants = operator_table(), {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        missing = [r for r in RELEASES if r not in table.get(node.op_type, {}).get("tensorrt", ())]
        if missing:
            raise ValueError(f"{node.name} ({node.op_type}): not stated for TensorRT {', '.join(missing)}")
        if node.op_type in ("Reshape", "Resize", "Squeeze", "Unsqueeze"):
            computed = [name for name in node.input[1:] if name and name not in constants]
            if computed:
                raise ValueError(f"{node.name} ({node.op_type}): {computed[0]} is computed at run time")


def dla_fallbacks(model: onnx.ModelProto) -> Counter[str]:
    """Count the nodes that DLA would hand to the GPU, by operator."""
    table = operator_table()
    return Counter(node.op_type for node in model.graph.node if table[node.op_type]["dla"] != "yes")
