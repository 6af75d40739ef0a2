"""MediaPipe FaceMesh timed on request; runs in MediaPipe's own virtual environment.

Reads one JSON object a line, {"picture": FILE.npy, "kind": "tracked" | "refined" | "static", "runs": N}, and
answers {"ms": [...], "found": true}. A new picture or kind makes a new FaceMesh and warms it up.
"""

import json
import sys
import time

import mediapipe
import numpy as np

WARM_UP = 10


def main() -> None:
    """Answer until the input ends."""
    meshes = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = request["picture"], request["kind"]
        if key not in meshes:
            picture = np.load(request["picture"])  # RGB uint8
            mesh = mediapipe.solutions.face_mesh.FaceMesh(
                static_image_mode=request["kind"] == "static",
                refine_landmarks=request["kind"] == "refined",
                max_num_faces=1,
            )
            meshes[key] = mesh, picture
            for _ in range(WARM_UP):
                mesh.process(picture)
        mesh, picture = meshes[key]
        times, found = [], True
        for _ in range(request["runs"]):
            start = time.perf_counter()
            answer = mesh.process(picture)
            times.append((time.perf_counter() - start) * 1e3)
            found = found and answer.multi_face_landmarks is not None
        print(json.dumps({"ms": times, "found": found}), flush=True)


if __name__ == "__main__":
    main()
