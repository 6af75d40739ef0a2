"""The largest activations of a float16 graph over real inputs, and their headroom to its largest number."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization.calibrate import CalibrationMethod, create_calibrator

from export.quantization.static_quantization import CalibrationReader, joined
from facesdk.core.arrays import FloatArray

LARGEST_HALF = 65504.0
MIN_HEADROOM = 8.0  # times; inputs that no photo of the scan comes near to must not overflow


@dataclasses.dataclass(frozen=True)
class Headroom:
    """The activation of a float16 graph that comes nearest to overflow."""

    tensor: str
    largest: float  # absolute value over all inputs
    inputs: int  # rows that were scanned

    @property
    def times(self) -> float:
        """How often the largest value fits into float16's range."""
        return LARGEST_HALF / self.largest


def scan_activations(single: onnx.ModelProto, half: onnx.ModelProto, inputs: list[FloatArray]) -> Headroom:
    """Find the largest activation among the tensors that a float16 graph holds in float16.

    The values are those of the float32 graph, which cannot overflow.

    Args:
        single: float32 device graph.
        half: float16 device graph of the same network; tensors have the same names.
        inputs: batches as the network takes them, float32.

    Raises:
        ValueError: the graphs share no tensor, or a value is not finite.
    """
    largest = largest_values(single, inputs)
    found = {name: largest[name] for name in largest.keys() & half_tensors(half)}
    if not found:
        raise ValueError("activations: the float16 graph shares no tensor with the float32 one")
    if not all(np.isfinite(list(found.values()))):
        raise ValueError("activations: got values that are not finite in float32")
    name = max(found, key=lambda key: found[key])
    return Headroom(name, found[name], sum(len(batch) for batch in inputs))


def half_tensors(model: onnx.ModelProto) -> set[str]:
    """Names of the tensors that nodes write in float16."""
    inferred = onnx.shape_inference.infer_shapes(model)
    half = onnx.TensorProto.FLOAT16
    return {v.name for v in inferred.graph.value_info if v.type.tensor_type.elem_type == half}


def largest_values(model: onnx.ModelProto, inputs: Iterable[FloatArray]) -> dict[str, float]:
    """Run a float32 graph over inputs; the largest absolute value of each tensor, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.onnx")
        onnx.save(model, path)
        calibrator = create_calibrator(
            path,
            augmented_model_path=str(Path(folder) / "augmented.onnx"),
            calibrate_method=CalibrationMethod.MinMax,
        )
        calibrator.collect_data(CalibrationReader(joined(inputs), model.graph.input[0].name))
        ranges = calibrator.compute_data()
    return {
        name: float(max(abs(v) for v in np.ravel(data.range_value))) for name, data in ranges.data.items()
    }
