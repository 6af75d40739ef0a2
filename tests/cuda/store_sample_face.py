"""Write the bundled sample's fitted face to sample_face.txt, which the tests of kernels draw.

python tests/cuda/store_sample_face.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facesdk import FaceSDK
from facesdk.core.arrays import FloatArray

HERE = Path(__file__).parent
SIDE = 224  # px of the square round the face


def main() -> None:
    (face,) = FaceSDK().reconstruct(HERE.parents[1] / "facesdk" / "assets" / "sample.jpg")
    intrinsics = face.pose.intrinsics.copy()
    box = face.box_xyxy_px
    intrinsics[0, 2] -= np.floor((box[0] + box[2] - SIDE) / 2)
    intrinsics[1, 2] -= np.floor((box[1] + box[3] - SIDE) / 2)
    predicted = face.predicted_appearance
    arrays: dict[str, FloatArray] = {
        "identity": face.identity,
        "expression": face.expression_weights,
        "albedo": predicted.albedo,
        "sh": predicted.sh,
        "rotation": face.pose.matrix,
        "shift": face.pose.translation_mm,
        "intrinsics": intrinsics,
    }
    lines = [" ".join([name, *(f"{value:.9g}" for value in array.ravel())]) for name, array in arrays.items()]
    (HERE / "sample_face.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
