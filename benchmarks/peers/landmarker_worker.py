"""MediaPipe's FaceLandmarker of today timed on request; runs in a virtual environment with that release.

Arguments: the model file (face_landmarker.task). Reads one JSON object a line, {"picture": FILE.npy, "runs":
N}, and answers {"ms": [...], "found": true}. Video mode, one face, landmarks alone.
"""

import json
import sys
import time

import mediapipe
import numpy as np
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision

WARM_UP = 10
FRAME_MS = 33


def main() -> None:
    """Answer until the input ends."""
    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=sys.argv[1]),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=1,
    )
    landmarkers, clock = {}, 0
    for line in sys.stdin:
        request = json.loads(line)
        file = request["picture"]
        fresh = file not in landmarkers
        if fresh:
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.load(file))
            landmarkers[file] = vision.FaceLandmarker.create_from_options(options), image
        landmarker, image = landmarkers[file]
        times, found = [], True
        for _ in range(request["runs"] + (WARM_UP if fresh else 0)):
            clock += FRAME_MS
            start = time.perf_counter()
            answer = landmarker.detect_for_video(image, clock)
            times.append((time.perf_counter() - start) * 1e3)
            found = found and len(answer.face_landmarks) > 0
        print(json.dumps({"ms": times[-request["runs"] :], "found": found}), flush=True)


if __name__ == "__main__":
    main()
