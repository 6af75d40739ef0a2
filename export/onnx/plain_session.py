"""ONNX Runtime that computes what a graph states: nothing is fused, only Q/DQ nodes make integers."""

from __future__ import annotations

from pathlib import Path

import onnx

from facesdk.core.arrays import FloatArray


class PlainSession:
    """A session of facesdk.inference without graph optimizations.

    Optimized, ONNX Runtime would replace Q/DQ pairs by kernels whose bytes saturate on some CPUs, which no
    GPU does.

    Args:
        model: a file or a graph.
    """

    def __init__(self, model: Path | onnx.ModelProto) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        content = str(model) if isinstance(model, Path) else model.SerializeToString()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        entry = self._session.get_inputs()[0]
        self._input = entry.name
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.side: int = entry.shape[-1] if len(entry.shape) == 4 and isinstance(entry.shape[-1], int) else 0
        self.outputs: list[str] = [output.name for output in self._session.get_outputs()]

    def run(self, batch: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name for one batch float32."""
        return dict(zip(self.outputs, self._session.run(self.outputs, {self._input: batch}), strict=True))
