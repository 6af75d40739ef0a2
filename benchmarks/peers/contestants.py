"""The peers' parts as contestants: 3DDFA_V2's network and dense decode, MediaPipe's FaceMesh."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.metrics.landmark_errors import Array
from benchmarks.peers.worker import Worker
from benchmarks.speed.checked_stages import Dense
from benchmarks.speed.interleave import Timed
from facesdk import FaceModel
from facesdk.morphable.bfm import packed

FACE_MESH = Path(__file__).with_name("mediapipe_worker.py")
LANDMARKER = Path(__file__).with_name("landmarker_worker.py")
DENSE_VERTS = 38365  # of 3DDFA_V2's face model without neck
IDENTITY_SHAPES, EXPRESSION_SHAPES = 40, 10
DENSE_SHAPES = IDENTITY_SHAPES + EXPRESSION_SHAPES


def session(model: str | bytes) -> Any:
    """ONNX Runtime as its peers use it, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Mb05Network:
    """The network alone, on one 120 x 120 crop."""

    def __init__(self, path: Path) -> None:
        self._session = session(str(path))
        self._crop = np.random.default_rng(0).normal(size=(1, 3, 120, 120)).astype(np.float32)

    def run(self) -> Any:
        """One inference."""
        return self._session.run(None, {"input": self._crop})


class DenseDecode:
    """mean + basis @ coefficients at the size of 3DDFA_V2's dense mesh.

    Its own model may not be passed on: here are the first identity shapes of ours and the principal
    components of our expressions, in mm, on as many of our vertices.
    """

    def __init__(self) -> None:
        ours = Dense()
        identity, expression = np.split(ours.basis, [FaceModel.load().n_id], axis=1)
        # Weights even in 0..1 have a variance of 1/12.
        expression = expression / np.sqrt(12)
        turn = np.linalg.svd(np.linalg.qr(expression, mode="r"))[2]
        modes = expression @ turn.T
        self.mean = ours.mean[: 3 * DENSE_VERTS]
        self.basis = np.ascontiguousarray(
            np.concatenate([identity[:, :IDENTITY_SHAPES], modes[:, :EXPRESSION_SHAPES]], axis=1)[
                : 3 * DENSE_VERTS
            ],
            np.float32,
        )
        self.coeffs = np.random.default_rng(0).normal(size=DENSE_SHAPES).astype(np.float32)
        self._session = session(self._onnx())

    def model(self) -> FaceModel:
        """The same as a user's Basel model is held, without colours."""
        shapes = np.ascontiguousarray(self.basis.T).reshape(DENSE_SHAPES, DENSE_VERTS, 3)
        triangles = FaceModel.load().triangles
        parts = {
            "mean": self.mean.reshape(-1, 3),
            "identity": shapes[:IDENTITY_SHAPES],
            "expression": shapes[IDENTITY_SHAPES:],
            "texture_mean": np.zeros((DENSE_VERTS, 3), np.float32),
            "texture": np.zeros((0, DENSE_VERTS, 3), np.float32),
            "triangles": triangles[(triangles < DENSE_VERTS).all(axis=1)],
            "landmarks": np.arange(68),
        }
        return FaceModel(*packed(parts), "dense")

    def numpy(self, coeffs: Array | None = None) -> Array:
        """(3V,) by NumPy."""
        return np.asarray(self.mean + self.basis @ (self.coeffs if coeffs is None else coeffs))

    def onnxruntime(self) -> Array:
        """(3V,) by ONNX Runtime, as 3DDFA_V2's faster path does it."""
        return np.asarray(self._session.run(None, {"coeffs": self.coeffs[None]})[0][0])

    def _onnx(self) -> bytes:
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        graph = helper.make_graph(
            [
                helper.make_node("MatMul", ["coeffs", "basis"], ["product"]),
                helper.make_node("Add", ["product", "mean"], ["verts"]),
            ],
            "dense",
            [helper.make_tensor_value_info("coeffs", TensorProto.FLOAT, [1, DENSE_SHAPES])],
            [helper.make_tensor_value_info("verts", TensorProto.FLOAT, [1, 3 * DENSE_VERTS])],
            [
                numpy_helper.from_array(np.ascontiguousarray(self.basis.T), "basis"),
                numpy_helper.from_array(self.mean, "mean"),
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def face_mesh(worker: Worker, picture: Array, kind: str) -> Timed:
    """MediaPipe's FaceMesh on an RGB picture: tracked, refined (with iris) or static (detected each time)."""
    file = worker.store(picture)

    def run(runs: int) -> Array:
        answer = worker.request(picture=file, kind=kind, runs=runs)
        if not answer["found"]:
            raise SystemExit(f"MediaPipe ({kind}) found no face: its time would mean nothing")
        return np.array(answer["ms"])

    return run


def face_landmarker(worker: Worker, picture: Array) -> Timed:
    """MediaPipe's FaceLandmarker in video mode on an RGB picture, again and again."""
    file = worker.store(picture)

    def run(runs: int) -> Array:
        answer = worker.request(picture=file, runs=runs)
        if not answer["found"]:
            raise SystemExit("FaceLandmarker found no face: its time would mean nothing")
        return np.array(answer["ms"])

    return run
