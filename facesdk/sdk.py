"""FaceSDK: the chain from picture to faces, nothing else.

picture -> detect -> crop -> network -> (again, from the landmarks) -> refine -> decode -> camera -> Result
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facesdk import candidate_filter, eyes, manifest, ops
from facesdk.appearance.fit import Appearance
from facesdk.boxes import DetectorLike, FoundFace, found_faces
from facesdk.camera import assumed_intrinsics, check_intrinsics, picture_pose
from facesdk.clock import Clock
from facesdk.core.landmarks import MIRROR_68
from facesdk.crop import Crop, crop_from_detection, crop_from_landmarks, roll_from_landmarks
from facesdk.errors import InvalidOptions
from facesdk.eyes import Eyes
from facesdk.inference import choose_backend
from facesdk.io.image import ImageLike, Picture, load_image
from facesdk.morphable.face_model import FaceModel
from facesdk.options import Options
from facesdk.quality import assess
from facesdk.refine import LandmarkModel, refine
from facesdk.regress import Coefficients, Regressor
from facesdk.result import Face, Pose, Result

if TYPE_CHECKING:
    from facesdk.tracking.tracker import Tracker

FloatArray = npt.NDArray[np.float32]

BATCH = 16  # faces per run of the network: bounds its memory in a crowd
MIRRORED = np.array([-1, 1], dtype=np.float32)


class FaceSDK:
    """Photos in, faces in 3D out.

    detector: None for the bundled one; a callable that takes the (H, W, 3) uint8 RGB picture and returns
    boxes (N, 4) or (N, 5) with scores, or Detections; or boxes (N, 4) that hold for every picture.
    """

    def __init__(self, options: Options | None = None, *, detector: DetectorLike | None = None) -> None:
        self.options = options if options is not None else Options()
        if not isinstance(self.options, Options):
            raise InvalidOptions(f"options: got {type(self.options).__name__}, expected facesdk.Options")
        self.regressor = self._load_network()
        self.model = FaceModel.load(self.options.face_model)
        self._check_sizes()
        self._detect = self._make_detector(detector)
        self._trusted = detector is not None

    def reconstruct(
        self,
        image: ImageLike,
        *,
        boxes: npt.ArrayLike | None = None,
        intrinsics: npt.ArrayLike | None = None,
        bgr: bool = False,
    ) -> Result:
        """All faces of one picture, largest and surest first; no face gives an empty list.

        image: path, bytes, PIL image or array (see facesdk/io/image.py); bgr: an array's channels are
        B, G, R.
        boxes: (N, 4) x0, y0, x1, y1 px, in place of the detector. intrinsics: (3, 3) camera matrix in px;
        with it the pose is in true millimetres (pose.metric).
        Raises InvalidImage, InvalidArray, InvalidOptions.
        """
        clock = Clock()
        picture = load_image(image, bgr=bgr, max_megapixels=self.options.max_megapixels)
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        clock.lap("load")
        looks = self.find(picture, boxes, clock)
        return self.assemble(picture, looks, camera, clock)

    def track(
        self,
        frame: ImageLike,
        *,
        intrinsics: npt.ArrayLike | None = None,
        bgr: bool = False,
        tracker: Tracker | None = None,
    ) -> Result:
        """All faces of the next frame of a video: one run of the network for each face that is followed.

        Arguments and errors as those of `reconstruct`; in addition every face has a number (Face.track) that
        stays as long as it is followed, and its identity steadies over the frames
        (facesdk/tracking/tracker.py). The result refers to an RGB array given as `frame`: copy it if its
        buffer is used again.
        tracker: what is remembered from frame to frame, Tracker(sdk); one for each video. Without it, the SDK
        remembers one video, which `sdk.tracker.reset()` ends.
        """
        return (self.tracker if tracker is None else tracker)(frame, intrinsics=intrinsics, bgr=bgr)

    @functools.cached_property
    def tracker(self) -> Tracker:
        """What `track` remembers."""
        from facesdk.tracking.tracker import Tracker

        return Tracker(self)

    def look(self, picture: Picture, found: Any) -> list[candidate_filter.Look]:
        """What the network makes of every candidate in `found` (see facesdk/boxes.py), none left out."""
        return self._look(picture, found_faces(found), Clock(), trusted=True)

    def find(
        self, picture: Picture, boxes: npt.ArrayLike | None, clock: Clock, quick: bool = False
    ) -> list[candidate_filter.Look]:
        """The faces of a picture, or those in `boxes`, largest and surest first, as the network sees them.

        quick: large faces beyond doubt, where the detector has a quick look; where it sees none, all.
        """
        if quick and hasattr(self._detect, "quick"):
            looks = self._judge(picture, found_faces(self._detect.quick(picture)), False, clock, quick=True)
            if looks:
                return looks
        trusted = boxes is not None or self._trusted
        found = found_faces(self._detect(picture)) if boxes is None else found_faces(boxes, "boxes")
        return self._judge(picture, found, trusted, clock)

    def _judge(
        self,
        picture: Picture,
        found: list[FoundFace],
        trusted: bool,
        clock: Clock,
        quick: bool = False,
    ) -> list[candidate_filter.Look]:
        """The candidates that the options ask for and, unless trusted, that the network takes for faces."""
        least = self.options.min_detector_score * (1.0 if trusted else candidate_filter.CANDIDATE)
        most = self.options.max_faces * (1 if trusted else candidate_filter.MOST_CANDIDATES_PER_FACE)
        found = self._select(found, least)[:most]
        clock.lap("detect")
        least = self.options.min_detector_score
        if self.options.max_faces == 1 and not trusted and len(found) > 1:
            # The most prominent candidate is mostly the face: the others are looked at only where it is not.
            first = candidate_filter.faces_among(self._look(picture, found[:1], clock, quick), least)
            if first and first[0].found.score >= least:
                return first
        looks = self._look(picture, found, clock, quick, trusted)
        if not trusted:
            looks = candidate_filter.faces_among(looks, least)
        return looks[: self.options.max_faces]

    def follow(
        self, picture: Picture, seen: list[tuple[FoundFace, FloatArray]], clock: Clock
    ) -> list[candidate_filter.Look]:
        """One look at each face from where its landmarks (68, 2) px were in the last frame."""
        crops = [crop_from_landmarks(p, roll_from_landmarks(p), self.regressor.input_size) for _, p in seen]
        outputs, gray = self._regress(picture, crops, clock)
        found = [face for face, _ in seen]
        return [self._single_look(*one) for one in zip(found, crops, outputs, gray, strict=True)]

    def _single_look(
        self, face: FoundFace, crop: Crop, x: Coefficients, gray: FloatArray
    ) -> candidate_filter.Look:
        """A single look as it is."""
        x = self._with_eyes(crop, x, gray)
        by_mesh, landmarks = self._landmarks(crop, x)
        apart = None if x.points is None else candidate_filter.disagreement([by_mesh, x.points])
        return candidate_filter.Look(face, crop, x, landmarks, apart, gray, x.presence)

    def _look(
        self,
        picture: Picture,
        found: list[FoundFace],
        clock: Clock,
        quick: bool = False,
        trusted: bool = False,
    ) -> list[candidate_filter.Look]:
        """The last of several looks at each candidate, with one at the mirrored crop, refined.

        quick: a single look as it is, as at the frames that follow in a video; it errs by 2 per cent more.
        Unless the candidates are trusted, those that hold nothing like a face are dropped after one look.
        """
        crops = [self._crop_found(face) for face in found]
        (outputs, gray), mirrored = self._regress(picture, crops, clock), None
        if not trusted and len(found) > 1:
            kept = candidate_filter.worth_another_look([x.presence for x in outputs])
            found, crops = [found[i] for i in kept], [crops[i] for i in kept]
            outputs, gray = [outputs[i] for i in kept], gray[kept]
        if quick:
            looks = [self._single_look(*one) for one in zip(found, crops, outputs, gray, strict=True)]
            clock.lap("refine")
            return looks
        passes = self.options.passes
        for again in range(1, passes):
            seen = [self._landmarks(crop, x)[1] for crop, x in zip(crops, outputs, strict=True)]
            crops = [crop_from_landmarks(p, roll_from_landmarks(p), self.regressor.input_size) for p in seen]
            outputs, gray = self._regress(picture, crops, clock)
            if again == passes - 1 and any(x.points is not None for x in outputs):
                mirrored = self._regress(picture, crops, clock, mirror=True)[0]
        looks = []
        for i, (face, crop, x) in enumerate(zip(found, crops, outputs, strict=True)):
            answers = [x] if mirrored is None else [x, mirrored[i]]
            presence = [answer.presence for answer in answers if answer.presence is not None]
            target, apart = self._agreed(crop, x, None if mirrored is None else mirrored[i])
            if target is not None:
                x = refine(x, target, self._landmark_model, self.regressor.focal_ratio)
            x = self._with_eyes(crop, x, gray[i])
            landmarks = self._landmarks(crop, x)[1]
            said = sum(presence) / len(presence) if presence else None
            looks.append(candidate_filter.Look(face, crop, x, landmarks, apart, gray[i], said))
        clock.lap("refine")
        return looks

    def _agreed(
        self, crop: Crop, x: Coefficients, mirrored: Coefficients | None
    ) -> tuple[FloatArray | None, float | None]:
        """What all answers agree on (68, 2), crop sides, and how far they are apart; None of a single one."""
        answers = self._answers(crop, x)
        if mirrored is not None:
            answers += [points[MIRROR_68] * MIRRORED for points in self._answers(crop, mirrored)]
        if len(answers) == 1:
            return None, None
        return np.mean(answers, axis=0), candidate_filter.disagreement(answers)

    @functools.cached_property
    def _eyes(self) -> Eyes:
        return Eyes.load(manifest.asset_path(manifest.EYES))

    @functools.cached_property
    def _landmark_model(self) -> LandmarkModel:
        return LandmarkModel(*self.model.landmark_bases, self.model.n_id)

    def assemble(
        self, picture: Picture, looks: list[candidate_filter.Look], camera: FloatArray | None, clock: Clock
    ) -> Result:
        """The faces of the looks, in their order; camera (3, 3): the user's, None where it is assumed."""
        intrinsics = camera
        if intrinsics is None:
            height, width = picture.shape[:2]
            # A close crop is not a wide-angle photo: no face is taken to be nearer than the network's camera.
            nearest = self.regressor.focal_ratio * max((look.crop.side for look in looks), default=0.0)
            intrinsics = assumed_intrinsics(width, height, self.options.field_of_view_deg, nearest)
        faces = [self._face(picture, look, intrinsics, camera is not None, clock) for look in looks]
        return Result(faces, picture, clock.finish())

    def _face(
        self,
        picture: Picture,
        look: candidate_filter.Look,
        intrinsics: FloatArray,
        metric: bool,
        clock: Clock,
    ) -> Face:
        x, crop, found = look.x, look.crop, look.found
        verts = self.model.decode(x.identity, x.expression, threads=self.options.threads)
        clock.lap("decode")
        rotation, translation, landmarks = picture_pose(
            crop,
            x.rotation,
            x.translation_mm,
            self.model.landmarks(verts),
            self.regressor.focal_ratio,
            intrinsics,
        )
        pose = Pose(rotation, translation, intrinsics, metric)
        clock.lap("camera")
        height, width = picture.shape[:2]
        quality = assess(look.gray, landmarks, pose.yaw_deg, found.score, width, height)
        clock.lap("quality")
        face = Face(
            pose=pose,
            identity=x.identity,
            expression_weights=x.expression,
            seen=Appearance(x.albedo, np.zeros(self.model.n_detail, np.float32), x.sh),
            verts_face_mm=verts,
            box_xyxy_px=found.box_xyxy_px,
            score=found.score,
            quality=quality,
            model=self.model,
            image=picture,
            landmark_error_px=None if x.spread is None else np.exp(x.spread) * np.float32(crop.side),
            threads=self.options.threads,
            track=look.track,
        )
        face.landmarks_px = landmarks  # known already: what the property would work out
        return face

    def _crop_found(self, face: FoundFace) -> Crop:
        return crop_from_detection(face.box_xyxy_px, face.points_px, self.regressor.input_size, face.roll_deg)

    def _landmarks(self, crop: Crop, x: Coefficients) -> tuple[FloatArray, FloatArray]:
        """The 68 landmarks that the network saw in a crop: crop sides from its centre, px of the picture."""
        return ops.crop_landmarks(
            *self.model.landmark_bases,
            x.identity,
            x.expression,
            x.rotation,
            x.translation_mm,
            crop.center,
            crop.side,
            math.radians(crop.roll_deg),
            self.regressor.focal_ratio,
        )

    def _with_eyes(self, crop: Crop, x: Coefficients, gray: FloatArray) -> Coefficients:
        """The same with eyes as open as their pixels show, where both are seen and the model has lids."""
        blinks = self.model.blinks
        if blinks is None or -float(x.rotation[2, 2]) < eyes.FACING:
            return x
        expression = x.expression.copy()
        expression[blinks] = self._eyes(gray, self._landmarks(crop, x)[0])
        return dataclasses.replace(x, expression=expression)

    def _answers(self, crop: Crop, x: Coefficients) -> list[FloatArray]:
        """The landmarks (68, 2) by the mesh and, where the network gives them, by its maps; crop sides from
        the centre."""
        by_mesh = self._landmarks(crop, x)[0]
        return [by_mesh] if x.points is None else [by_mesh, x.points]

    def _regress(
        self, picture: Picture, crops: list[Crop], clock: Clock, mirror: bool = False
    ) -> tuple[list[Coefficients], FloatArray]:
        """What the network says of each crop, and the crops in gray (N, S, S)."""
        outputs: list[Coefficients] = []
        side = self.regressor.input_size
        gray = [np.empty((0, side, side), np.float32)]
        for start in range(0, len(crops), BATCH):
            some = self.regressor.look(picture, crops[start : start + BATCH], mirror)
            outputs += some[0]
            gray.append(some[1])
        clock.lap("network")
        return outputs, np.concatenate(gray)

    def _select(self, found: list[FoundFace], least: float) -> list[FoundFace]:
        """The candidates that the options ask for, largest and surest first."""

        def size(face: FoundFace) -> float:
            x0, y0, x1, y1 = face.box_xyxy_px
            return float(np.sqrt((x1 - x0) * (y1 - y0)))

        kept = [face for face in found if face.score >= least and size(face) >= self.options.min_face_px]
        kept.sort(key=lambda face: -face.score * size(face))
        return kept

    def _load_network(self) -> Regressor:
        path = self.options.network
        onnx, plan = manifest.NETWORKS[self.options.preset]
        # The bundled networks come in both forms where their plans were made.
        suffixes = {".plan", ".onnx"} if plan in manifest.manifest() else {".onnx"}
        backend = choose_backend(self.options.backend, suffixes if path is None else {Path(path).suffix})
        if path is None:
            path = manifest.asset_path(plan if backend == "native" else onnx)
        return Regressor(path, backend, self.options.threads)

    def _make_detector(self, detector: DetectorLike | None) -> Callable[[Picture], Any]:
        if callable(detector):
            return detector
        if detector is not None:
            fixed = found_faces(detector)  # checked now, not at the first picture
            return lambda picture: np.array([[*face.box_xyxy_px, face.score] for face in fixed])
        from facesdk.detect import Detector

        threshold = min(max(self.options.min_detector_score * candidate_filter.CANDIDATE, 0.01), 0.99)
        path = self.options.detector
        if path is None:
            known = manifest.DETECTOR_PLAN in manifest.manifest()
            backend = choose_backend(self.options.backend, {".plan", ".onnx"} if known else {".onnx"})
            name = manifest.DETECTOR_PLAN if backend == "native" else manifest.DETECTOR
            path = manifest.asset_path(name)
        single = self.options.max_faces == 1
        return Detector(path, threshold=threshold, single=single, threads=self.options.threads)

    def _check_sizes(self) -> None:
        sizes = self.regressor.sizes
        for part, expected in (
            ("alpha", self.model.n_id),
            ("beta", self.model.n_tex),
            ("delta", self.model.n_exp),
        ):
            if sizes[part] != expected:
                raise InvalidOptions(
                    f"network and face_model do not fit: {part} has {sizes[part]} and {expected} numbers"
                )
