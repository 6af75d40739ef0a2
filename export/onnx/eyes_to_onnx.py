"""Write the eye-closure network, stored as dense layers, as ONNX for other runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from export.onnx.to_onnx import OPSET

TOLERANCE = 1e-5  # of a logit of some units; sums of 336 products in another order


def eyes_to_onnx(layers: Path, path: Path, version: str) -> float:
    """Write an ONNX file: input patch (N, K), output logit (N, 1).

    Args:
        layers: safetensors file "0.weight", "0.bias", ..., with ReLU between the layers.
        path: where to write.
        version: of the network.

    Returns:
        The largest difference between ONNX Runtime and NumPy over a few patches.
    """
    stored = {name: tensor.astype(np.float32) for name, tensor in load_file(layers).items()}
    count, nodes, value = len(stored) // 2, [], "patch"
    for k in range(count):
        out = "logit" if k + 1 == count else f"{k}.sum"
        nodes.append(helper.make_node("Gemm", [value, f"{k}.weight", f"{k}.bias"], [out], transB=1))
        value = out
        if k + 1 < count:
            value = f"{k}.relu"
            nodes.append(helper.make_node("Relu", [out], [value]))
    inputs = stored["0.weight"].shape[1]
    graph = helper.make_graph(
        nodes,
        "eyes",
        [helper.make_tensor_value_info("patch", TensorProto.FLOAT, ["N", inputs])],
        [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(tensor, name) for name, tensor in sorted(stored.items())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    model.producer_name, model.producer_version = "facesdk", version
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return _largest_difference(stored, path)


def _largest_difference(stored: dict[str, NDArray[np.float32]], path: Path) -> float:
    import onnxruntime

    values = np.random.default_rng(0).normal(size=(4, stored["0.weight"].shape[1])).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"patch": values})
    for k in range(len(stored) // 2):
        values = (values if k == 0 else np.maximum(values, 0)) @ stored[f"{k}.weight"].T + stored[f"{k}.bias"]
    return float(np.abs(found - values).max())
