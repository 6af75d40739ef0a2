"""Jitter of the network alone in video: mean acceleration of the landmarks in units of the face box.

Each predictor takes its crop from its own landmarks of the frame before and smooths nothing; both start from
our detector. Acceleration is |p(t+1) - 2 p(t) + p(t-1)| of each of the 68 points over the square root of the
box's area, per cent, mean over points and frames: true motion counts too, the same for both. Where the two
part (overlap of their points' boxes under MIN_OVERLAP) both start anew and the frames about it do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.metrics.landmark_errors import Array, box_size, overlap
from benchmarks.predictors import Mb05
from facesdk import FaceSDK
from facesdk.core.crop import crop_from_landmarks
from facesdk.core.intrinsics import crop_intrinsics, project_points

MIN_OVERLAP = 0.5


def frames(path: Path, limit: int | None = None) -> Iterator[Array]:
    """RGB frames of a clip."""
    clip = cv2.VideoCapture(str(path))
    try:
        count = 0
        while limit is None or count < limit:
            good, bgr = clip.read()
            if not good:
                return
            count += 1
            yield np.ascontiguousarray(bgr[:, :, ::-1])
    finally:
        clip.release()


def next_landmarks(sdk: FaceSDK, picture: Array, points: Array) -> Array:
    """(68, 2) px of ours with the crop round the landmarks of the frame before."""
    crop = crop_from_landmarks(points, None, sdk.regressor.input_size)
    x = sdk.regressor.regress(picture, [crop])
    face = sdk.model.landmarks_of(x.identity[0], x.expression[0])
    seen = face @ x.rotation[0].T + x.translation_mm[0]
    inside = project_points(seen, crop_intrinsics(crop.size, sdk.regressor.focal_ratio))
    return np.asarray(crop.to_picture(inside), float)


def acceleration(track: Array) -> Array:
    """(T - 2,) per cent of the box, from landmarks (T, 68, 2); NaN where a frame is missing."""
    second = np.linalg.norm(track[2:] - 2 * track[1:-1] + track[:-2], axis=2).mean(1)
    sizes = np.array([box_size(points) if np.isfinite(points).all() else np.nan for points in track[1:-1]])
    return np.asarray(100 * second / sizes)


class Jitter:
    """Mean acceleration by clip."""

    def __init__(self) -> None:
        self.clips: dict[str, dict[str, float]] = {}

    def measure(self, path: Path, sdk: FaceSDK, peer: Mb05 | None, limit: int | None = None) -> None:
        """One clip."""
        ours: list[Array] = []
        theirs: list[Array] = []
        nothing = np.full((68, 2), np.nan)
        at: Array | None = None
        peer_at: Array | None = None
        restarts = 0
        for picture in frames(path, limit):
            if at is None:
                faces = sdk.reconstruct(picture).faces
                at = None if not faces else np.asarray(faces[0].landmarks_px, float)
                peer_at, restarts = at, restarts + 1
            if at is not None and peer_at is not None:
                at = next_landmarks(sdk, picture, at)
                peer_at = at if peer is None else peer(picture, peer_at)
                if not overlap(at, peer_at) > MIN_OVERLAP:
                    at = None
            if at is None or peer_at is None:
                ours.append(nothing)
                theirs.append(nothing)
            else:
                ours.append(at)
                theirs.append(peer_at)
        if len(ours) < 3:
            return
        mine = acceleration(np.array(ours))
        if not np.isfinite(mine).any():
            return
        row = {"frames": float(np.isfinite(mine).sum()), "starts": float(restarts)}
        row["ours"] = float(np.nanmean(mine))
        if peer is not None:
            row["mb05"] = float(np.nanmean(acceleration(np.array(theirs))))
        self.clips[path.stem] = row

    def figures(self) -> dict[str, float]:
        """Mean over the clips, and the ratio."""
        out: dict[str, float] = {}
        for who in ("ours", "mb05"):
            values = [row[who] for row in self.clips.values() if who in row]
            if values:
                out[who] = float(np.mean(values))
        if "mb05" in out:
            out["ours to mb05"] = out["ours"] / out["mb05"]
        return out

    def show(self) -> None:
        """Print the table."""
        print("Jitter, mean landmark acceleration, per cent of the face box")
        for name, row in self.clips.items():
            peer = f"  mb05 {row['mb05']:6.3f}" if "mb05" in row else ""
            print(f"  {name[:52]:52s} {row['frames']:4.0f} frames  ours {row['ours']:6.3f}{peer}")
        print("  " + "  ".join(f"{who} {value:.3f}" for who, value in self.figures().items()))
