"""Points and expression scores of MediaPipe's FaceLandmarker on every training picture.

Runs in an environment of its own (mediapipe 0.10.21 pins an old numpy), so it imports nothing of ours; the
command `teach-mediapipe` calls it.

Writes `<out>/<set>.npz` per set: `points` (n, 3, 478, 2) float32, pixels of the stored picture, one row
per variant (as it is, mirrored, turned by 8 degrees and 0.9 times the size; NaN where no face was found);
`blend` (n, 52) float32, the mean score of the variants; `blend_names` (52,). Sets already there are skipped.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("GLOG_minloglevel", "2")
import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision

PAD = 0.35
"""Border added on each side, in picture sizes: the landmarker misses faces that fill the picture."""


def variant_matrix(which: int, width: int, height: int) -> tuple[np.ndarray, tuple[int, int]]:
    """(2, 3) matrix from the stored picture to variant `which`, and the variant's (width, height)."""
    pad = PAD * max(width, height)
    size = (int(width + 2 * pad), int(height + 2 * pad))
    shift = np.array([[1.0, 0.0, pad], [0.0, 1.0, pad]])
    if which == 0:
        return shift, size
    if which == 1:
        return np.array([[-1.0, 0.0, width - 1 + pad], [0.0, 1.0, pad]]), size
    turn = np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 8.0, 0.9), np.float64)
    turn[:, 2] += pad
    return turn, size


def swap_sides(names: list[str]) -> list[int]:
    """Index of each score's mirror image."""
    other = [n.replace("Left", "*").replace("Right", "Left").replace("*", "Right") for n in names]
    return [names.index(n) for n in other]


MIRROR_478 = Path(__file__).with_name("mediapipe_mirror_478.txt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--task", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="*")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=args.task),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=2,
        min_face_detection_confidence=0.3,
        min_face_presence_confidence=0.3,
        output_face_blendshapes=True,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    mirror = np.loadtxt(MIRROR_478, dtype=int)
    for folder in sorted((args.data / "train").iterdir()):
        target = args.out / f"{folder.name}.npz"
        if (
            not (folder / "labels.npz").exists()
            or target.exists()
            or (args.sets and folder.name not in args.sets)
        ):
            continue
        files = np.load(folder / "labels.npz")["files"]
        points = np.full((len(files), 3, 478, 2), np.nan, np.float32)
        blend = np.full((len(files), 3, 52), np.nan, np.float32)
        names: list[str] = []
        for row, name in enumerate(files):
            path = folder / "images" / str(name)
            image = cv2.imread(str(path if path.exists() else folder / str(name)))
            if image is None:
                continue
            height, width = image.shape[:2]
            for which in range(3):
                matrix, size = variant_matrix(which, width, height)
                warped = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
                found = landmarker.detect(
                    mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(warped[..., ::-1]))
                )
                if not found.face_landmarks:
                    continue
                faces = [np.array([[p.x, p.y] for p in f]) * size for f in found.face_landmarks]
                best = int(np.argmax([np.ptp(f[:, 0]) * np.ptp(f[:, 1]) for f in faces]))
                # MediaPipe puts the first pixel's centre at 0.5, the project at 0.
                inverse = cv2.invertAffineTransform(matrix)
                mapped = (faces[best] - 0.5) @ inverse[:, :2].T + inverse[:, 2]
                scores = found.face_blendshapes[best]
                names = [c.category_name for c in scores]
                score = np.array([c.score for c in scores], np.float32)
                points[row, which] = mapped[mirror] if which == 1 else mapped
                blend[row, which] = score[swap_sides(names)] if which == 1 else score
        with np.errstate(all="ignore"):
            mean = np.nanmean(blend, axis=1)
        np.savez_compressed(target, points=points, blend=mean, blend_names=np.array(names), files=files)
        print(folder.name, len(files), "found", int(np.isfinite(points[:, 0, 0, 0]).sum()), flush=True)


if __name__ == "__main__":
    main()
