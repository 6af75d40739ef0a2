"""FaceSDK: the chain from picture to faces, nothing else.

picture -> detect -> crop -> network -> (again, from the landmarks) -> refine -> decode -> camera -> Result
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk import manifest, ops, verify
from facesdk.boxes import DetectorLike, FoundFace, found_faces
from facesdk.camera import (
    assumed_intrinsics,
    check_intrinsics,
    crop_intrinsics,
    picture_pose,
    project_points,
)
from facesdk.crop import Crop, crop_from_detection, crop_from_landmarks, roll_from_landmarks
from facesdk.errors import InvalidOptions
from facesdk.face_model import FaceModel
from facesdk.image import ImageLike, Picture, load_image
from facesdk.landmarks import MIRROR_68
from facesdk.options import Options
from facesdk.quality import assess
from facesdk.refine import LandmarkModel, refine
from facesdk.regress import Coefficients, Regressor
from facesdk.result import Face, Pose, Result

FloatArray = npt.NDArray[np.float32]

BATCH = 16  # faces per run of the network: bounds its memory in a crowd
MIRRORED = np.array([-1, 1], dtype=np.float32)
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class FaceSDK:
    """Photos in, faces in 3D out.

    detector: None for the bundled one; a callable that takes the (H, W, 3) uint8 RGB picture and returns
    boxes (N, 4) or (N, 5) with scores, or Detections; or boxes (N, 4) that hold for every picture.
    """

    def __init__(self, options: Options | None = None, *, detector: DetectorLike | None = None) -> None:
        self.options = options if options is not None else Options()
        if not isinstance(self.options, Options):
            raise InvalidOptions(f"options: got {type(self.options).__name__}, expected facesdk.Options")
        network = self.options.network or manifest.asset_path(manifest.NETWORK)
        self.regressor = Regressor(network, self.options.backend, self.options.threads)
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

        image: path, bytes, PIL image or array (see facesdk/image.py); bgr: an array's channels are B, G, R.
        boxes: (N, 4) x0, y0, x1, y1 px, in place of the detector. intrinsics: (3, 3) camera matrix in px;
        with it the pose is in true millimetres (pose.metric).
        Raises InvalidImage, InvalidArray, InvalidOptions.
        """
        clock = _Clock()
        picture = load_image(image, bgr=bgr, max_megapixels=self.options.max_megapixels)
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        clock.lap("load")
        trusted = boxes is not None or self._trusted
        found = found_faces(self._detect(picture)) if boxes is None else found_faces(boxes, "boxes")
        least = self.options.min_detector_score * (1.0 if trusted else verify.CANDIDATE)
        most = self.options.max_faces * (1 if trusted else verify.MOST_CANDIDATES_PER_FACE)
        found = self._select(found, least)[:most]
        clock.lap("detect")
        looks = self._look(picture, found, clock)
        if not trusted:
            looks = verify.faces_among(looks, self.options.min_detector_score)
        looks = looks[: self.options.max_faces]
        if camera is None:
            height, width = picture.shape[:2]
            # A close crop is not a wide-angle photo: no face is taken to be nearer than the network's camera.
            nearest = self.regressor.focal_ratio * max((look.crop.side for look in looks), default=0.0)
            assumed = assumed_intrinsics(width, height, self.options.field_of_view_deg, nearest)
        faces = []
        for look in looks:
            k = assumed if camera is None else camera
            faces.append(self._face(picture, look.found, look.crop, look.x, k, camera is not None, clock))
        return Result(faces, picture, clock.finish())

    def look(self, picture: Picture, found: Any) -> list[verify.Look]:
        """What the network makes of every candidate in `found` (see facesdk/boxes.py), none left out."""
        return self._look(picture, found_faces(found), _Clock())

    def _look(self, picture: Picture, found: list[FoundFace], clock: _Clock) -> list[verify.Look]:
        crops = [self._crop_found(face) for face in found]
        outputs, mirrored = self._regress(picture, crops, clock), None
        for again in range(1, self.options.passes):
            seen = [crop.to_picture(self._landmarks(crop, x)) for crop, x in zip(crops, outputs, strict=True)]
            crops = [crop_from_landmarks(p, roll_from_landmarks(p), self.regressor.input_size) for p in seen]
            outputs = self._regress(picture, crops, clock)
            if again == self.options.passes - 1 and any(x.points is not None for x in outputs):
                mirrored = self._regress(picture, crops, clock, mirror=True)
        looks = []
        for i, (face, crop, x) in enumerate(zip(found, crops, outputs, strict=True)):
            looks.append(self._looked(face, crop, x, None if mirrored is None else mirrored[i]))
        clock.lap("refine")
        return looks

    def _looked(
        self, found: FoundFace, crop: Crop, x: Coefficients, mirrored: Coefficients | None
    ) -> verify.Look:
        answers = self._answers(crop, x)
        if mirrored is not None:
            answers += [p[MIRROR_68] * MIRRORED for p in self._answers(crop, mirrored)]
        apart = None
        if len(answers) > 1:
            apart = verify.disagreement(np.stack(answers))
            x = refine(x, np.mean(answers, axis=0), self._landmark_model, self.regressor.focal_ratio)
        return verify.Look(found, crop, x, crop.to_picture(self._landmarks(crop, x)), apart)

    def _answers(self, crop: Crop, x: Coefficients) -> list[FloatArray]:
        """The landmarks (68, 2) by the mesh and, where the network gives them, by its maps; crop sides."""
        by_mesh = (self._landmarks(crop, x) - np.float32((crop.size - 1) / 2)) / np.float32(crop.size)
        return [by_mesh] if x.points is None else [by_mesh, x.points]

    @functools.cached_property
    def _landmark_model(self) -> LandmarkModel:
        return LandmarkModel(*self.model.landmark_bases, self.model.n_id)

    def _face(
        self,
        picture: Picture,
        found: FoundFace,
        crop: Crop,
        x: Coefficients,
        intrinsics: FloatArray,
        metric: bool,
        clock: _Clock,
    ) -> Face:
        verts = self.model.decode(x.identity, x.expression, threads=self.options.threads)
        clock.lap("decode")
        rotation, translation = picture_pose(
            crop,
            x.rotation,
            x.translation_mm,
            self.model.landmarks(verts),
            self.regressor.focal_ratio,
            intrinsics,
        )
        pose = Pose(rotation, translation, intrinsics, metric)
        landmarks = project_points(self.model.landmarks(verts) @ rotation.T + translation, intrinsics)
        clock.lap("camera")
        gray = np.tensordot(LUMA, self._warp(picture, crop), axes=1)
        height, width = picture.shape[:2]
        quality = assess(gray, landmarks, pose.yaw_deg, found.score, width, height)
        clock.lap("quality")
        return Face(
            pose=pose,
            identity=x.identity,
            expression_weights=x.expression,
            albedo_coefficients=x.albedo,
            sh=x.sh,
            verts_face_mm=verts,
            box_xyxy_px=found.box_xyxy_px,
            score=found.score,
            quality=quality,
            model=self.model,
            image=picture,
            landmark_error_px=None if x.spread is None else np.exp(x.spread) * np.float32(crop.side),
            threads=self.options.threads,
        )

    def _crop_found(self, face: FoundFace) -> Crop:
        return crop_from_detection(face.box_xyxy_px, face.points_px, self.regressor.input_size, face.roll_deg)

    def _landmarks(self, crop: Crop, x: Coefficients) -> FloatArray:
        """The 68 landmarks (68, 2) that the network saw in a crop, in px of the crop."""
        landmarks = self.model.landmarks_of(x.identity, x.expression) @ x.rotation.T + x.translation_mm
        return project_points(landmarks, crop_intrinsics(crop.size, self.regressor.focal_ratio))

    def _regress(
        self, picture: Picture, crops: list[Crop], clock: _Clock, mirror: bool = False
    ) -> list[Coefficients]:
        outputs: list[Coefficients] = []
        for start in range(0, len(crops), BATCH):
            batch = np.stack([self._warp(picture, crop) for crop in crops[start : start + BATCH]])
            if mirror:
                batch = batch[..., ::-1]
            clock.lap("crop")
            outputs += self.regressor(batch)
            clock.lap("network")
        return outputs

    def _warp(self, picture: Picture, crop: Crop) -> FloatArray:
        warped: FloatArray = ops.warp(picture, crop.matrix, crop.size)
        return warped

    def _select(self, found: list[FoundFace], least: float) -> list[FoundFace]:
        """The candidates that the options ask for, largest and surest first."""

        def size(face: FoundFace) -> float:
            x0, y0, x1, y1 = face.box_xyxy_px
            return float(np.sqrt((x1 - x0) * (y1 - y0)))

        kept = [face for face in found if face.score >= least and size(face) >= self.options.min_face_px]
        kept.sort(key=lambda face: -face.score * size(face))
        return kept

    def _make_detector(self, detector: DetectorLike | None) -> Callable[[Picture], Any]:
        if callable(detector):
            return detector
        if detector is not None:
            fixed = found_faces(detector)  # checked now, not at the first picture
            return lambda picture: np.array([[*face.box_xyxy_px, face.score] for face in fixed])
        from facesdk.detect import Detector

        threshold = min(max(self.options.min_detector_score * verify.CANDIDATE, 0.01), 0.99)
        path = self.options.detector or manifest.asset_path(manifest.DETECTOR)
        return Detector(path, threshold=threshold, threads=self.options.threads)

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


class _Clock:
    """Milliseconds per stage; a stage run several times adds up."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps = dict.fromkeys(
            ("load", "detect", "crop", "network", "refine", "decode", "camera", "quality"), 0.0
        )

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] += (now - self._last) * 1e3
        self._last = now

    def finish(self) -> dict[str, float]:
        return {**self._laps, "total": (time.perf_counter() - self._start) * 1e3}
