"""A float32 network in QDQ form: weights s8 per channel, activations u8, ranges from what a reader feeds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FloatArray = NDArray[np.float32]


class Feed(CalibrationDataReader):  # type: ignore[misc]
    """Hands out the network's one input, float32, from an iterator."""

    def __init__(self, inputs: Iterator[FloatArray], name: str) -> None:
        self._inputs, self._name = inputs, name

    def get_next(self) -> dict[str, FloatArray] | None:
        value = next(self._inputs, None)
        return None if value is None else {self._name: value}


def eight_bits(
    network: onnx.ModelProto,
    inputs: Iterator[FloatArray],
    kept_in_float: Callable[[onnx.ModelProto], list[str]],
) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """The network, float32 and prepared, and its QDQ form; kept_in_float names nodes of the former."""
    with tempfile.TemporaryDirectory() as folder:
        source, ready, eight = (str(Path(folder) / f"{n}.onnx") for n in ("source", "ready", "eight"))
        onnx.save(network, source)
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        quantize_static(
            ready,
            eight,
            Feed(inputs, prepared.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept_in_float(prepared),
        )
        return prepared, onnx.load(eight)
