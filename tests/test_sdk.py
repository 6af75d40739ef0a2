"""The chain from picture to faces, with a tiny model and network of known answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from facesdk import Face, FaceModel, FaceSDK, InvalidArray, InvalidOptions, Options
from facesdk.core.rotation import rotation_from_euler


def test_one_face_has_everything_the_readme_names(tiny_sdk: FaceSDK, picture: Any) -> None:
    result = tiny_sdk.reconstruct(picture)
    assert result.image_size == (320, 240)
    assert len(result.faces) == 1
    face = result.faces[0]
    v, t = face.model.n_verts, len(face.model.triangles)
    assert face.landmarks_px.shape == (68, 2)
    assert face.landmarks_camera_mm.shape == (68, 3)
    assert face.verts_camera_mm.shape == face.normals_camera.shape == face.verts_face_mm.shape == (v, 3)
    assert face.triangles.shape == (t, 3)
    assert face.triangles.dtype == np.int32
    assert face.albedo.shape == (v, 3)
    assert face.sh.shape == (9, 3)
    assert face.depth_mm().shape == (240, 320)
    assert face.normal_map().shape == face.render().shape == result.overlay().shape == (240, 320, 3)
    assert len(face.expression) == 52
    assert face.expression["tongueOut"] == 0.0
    assert face.expression["jawOpen"] == pytest.approx(0.3, abs=1e-6)
    assert 0.0 <= face.quality.score <= 1.0
    for array in (face.landmarks_px, face.verts_camera_mm, face.normals_camera, face.albedo, face.sh):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert set(result.timings_ms) >= {
        "load",
        "detect",
        "network",
        "refine",
        "decode",
        "camera",
        "occlusion",
        "quality",
        "total",
    }


def test_result_holds_the_path_and_whether_the_file_was_whole(
    tiny_options: Options, picture: Any, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes()[:-500])
    sdk = FaceSDK(dataclasses.replace(tiny_options, allow_truncated=True), detector=[[110, 60, 210, 180]])
    for result in (sdk.reconstruct(file), sdk.track(file)):
        assert len(result.faces) == 1
        assert result.source == str(file)
        assert "incomplete picture" in result.notes[0]
        record = result.to_dict()
        assert (record["source"], record["notes"]) == (str(file), list(result.notes))
    for image in (picture, cv2.imencode(".png", picture)[1].tobytes()):
        result = sdk.reconstruct(image)
        assert (result.source, result.notes) == (None, ())


def test_the_frontal_answer_of_the_network_lands_in_the_box(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture).faces[0]
    assert face.pose.metric is False
    middle = (face.landmarks_px.min(axis=0) + face.landmarks_px.max(axis=0)) / 2
    np.testing.assert_allclose(middle, [160, 120], atol=30)
    # The box is close to the picture's centre: the ray there hardly turns the pose.
    np.testing.assert_allclose([face.pose.yaw_deg, face.pose.pitch_deg, face.pose.roll_deg], 0, atol=4)


def test_landmarks_are_the_projection_of_the_mesh(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture).faces[0]
    camera = face.model.landmarks(face.verts_face_mm) @ face.pose.matrix.T + face.pose.translation_mm
    np.testing.assert_allclose(face.landmarks_camera_mm, camera, atol=1e-2)
    pixels = camera @ face.pose.intrinsics.T
    np.testing.assert_allclose(face.landmarks_px, pixels[:, :2] / pixels[:, 2:], atol=1e-2)


def test_depth_lies_where_the_landmarks_are(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture).faces[0]
    depth = face.depth_mm()
    inside = np.rint(face.landmarks_px).astype(int)
    at = depth[inside[:, 1], inside[:, 0]]
    np.testing.assert_allclose(at, face.landmarks_camera_mm[:, 2], atol=6)
    normals = face.normal_map()
    lengths = np.linalg.norm(normals[depth > 0], axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-3)
    assert (normals[depth == 0] == 0).all()


def test_no_face_is_an_empty_list(tiny_options: Options, picture: Any) -> None:
    for nothing in (None, [], np.zeros((0, 4))):
        sdk = FaceSDK(tiny_options, detector=lambda _, found=nothing: found)
        result = sdk.reconstruct(picture)
        assert result.faces == []
        np.testing.assert_array_equal(result.overlay(), picture)
        assert result.plot().ndim == 3


def test_a_callable_detector_sees_rgb_and_its_points_turn_the_crop(
    tiny_options: Options, picture: Any
) -> None:
    seen = []

    def detect(image: Any) -> SimpleNamespace:
        seen.append(image)
        offsets = np.float32([[[-10, 20], [-10, -20], [0, 0], [20, 15], [20, -15]]])
        points = np.add(offsets, [160, 120])
        return SimpleNamespace(boxes_xyxy=[[110, 60, 210, 180]], scores=[0.9], points=points, roll_deg=[-90])

    face = FaceSDK(tiny_options, detector=detect).reconstruct(picture[:, :, ::-1], bgr=True).faces[0]
    np.testing.assert_array_equal(seen[0], picture)
    assert face.score == pytest.approx(0.9)
    assert face.pose.roll_deg == pytest.approx(-90, abs=4)  # the network called the turned crop upright


def test_boxes_of_one_call_replace_the_detector(tiny_sdk: FaceSDK, picture: Any) -> None:
    result = tiny_sdk.reconstruct(picture, boxes=[[10, 10, 60, 70], [200, 100, 300, 220]])
    assert len(result.faces) == 2
    assert result.faces[0].box_xyxy_px[0] == 200  # the larger one first
    assert len(tiny_sdk.reconstruct(picture).faces) == 1  # and only for that call


def test_options_choose_among_the_faces(tiny_folder: Any, picture: Any, tiny_options: Options) -> None:
    found = np.array([[0, 0, 50, 50, 0.9], [60, 60, 160, 160, 0.8], [5, 5, 9, 9, 0.99], [0, 0, 99, 99, 0.2]])
    options = Options(
        network=tiny_options.network, face_model=tiny_options.face_model, min_face_px=10, max_faces=1
    )
    faces = FaceSDK(options, detector=lambda _: found).reconstruct(picture).faces
    assert [face.box_xyxy_px[0] for face in faces] == [60]


def test_users_intrinsics_make_the_pose_metric(tiny_sdk: FaceSDK, picture: Any) -> None:
    k = np.array([[400, 0, 159.5], [0, 400, 119.5], [0, 0, 1]])
    near = tiny_sdk.reconstruct(picture, intrinsics=k).faces[0]
    k2 = np.array([[800, 0, 159.5], [0, 800, 119.5], [0, 0, 1]])
    far = tiny_sdk.reconstruct(picture, intrinsics=k2).faces[0]
    assert near.pose.metric is True
    np.testing.assert_array_equal(near.pose.intrinsics, k.astype(np.float32))
    assert far.pose.translation_mm[2] / near.pose.translation_mm[2] == pytest.approx(2, rel=0.05)
    # The same face on the same pixels: about as many px wide at either focal length.
    np.testing.assert_allclose(near.landmarks_px, far.landmarks_px, atol=4)


def test_given_pose_comes_out(
    tiny_options: Options, make_network: Any, make_output: Any, picture: Any
) -> None:
    rotation = rotation_from_euler(40, -15, 0)
    network = make_network(make_output(rotation=rotation[:, :2].T.ravel()))
    options = Options(network=network, face_model=tiny_options.face_model)
    pose = FaceSDK(options, detector=[[110, 60, 210, 180]]).reconstruct(picture).faces[0].pose
    assert pose.yaw_deg == pytest.approx(40, abs=4)
    assert pose.pitch_deg == pytest.approx(-15, abs=4)
    np.testing.assert_allclose(pose.matrix @ pose.matrix.T, np.eye(3), atol=1e-5)


def test_expressions_change_the_mesh_and_neutral_has_none(tiny_sdk: FaceSDK, picture: Any) -> None:
    face = tiny_sdk.reconstruct(picture).faces[0]
    neutral = face.neutral()
    np.testing.assert_allclose(face.with_expression({}), neutral)
    assert np.abs(face.with_expression({"jawOpen": 1.0}) - neutral).max() > 1
    np.testing.assert_allclose(face.with_expression(face.expression_weights), face.verts_face_mm, atol=1e-4)
    both = face.with_expression({"browInnerUp": 1.0})
    model = face.model
    weights = [1.0 if name.startswith("browInnerUp") else 0.0 for name in model.exp_names]
    np.testing.assert_allclose(both, face.with_expression(np.float32(weights)), atol=1e-5)
    with pytest.raises(InvalidArray, match="smile"):
        face.with_expression({"smile": 1.0})
    with pytest.raises(InvalidArray, match="expected"):
        face.with_expression([0.1, 0.2])


def test_landmarks_of_coefficients_are_those_of_the_mesh(tiny_model: FaceModel) -> None:
    rng = np.random.default_rng(2)
    identity, expression = rng.normal(size=tiny_model.n_id), rng.uniform(size=tiny_model.n_exp)
    mesh = tiny_model.decode(identity, expression)
    np.testing.assert_allclose(
        tiny_model.landmarks_of(identity, expression), tiny_model.landmarks(mesh), atol=1e-3
    )
    assert tiny_model.control_mesh(identity, expression).shape == tiny_model.mean_control_mm.shape


def test_the_same_picture_gives_the_same_bits(tiny_sdk: FaceSDK, picture: Any) -> None:
    one, two = (tiny_sdk.reconstruct(picture).faces[0] for _ in range(2))
    np.testing.assert_array_equal(one.verts_camera_mm, two.verts_camera_mm)
    np.testing.assert_array_equal(one.render(), two.render())


def test_faces_off_the_picture_and_tiny_pictures_do_not_break(tiny_sdk: FaceSDK, picture: Any) -> None:
    for box in ([-80, -80, 20, 20], [310, 230, 420, 400], [100, 100, 101, 101], [-500, -500, 900, 900]):
        face = tiny_sdk.reconstruct(picture, boxes=[box]).faces[0]
        assert face.render().shape == picture.shape
        assert face.texture.image.shape == (1024, 1024, 3)
        assert isinstance(face, Face)
    tiny = tiny_sdk.reconstruct(np.zeros((1, 1, 3), np.uint8))
    assert tiny.overlay().shape == (1, 1, 3)
    assert tiny.plot().ndim == 3


@pytest.mark.parametrize("boxes", [
    [[1, 2, 3]], "boxes", [[5, 5, 5, 9]], [[9, 5, 5, 9]], [[np.nan, 0, 1, 1]],
    np.zeros((2, 2, 2)), [["a"] * 4],
])  # fmt: skip
def test_boxes_that_are_none_are_refused(tiny_sdk: FaceSDK, picture: Any, boxes: Any) -> None:
    with pytest.raises(InvalidArray, match="box"):
        tiny_sdk.reconstruct(picture, boxes=boxes)


@pytest.mark.parametrize("settings", [
    {"max_faces": 0}, {"max_faces": 2.5}, {"threads": 0}, {"passes": 9}, {"min_detector_score": 1.1},
    {"min_detector_score": float("nan")}, {"field_of_view_deg": 0}, {"backend": "magic"}, {"network": 3},
    {"max_megapixels": "big"}, {"max_faces": True}, {"preset": "huge"},
])  # fmt: skip
def test_options_out_of_range_are_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions, match=next(iter(settings))):
        Options(**settings)
    with pytest.raises(InvalidOptions, match="options"):
        FaceSDK({"max_faces": 1})  # type: ignore[arg-type]
