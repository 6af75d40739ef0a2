"""The compiled module; its functions are documented in facesdk.ops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int32]
_Doubles = NDArray[np.float64]
_Pixels = NDArray[np.uint8]
_Crop = tuple[float, float, float, float]  # x, y, side, roll_deg
_Basis = _Floats | NDArray[np.int8]

class Decoder:
    def __init__(
        self,
        controls: int,
        ptr: _Ints,
        row: _Ints,
        step: _Floats,
        values: NDArray[np.int8],
        sub_ptr: _Ints | None,
        sub_idx: _Ints | None,
        sub_val: _Floats | None,
        /,
    ) -> None: ...
    def apply(self, base: _Floats, coeffs: _Floats, threads: int, /) -> _Floats: ...
    def subdivide(self, control: _Floats, threads: int, /) -> _Floats: ...

def decode(
    mean: _Floats,
    bases: _Basis,
    coeffs: _Floats,
    sub_ptr: _Ints,
    sub_idx: _Ints,
    sub_val: _Floats,
    threads: int,
    /,
) -> _Floats: ...
def decode_dense(mean: _Floats, bases: _Basis, coeffs: _Floats, threads: int, /) -> _Floats: ...
def subdivide(
    control: _Floats, sub_ptr: _Ints, sub_idx: _Ints, sub_val: _Floats, threads: int, /
) -> _Floats: ...
def shade_and_project(
    verts_face: _Floats,
    triangles: _Ints,
    rotation: _Floats,
    translation: _Floats,
    intrinsics: _Floats,
    albedo: _Floats,
    sh: _Floats,
    threads: int,
    /,
) -> tuple[_Floats, _Floats]: ...
def normals(verts: _Floats, triangles: _Ints, threads: int, /) -> _Floats: ...
def transform(verts_face: _Floats, rotation: _Floats, translation: _Floats, threads: int, /) -> _Floats: ...
def project(verts_camera: _Floats, intrinsics: _Floats, threads: int, /) -> _Floats: ...
def unproject(points: _Floats, intrinsics: _Floats, threads: int, /) -> _Floats: ...
def shade(albedo: _Floats, normals: _Floats, sh: _Floats, threads: int, /) -> _Floats: ...
def rasterize(
    points: _Floats,
    triangles: _Ints,
    height: int,
    width: int,
    colors: _Floats | None,
    cull: bool,
    want_color: bool,
    want_depth: bool,
    want_triangle: bool,
    want_bary: bool,
    threads: int,
    /,
) -> tuple[_Floats | None, _Floats | None, _Ints | None, _Floats | None]: ...
def crop_landmarks(
    mean: _Floats,
    bases: _Floats,
    identity: _Floats,
    expression: _Floats,
    rotation: _Floats,
    translation: _Floats,
    center_x: float,
    center_y: float,
    side: float,
    roll: float,
    focal_ratio: float,
    /,
) -> tuple[_Floats, _Floats]: ...
def mesh_points(verts: _Floats, corners: _Ints, weights: _Floats, /) -> _Floats: ...
def rotation_from_six(six: _Floats, /) -> _Floats: ...
def sample_normalized_patch(
    gray: _Floats,
    center_x: float,
    center_y: float,
    right_x: float,
    right_y: float,
    mirrored: bool,
    across: int,
    down: int,
    flat: float,
    /,
) -> _Floats: ...
def mean_distance(a: _Floats, b: _Floats, /) -> float: ...
def oriented_bbox(points: _Floats, angle: float, /) -> tuple[float, float, float, float]: ...
def landmark_roll_and_bbox(
    landmarks: _Floats, forehead: float, /
) -> tuple[float, tuple[float, float, float, float]]: ...
def damped_least_squares(jacobian: _Floats, residual: _Floats, damping: float, /) -> _Floats: ...
def sharpness(gray: _Floats, /) -> float: ...
def decode_detections(
    raw: _Floats, height: int, width: int, threshold: float, /
) -> tuple[_Floats, _Floats, _Floats, _Floats]: ...
def resize(
    image: NDArray[np.uint8], rows: int, columns: int, halvings: int, height: int, width: int, /
) -> NDArray[np.uint8]: ...
def picture_pose(
    rotation: _Floats,
    translation: _Floats,
    landmarks: _Floats,
    center_x: float,
    center_y: float,
    side: float,
    roll: float,
    focal_ratio: float,
    intrinsics: _Floats,
    steps: int,
    /,
) -> tuple[_Floats, _Floats, _Floats]: ...
def smoothness(verts: _Floats, adj_ptr: _Ints, adj_idx: _Ints, threads: int, /) -> tuple[float, _Floats]: ...
def warp(
    image: NDArray[np.uint8],
    matrix: _Floats,
    size: int,
    normalize: bool,
    out: NDArray[Any] | None,
    threads: int,
    /,
) -> NDArray[Any]: ...

class Safetensors:
    name: str
    metadata: dict[str, str]
    def __init__(self, path: str, /) -> None: ...
    @staticmethod
    def from_bytes(data: bytes, name: str, /) -> Safetensors: ...
    def keys(self) -> list[str]: ...
    def __getitem__(self, key: str, /) -> NDArray[Any]: ...

class Network:
    @property
    def name(self) -> str: ...
    @property
    def backend(self) -> str: ...
    @property
    def metadata(self) -> str: ...
    @property
    def outputs(self) -> list[str]: ...
    @property
    def side(self) -> int: ...

class PreparedNetwork:
    def __init__(self, network: Network, height: int, width: int, /) -> None: ...
    def predict(self, pictures: _Pixels, /) -> list[_Floats]: ...

class Detector:
    def __init__(
        self,
        network: Network,
        long_side: int,
        min_score: float,
        max_overlap: float,
        single: bool,
        retry: bool,
        /,
    ) -> None: ...
    def detect(self, image: _Pixels, fast: bool, /) -> tuple[_Floats, _Floats, _Floats, _Floats]: ...

class Regressor:
    def __init__(self, network: Network, threads: int, /) -> None: ...
    @property
    def input_size(self) -> int: ...
    @property
    def focal_ratio(self) -> float: ...
    def predict(self, image: _Pixels, crops: _Doubles, mirrored: bool, /) -> dict[str, Any]: ...
    def predict_pixels(self, crops: _Pixels, /) -> dict[str, Any]: ...

class FaceModel:
    @property
    def name(self) -> str: ...
    @property
    def verts(self) -> int: ...

class EyeNetwork: ...

class Engine:
    def __init__(
        self,
        *,
        detector: Network | None,
        regressor: Network,
        face_model: FaceModel,
        eyes: EyeNetwork,
        detect: Any,
        max_faces: int,
        min_detector_score: float,
        min_face_px: float,
        field_of_view_deg: float,
        passes: int,
        threads: int,
    ) -> None: ...
    @property
    def detector(self) -> Network | None: ...
    @property
    def regressor(self) -> Network: ...
    @property
    def face_model(self) -> FaceModel: ...

class Session:
    def __init__(self, engine: Engine, /) -> None: ...
    def reconstruct(
        self, image: _Pixels, intrinsics: _Floats | None, detections: Any, /
    ) -> dict[str, Any]: ...
    def track(self, image: _Pixels, intrinsics: _Floats | None, detections: Any, /) -> dict[str, Any]: ...
    def observe(self, image: _Pixels, detections: Any, verify: bool, /) -> dict[str, Any]: ...
    def reset(self) -> None: ...
    @property
    def num_tracks(self) -> int: ...

QUALITY_REASONS: list[str]
CROP_MARGIN: float
DETECTION_TO_LANDMARKS: float
DETECTION_SHIFT_DOWN: float
FOREHEAD: float
EYE_ACROSS: int
EYE_DOWN: int
EYE_WIDTH: float
EYE_CORNERS: tuple[tuple[int, int], tuple[int, int]]
SMALL_PX: float
LARGE_PX: float
MOST_LOGIT: float

def load_int8_network(path: str, /) -> Network: ...
def python_network(session: Any, /) -> Network: ...
def load_face_model(path: str, /) -> FaceModel: ...
def face_model_from_bytes(data: bytes, name: str, /) -> FaceModel: ...
def load_eye_network(path: str, /) -> EyeNetwork: ...
def vector_level() -> str: ...
def detected_vector_level() -> str: ...
def crop_from_detection(box: _Floats, points: _Floats | None, roll_deg: float | None, /) -> _Crop: ...
def crop_from_landmarks(landmarks_px: _Floats, roll_deg: float | None, /) -> _Crop: ...
def crop_matrix(crop: _Crop, size: int, mirrored: bool, /) -> _Floats: ...
def letterbox(
    height: int, width: int, side: int, /
) -> tuple[int, int, int, int, int, tuple[float, float]]: ...
def non_max_suppression(boxes: _Floats, scores: _Floats, max_overlap: float, /) -> _Ints: ...
def face_probability(
    score: float, disagreement: float, size_px: float, overlap: float, face_logit: float, /
) -> float: ...
def face_box(landmarks_px: _Floats, /) -> _Floats: ...
def same_face(a: _Floats, b: _Floats, /) -> bool: ...
def drop_hopeless(scores: _Floats, face_logits: _Doubles, /) -> _Ints: ...
def filter_candidates(
    min_score: float,
    boxes: _Floats,
    scores: _Floats,
    landmarks: _Floats,
    landmark_disagreement: _Doubles,
    face_logits: _Doubles,
    landmark_log_sigma: _Floats,
    /,
) -> tuple[_Ints, _Floats, _Floats]: ...
def agree_on_landmarks(
    landmarks: _Floats,
    points: _Floats | None,
    mirrored_landmarks: _Floats | None,
    mirrored_points: _Floats | None,
    /,
) -> tuple[_Floats, float] | None: ...
def refine(
    model: FaceModel,
    focal_ratio: float,
    target: _Floats,
    identity: _Floats,
    expression: _Floats,
    rotation: _Floats,
    translation_mm: _Floats,
    /,
) -> tuple[_Floats, _Floats, _Floats, _Floats]: ...
def eye_closure(network: EyeNetwork, gray: _Floats, landmarks_crop: _Floats, /) -> _Floats: ...
def quality(
    gray: _Floats, landmarks_px: _Floats, yaw_deg: float, detector_score: float, height: int, width: int, /
) -> tuple[float, int]: ...
def assume_intrinsics(
    height: int, width: int, field_of_view_deg: float, min_focal_px: float, /
) -> _Floats: ...
def camera_pose(
    crop: _Crop,
    rotation: _Floats,
    translation_mm: _Floats,
    focal_ratio: float,
    landmarks_face_mm: _Floats,
    intrinsics: _Floats,
    /,
) -> tuple[_Floats, _Floats, _Floats]: ...
def yaw_deg(rotation: _Floats, /) -> float: ...

class Int8Network(Network):
    output_shapes: list[list[int]]
    kernels: str
    def __init__(self, file: Safetensors, kernels: str = "") -> None: ...
    def prepare(self, height: int, width: int, /) -> NetworkRun: ...

class NetworkRun:
    def picture(self) -> NDArray[np.uint8]: ...
    def crop(self, image: NDArray[np.uint8], matrix: _Floats, threads: int, /) -> None: ...
    def resize(self, image: NDArray[np.uint8], rows: int, columns: int, halvings: int, /) -> None: ...
    def gray(self, out: _Floats, /) -> None: ...
    def run(self) -> None: ...
    def output(self, index: int, /) -> _Floats: ...
    def read(self, index: int, out: _Floats, /) -> None: ...
