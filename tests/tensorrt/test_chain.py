"""A photo through the whole chain with every network behind TensorRT's interface: the result of ONNX Runtime.

The double runs the bundled networks by ONNX Runtime, so that what lies between is tested: sizes, batches,
profiles, the order of outputs, pixels and numbers.
"""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from facesdk import manifest
from tests.tensorrt.double import Double

NETWORKS = {  # what the double must know: input, outputs
    manifest.NETWORK: ("crop:-1x3x96x96", "x:-1x239,points:-1x68x2,spread:-1x68,presence:-1x1"),
    manifest.DETECTOR: ("picture:1x3x-1x-1", "cells:-1x-2x15"),
    manifest.EYES_ONNX: ("patch:-1x336", "logit:-1x1"),
}
CHAIN = """
import ctypes, os
import numpy as np, onnxruntime
from facesdk import FaceSDK, Options, _core, manifest
from facesdk.engines.graphs import file_hash, graph_files, profiles
from facesdk.engines.machine import open_library, read_machine
from facesdk.engines.sidecar import Candidate, Sidecar
from facesdk.engines.store import engine_path, store_folder, write_engine
import hashlib
library = open_library()
sessions, runs = {}, []
for name in (manifest.NETWORK, manifest.DETECTOR, manifest.EYES_ONNX):
    path = manifest.asset_path(name)
    session = sessions[name] = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    sizes = profiles(session.get_inputs()[0].shape)
    plan, _ = library.build(model=path.read_bytes(), fp16=False, int8=False, workspace_bytes=1 << 28,
                            timing_cache=b"", profiles=sizes)
    kept = Candidate("fp32", ms=1.0)
    graphs = {precision: file_hash(file) for precision, file in graph_files(path).items()}
    metadata = session.get_modelmeta().custom_metadata_map.get("facesdk", "")
    store_folder().mkdir(exist_ok=True)
    digest = hashlib.sha256(plan).hexdigest()
    machine = read_machine(library)
    sidecar = Sidecar(graphs, machine, kept, [kept], sizes, metadata, len(plan), digest, "now")
    write_engine(engine_path(store_folder(), path), plan, sidecar)
Floats, Sizes = ctypes.POINTER(ctypes.c_float), ctypes.POINTER(ctypes.c_int64)
@ctypes.CFUNCTYPE(None, ctypes.c_char_p, Floats, Sizes, ctypes.c_int32, ctypes.POINTER(Floats))
def predict(network, values, sizes, rank, outputs):
    shape = tuple(sizes[i] for i in range(rank))
    session = sessions[network.decode()]
    batch = np.ctypeslib.as_array(values, shape)
    runs.append((network.decode(), shape[0]))
    for i, result in enumerate(session.run(None, {session.get_inputs()[0].name: batch})):
        ctypes.memmove(outputs[i], np.ascontiguousarray(result).ctypes.data, result.nbytes)
ctypes.CDLL(library.infer_path).fake_predict_instead(predict)
sdk, reference = FaceSDK(Options(backend="tensorrt")), FaceSDK(Options(backend="onnxruntime"))
assert {sdk._engine.detector.backend, sdk._engine.regressor.backend, sdk._engine.eyes.backend} == {"tensorrt"}
photo = manifest.asset_path(manifest.SAMPLE)
for run in ("reconstruct", "track", "track", "track"):
    (face,), (expected,) = getattr(sdk, run)(photo).faces, getattr(reference, run)(photo).faces
    print(run, np.abs(face.landmarks_px - expected.landmarks_px).max(),
          np.abs(face.verts_face_mm - expected.verts_face_mm).max())
print("networks", *sorted({name for name, _ in runs}))
print("largest", max(items for _, items in runs))
"""


def test_a_photo_gives_the_faces_of_onnxruntime(stand_in: Double, tmp_path: Path) -> None:
    for name, (given, outputs) in NETWORKS.items():
        path = manifest.asset_path(name)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        assert [one.name for one in session.get_outputs()] == [
            one.split(":")[0] for one in outputs.split(",")
        ]
        text = f"fake:network={name};fake:input={given};fake:output={outputs};"
        (tmp_path / str(path.stat().st_size)).write_text(text)
    done = stand_in.run(CHAIN, FAKE_TENSORRT_GRAPHS=tmp_path, FACESDK_ENGINES=tmp_path / "engines")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "building" not in done.stderr
    rows = dict(
        line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("networks", "largest"))
    )
    assert rows["networks"].split() == sorted(NETWORKS)
    assert int(rows["largest"]) > 1  # batches went through the second profile
    for line in done.stdout.splitlines()[:4]:
        _, landmarks_px, vertices_mm = line.split()
        # The same bits where both runs use as many threads.
        assert float(landmarks_px) < 1e-3
        assert float(vertices_mm) < 1e-3
