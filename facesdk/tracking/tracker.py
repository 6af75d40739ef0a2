"""Faces followed from frame to frame of a video.

A face that was seen is looked for where it was: the crop comes from its last landmarks, and one run of the
network both reads it and tells whether it is still there. The detector looks at a frame only where no face is
followed, where one was lost, and now and then for new ones.

A person does not change shape: identity and albedo are averages over the track. The average that is used is
renewed at frame 1, 2, 4, 8, ..., then every RENEWAL frames, so that what depends on it can be kept between.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facesdk import candidate_filter, ops
from facesdk.boxes import FoundFace
from facesdk.camera import check_intrinsics
from facesdk.clock import Clock
from facesdk.io.image import ImageLike, Picture, load_frame
from facesdk.result import Result

if TYPE_CHECKING:
    from facesdk.sdk import FaceSDK

FloatArray = npt.NDArray[np.float32]

INTERVAL = 30
"""Frames between two looks for new faces while fewer than max_faces are followed."""
RENEWAL = 32
MEMORY = 128
"""Frames after which an older one counts less: what is taken for one person may have been two."""


@dataclasses.dataclass
class Track:
    """One face that is followed."""

    number: int
    look: candidate_filter.Look  # of the last frame
    identity: FloatArray  # the average that is used
    albedo: FloatArray
    frames: int = 0
    weight: float = 0.0
    identity_mean: FloatArray = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))
    albedo_mean: FloatArray = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))

    def take(self, look: candidate_filter.Look) -> None:
        """Go on with what was seen in a frame."""
        x = look.x
        self.frames += 1
        weight = _weight(look)
        self.weight = min(self.weight + weight, float(MEMORY))
        share = np.float32(weight / max(self.weight, 1e-6))
        if self.frames == 1:
            self.identity_mean, self.albedo_mean = x.identity.copy(), x.albedo.copy()
        else:
            self.identity_mean += share * (x.identity - self.identity_mean)
            self.albedo_mean += share * (x.albedo - self.albedo_mean)
        if self.frames & (self.frames - 1) == 0 or self.frames % RENEWAL == 0:
            self.identity, self.albedo = self.identity_mean.copy(), self.albedo_mean.copy()
        self.look = look

    def shown(self) -> candidate_filter.Look:
        """The last look with the person's averages in place of the frame's."""
        x = dataclasses.replace(self.look.x, identity=self.identity, albedo=self.albedo)
        return dataclasses.replace(self.look, x=x, track=self.number)


class Tracker:
    """What is remembered of one video."""

    def __init__(self, sdk: FaceSDK) -> None:
        self._sdk = sdk
        self._numbers = 0
        self.reset()

    def reset(self) -> None:
        """Forget all faces: the next frame is of another video."""
        self.tracks: list[Track] = []
        self._since = INTERVAL

    def __call__(
        self, frame: ImageLike, *, intrinsics: npt.ArrayLike | None = None, bgr: bool = False
    ) -> Result:
        """The faces of the next frame, those followed longest first; see FaceSDK.track."""
        clock = Clock()
        picture = load_frame(frame, bgr=bgr, max_megapixels=self._sdk.options.max_megapixels)
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        clock.lap("load")
        before = len(self.tracks)
        self._follow(picture, clock)
        self._since += 1
        fewer = len(self.tracks) < self._sdk.options.max_faces
        if fewer and (not self.tracks or len(self.tracks) < before or self._since >= INTERVAL):
            self._find(picture, clock)
        return self._sdk.assemble(picture, [track.shown() for track in self.tracks], camera, clock)

    def _follow(self, picture: Picture, clock: Clock) -> None:
        seen = [(track.look.found, track.look.landmarks_px) for track in self.tracks]
        kept: list[Track] = []
        for track, look in zip(self.tracks, self._sdk.follow(picture, seen, clock), strict=True):
            fresh = all(
                not candidate_filter.same_face(look.landmarks_px, other.look.landmarks_px) for other in kept
            )
            if fresh and _there(look, picture):
                box = candidate_filter.face_box(look.landmarks_px)
                track.take(dataclasses.replace(look, found=_moved(look.found, box)))
                kept.append(track)
        self.tracks = kept

    def _find(self, picture: Picture, clock: Clock) -> None:
        # A first face at once; the dear look for others can wait for the next frame.
        quick = not self.tracks
        self._since = INTERVAL if quick else 0
        room = self._sdk.options.max_faces - len(self.tracks)
        for look in self._sdk.find(picture, None, clock, quick):
            known = any(
                candidate_filter.same_face(look.landmarks_px, track.look.landmarks_px)
                for track in self.tracks
            )
            if room > 0 and not known and candidate_filter.is_followed(look):
                track = Track(self._numbers, look, look.x.identity, look.x.albedo)
                track.take(look)
                self.tracks.append(track)
                self._numbers += 1
                room -= 1


def _there(look: candidate_filter.Look, picture: Picture) -> bool:
    """Whether a face is still where the network looked for it, and mostly within the picture."""
    if not candidate_filter.is_followed(look):
        return False
    height, width = picture.shape[:2]
    left, top, right, bottom = ops.oriented_bbox(look.landmarks_px, 0.0)
    if left > -0.5 and top > -0.5 and right < width - 0.5 and bottom < height - 0.5:
        return True
    across, down = look.landmarks_px.T
    inside = (across > -0.5) & (across < width - 0.5) & (down > -0.5) & (down < height - 0.5)
    return bool(2 * inside.sum() > len(inside))


def _moved(found: FoundFace, box: FloatArray) -> FoundFace:
    return dataclasses.replace(found, box_xyxy_px=box, points_px=None, roll_deg=None)


def _weight(look: candidate_filter.Look) -> float:
    """How much a frame says of the person: less in profile, where half of the face is hidden, and less where
    the network's answers are apart."""
    facing = max(0.0, -float(look.x.rotation[2, 2]))
    agreeing = 1.0 if look.apart is None else min(1.0, 0.01 / max(look.apart, 1e-4))
    return max(0.02, facing**2 * agreeing)
