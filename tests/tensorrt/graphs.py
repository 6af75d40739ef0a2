"""Small networks which ONNX Runtime and the fake of TensorRT run alike: means of channels or of rows."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

METADATA = '{"input_size": 8}'


def write_graph(path: Path, shape: tuple[int | str, ...], **fake: object) -> Path:
    """Write a network.

    Args:
        path: of the .onnx file.
        shape: of the input, (N, 3, H, W) or (N, K); a name is a free size.
        fake: what else the fake does (tests/tensorrt/fake/libnvinfer.cpp).
    """
    rank = len(shape)
    axes = list(range(2 if rank == 4 else 1, rank))
    name = "crop" if rank == 4 else "patch"
    sizes = "x".join(str(size) if isinstance(size, int) else "-1" for size in shape)
    settings = {"input": f"{name}:{sizes}", "output": "x"} | fake
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", [name], ["x"], axes=axes, keepdims=0 if rank == 4 else 1)],
        "means",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (shape[0], 3 if rank == 4 else 1))],
        doc_string="".join(f"fake:{key}={value};" for key, value in settings.items()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"facesdk": METADATA})
    onnx.save(model, str(path))
    return path
