"""FaceSDK: options to engine, pictures to results."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from facesdk.boxes import DetectionArrays, DetectorLike, as_detections
from facesdk.core.arrays import Picture
from facesdk.core.compiled import _core
from facesdk.core.intrinsics import check_intrinsics
from facesdk.errors import InvalidArray, InvalidImage, InvalidOptions
from facesdk.face import Face
from facesdk.frame_fields import of_frame
from facesdk.inference.engine import open_engine
from facesdk.inference.regressor import Regressor
from facesdk.io.image import ImageLike, LoadedImage, load_frame, load_photo
from facesdk.morphable.face_model import FaceModel
from facesdk.observations import Observations, observe
from facesdk.options import Options
from facesdk.person import Person
from facesdk.result import Result
from facesdk.tracking.tracker import Tracker


class FaceSDK:
    """Photos in, faces in 3D out.

    It pickles and copies as options and detector: the engine is made again, and what `track` remembers is not
    kept, so that a copy starts a new video.

    Args:
        options: settings; None for the defaults.
        detector: None for the bundled one; a callable that takes the (H, W, 3) uint8 RGB picture and returns
            boxes (N, 4) or (N, 5) with scores, or Detections; or boxes (N, 4) that hold for every picture.
            Its faces are not verified; equal boxes are one face, as in `reconstruct`.

    Raises:
        InvalidOptions, InvalidArray: an argument is out of range; network and face model do not fit.
        AssetError, BackendUnavailable: a network or face model cannot be loaded.
    """

    def __init__(self, options: Options | None = None, *, detector: DetectorLike | None = None) -> None:
        self.options = options if options is not None else Options()
        if not isinstance(self.options, Options):
            raise InvalidOptions(f"options: got {type(self.options).__name__}, expected facesdk.Options")
        self._detector = detector
        self._engine = open_engine(self.options, _detect_function(detector))
        self._limits: dict[str, Any] = {
            "max_megapixels": self.options.max_megapixels,
            "allow_truncated": self.options.allow_truncated,
        }
        self._sessions: list[_core.Session] = []  # those that no thread uses; pop and append are atomic

    def __repr__(self) -> str:
        return f"FaceSDK({self.options})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as options and detector."""
        return functools.partial(type(self), detector=self._detector), (self.options,)

    @functools.cached_property
    def model(self) -> FaceModel:
        """The face model as Python sees it."""
        return FaceModel.load(self.options.face_model, self.options.mesh)

    def reconstruct(
        self,
        image: ImageLike,
        *,
        boxes: npt.ArrayLike | None = None,
        intrinsics: npt.ArrayLike | None = None,
        bgr: bool = False,
    ) -> Result:
        """Reconstruct all faces of one picture.

        Args:
            image: path, bytes, open file, PIL image or array (see facesdk/io/image.py).
            boxes: (N, 4) x0, y0, x1, y1 px, in place of the detector; they are not verified. Boxes that are
                equal or nearly so (intersection over union above 0.8) are one face.
            intrinsics: (3, 3) camera matrix, px; with it the pose is in true millimetres (pose.metric).
            bgr: an array's channels are B, G, R.

        Returns:
            The faces, largest and surest first; no face gives an empty list.

        Raises:
            InvalidImage, InvalidArray, InvalidOptions: an argument does not fit, for instance boxes that are
                normalised to 0..1 instead of in pixels.
        """
        start = time.perf_counter()
        loaded = load_photo(image, bgr=bgr, **self._limits)
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        given = None if boxes is None else as_detections(boxes, "boxes")
        load_ms = (time.perf_counter() - start) * 1e3
        with self._session() as session:
            made = session.reconstruct(loaded.picture, camera, given)
        result = self._result(made, loaded, load_ms, start)
        if self.options.fit_appearance:
            for face in result:
                face.fit_appearance()
        return result

    def reconstruct_person(
        self,
        images: Sequence[ImageLike],
        *,
        boxes: npt.ArrayLike | Sequence[npt.ArrayLike | None] | None = None,
        intrinsics: npt.ArrayLike | None = None,
        bgr: bool = False,
    ) -> Person:
        """Reconstruct one person from several photos.

        Shape and albedo are means over the photos, weighted by how frontal and how good each one is; pose and
        expression are each photo's own, fitted again to that shape.

        Args:
            images: the photos, each as for `reconstruct`. Where one shows several people, the largest and
                surest face is taken: give its box where that is somebody else.
            boxes: of each photo the person's box (4,) x0, y0, x1, y1 px, or None for the detector's.
            intrinsics: (3, 3) camera matrix of all photos, px.
            bgr: arrays' channels are B, G, R.

        Raises:
            InvalidImage: no photo shows a face, or as in `reconstruct`.
            InvalidArray: an argument does not fit; another number of boxes than of photos.
        """
        start = time.perf_counter()
        loaded = [load_photo(image, bgr=bgr, **self._limits) for image in images]
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        given = _box_of_each(boxes, len(loaded))
        load_ms = (time.perf_counter() - start) * 1e3
        with self._session() as session:
            pictures = [photo.picture for photo in loaded]
            frames, identity, albedo = session.reconstruct_person(pictures, camera, given)
        if not len(identity):
            raise InvalidImage(f"images: none of {len(loaded)} photos shows a face")
        results = [
            self._result(frame, photo, load_ms, start) for frame, photo in zip(frames, loaded, strict=True)
        ]
        return Person(results, identity, albedo, self.model)

    def track(
        self,
        frame: ImageLike,
        *,
        intrinsics: npt.ArrayLike | None = None,
        bgr: bool = False,
        tracker: Tracker | None = None,
    ) -> Result:
        """Reconstruct all faces of the next frame of a video: one inference pass for each followed face.

        Arguments and errors are those of `reconstruct`. Every face has a number (Face.track) that stays as
        long as it is followed, and its identity is an average over the frames. The result refers to an RGB
        array given as `frame`: copy it if its buffer is used again.

        Args:
            tracker: what is remembered from frame to frame, `Tracker(sdk)`, one for each video; None: the SDK
                remembers one video, which `sdk.tracker.reset()` ends.
        """
        start = time.perf_counter()
        loaded = load_frame(frame, bgr=bgr, **self._limits)
        camera = None if intrinsics is None else check_intrinsics(intrinsics)
        load_ms = (time.perf_counter() - start) * 1e3
        made = (self.tracker if tracker is None else tracker).session.track(loaded.picture, camera, None)
        return self._result(made, loaded, load_ms, start)

    @functools.cached_property
    def tracker(self) -> Tracker:
        """What `track` remembers."""
        return Tracker(self)

    def observe(self, picture: Picture, detections: Any = None, *, verify: bool = True) -> Observations:
        """Observe the candidates of a picture before a mesh is made, for training and measurements.

        Args:
            picture: (H, W, 3) uint8 RGB.
            detections: what a detector returned (see facesdk/boxes.py); None: the bundled detector's, down to
                the scores that the candidate filter rescues.
            verify: keep what the candidate filter takes for faces; False: all of at least
                min_detector_score and min_face_px, with the detector's scores and boxes.
        """
        with self._session() as session:
            return observe(session, picture, detections, verify)

    @functools.cached_property
    def regressor(self) -> Regressor:
        """The network of the chain by itself, for one thread."""
        return Regressor(self._engine.regressor, self.options.threads)

    def _result(self, frame: _core.Frame, loaded: LoadedImage, load_ms: float, start: float) -> Result:
        """The engine's frame as faces."""
        shared = self.model, loaded.picture, self.options.threads
        faces = [of_frame(Face, frame, number, shared) for number in range(frame.count)]
        result = of_frame(Result, frame, load_ms, (time.perf_counter() - start) * 1e3)
        result.faces, result.image = faces, loaded.picture
        result.source, result.notes = loaded.source, loaded.notes
        return result

    @contextlib.contextmanager
    def _session(self) -> Iterator[_core.Session]:
        """A session that no other thread uses."""
        try:
            session = self._sessions.pop()
        except IndexError:
            session = _core.Session(self._engine)
        try:
            yield session
        finally:
            self._sessions.append(session)


def _box_of_each(
    boxes: npt.ArrayLike | Sequence[npt.ArrayLike | None] | None, photos: int
) -> list[DetectionArrays | None]:
    """Of each photo its box as detections, None for the detector's."""
    if boxes is None:
        return [None] * photos
    rows = list(boxes)  # type: ignore[arg-type]
    if len(rows) != photos:
        raise InvalidArray(f"boxes: got {len(rows)}, expected one for each of {photos} photos")
    return [None if row is None else as_detections(np.atleast_2d(row), "boxes") for row in rows]


def _detect_function(detector: DetectorLike | None) -> Callable[[Picture], DetectionArrays] | None:
    """The caller's detector as the engine calls it."""
    if detector is None:
        return None
    if callable(detector):
        return lambda picture: as_detections(detector(picture))
    fixed = as_detections(detector)  # checked now, not at the first picture
    return lambda _: fixed
