"""MediaPipe's expression scores on request; runs in MediaPipe's own virtual environment.

blendshape_worker.py FACE_LANDMARKER.task

Reads one JSON object a line, {"picture": FILE.npy}, and answers {"scores": {name: 0..1}}: none, no face.
"""

import json
import sys

import mediapipe
import numpy as np
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision


def main() -> None:
    """Answer until the input ends."""
    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=sys.argv[1]),
        output_face_blendshapes=True,
        min_face_detection_confidence=0.3,
        min_face_presence_confidence=0.3,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    for line in sys.stdin:
        picture = np.ascontiguousarray(np.load(json.loads(line)["picture"]))
        found = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture))
        scores = found.face_blendshapes[0] if found.face_blendshapes else []
        print(json.dumps({"scores": {score.category_name: score.score for score in scores}}), flush=True)


if __name__ == "__main__":
    main()
