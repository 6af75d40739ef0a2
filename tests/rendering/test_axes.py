"""The bundled face, rendered at known poses by the compiled ops: everything is where the design says."""

from __future__ import annotations

import numpy as np
import pytest

from facesdk import FaceModel, ops
from facesdk.core.rotation import rotation_from_euler
from facesdk.rendering.render import render

K = np.array([[900, 0, 160], [0, 900, 160], [0, 0, 1]], dtype=np.float32)
NOSE_TIP, CHIN, RIGHT_EYE, LEFT_EYE = 30, 8, slice(36, 42), slice(42, 48)  # of the person


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


def shown(model: FaceModel, yaw: float = 0, pitch: float = 0, roll: float = 0) -> dict[str, np.ndarray]:
    """Where the mean face's parts land, in px, and its rendering at 700 mm."""
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    camera = ops.transform(verts, rotation_from_euler(yaw, pitch, roll), np.float32([0, 0, 700]))
    points = ops.project(model.landmarks(camera), K)
    rendering = render(camera, model.triangles, K, 320, 320)
    depth = np.zeros((320, 320), np.float32)
    depth[rendering.window] = rendering.depth_mm
    return {
        "nose": points[NOSE_TIP], "chin": points[CHIN], "right eye": points[RIGHT_EYE].mean(axis=0),
        "left eye": points[LEFT_EYE].mean(axis=0), "jaw": points[:17], "depth": depth,
    }  # fmt: skip


def test_frontal(model: FaceModel) -> None:
    face = shown(model)
    eyes = (face["left eye"] + face["right eye"]) / 2
    assert (
        face["right eye"][0] < 130 < 190 < face["left eye"][0]
    )  # the person's right is at the picture's left
    np.testing.assert_allclose(eyes[:2], [160, 160], atol=8)  # the origin is midway between the eyeballs
    assert face["nose"][1] > eyes[1] + 20  # y runs down
    assert face["chin"][1] > face["nose"][1] + 40
    nearest = np.unravel_index(np.argmin(np.where(face["depth"] > 0, face["depth"], 1e9)), (320, 320))
    np.testing.assert_allclose(nearest[::-1], face["nose"][:2], atol=12)  # the nose is in front


def test_millimetres(model: FaceModel) -> None:
    """A grown face: pupils 58 to 70 mm apart, and the nose 70 to 110 mm from the chin."""
    landmarks = model.landmarks(model.decode(np.zeros(model.n_id), np.zeros(model.n_exp)))
    apart = np.linalg.norm(landmarks[LEFT_EYE].mean(axis=0) - landmarks[RIGHT_EYE].mean(axis=0))
    assert 56 < apart < 72
    assert 55 < np.linalg.norm(landmarks[NOSE_TIP] - landmarks[CHIN]) < 110


@pytest.mark.parametrize("yaw", [25.0, 60.0, 90.0])
def test_yaw_turns_the_nose_to_the_picture_s_right(model: FaceModel, yaw: float) -> None:
    for sign in (1, -1):
        face = shown(model, yaw=sign * yaw)
        middle = (face["left eye"] + face["right eye"]) / 2
        assert sign * (face["nose"][0] - middle[0]) > 10
        nearer = "right eye" if sign > 0 else "left eye"  # the nose to the right: the right side comes nearer
        other = "left eye" if sign > 0 else "right eye"
        assert face[nearer][2] < face[other][2] - 10


def test_pitch_turns_the_nose_up(model: FaceModel) -> None:
    assert shown(model, pitch=25)["nose"][1] < shown(model)["nose"][1] - 10
    assert shown(model, pitch=25)["chin"][2] < shown(model)["chin"][2]  # the chin comes forward


def test_roll_leans_the_head_to_the_picture_s_right(model: FaceModel) -> None:
    face = shown(model, roll=30)
    assert face["left eye"][1] > face["right eye"][1] + 20
    assert face["chin"][0] < 160 - 20


def test_normals_face_the_camera_where_the_face_is_seen(model: FaceModel) -> None:
    verts = model.decode(np.zeros(model.n_id), np.zeros(model.n_exp))
    camera = ops.transform(verts, rotation_from_euler(0, 0, 0), np.float32([0, 0, 700]))
    normals = ops.normals(camera, model.triangles)
    assert normals[np.argmin(camera[:, 2]), 2] < -0.8


def test_expressions_move_their_side(model: FaceModel) -> None:
    """ARKit's Left is the person's: at the picture's right."""
    zero = np.zeros(model.n_id)
    neutral = model.decode(zero, np.zeros(model.n_exp))
    for name, side in (("eyeBlinkLeft", 1), ("eyeBlinkRight", -1), ("mouthSmileLeft", 1)):
        moved = model.decode(zero, model.expression_from_arkit({name: 1.0})) - neutral
        weight = np.linalg.norm(moved, axis=1)
        assert side * float((weight * neutral[:, 0]).sum() / weight.sum()) > 5, name
    opened = model.decode(zero, model.expression_from_arkit({"jawOpen": 1.0}))
    assert (model.landmarks(opened) - model.landmarks(neutral))[CHIN, 1] < -5
    weights = np.random.default_rng(0).uniform(size=52)
    from facesdk.core.arkit import ARKIT_NAMES

    given = dict(zip(ARKIT_NAMES, weights, strict=True))
    again = model.arkit(model.expression_from_arkit(given))
    assert again.pop("tongueOut") == 0.0
    del given["tongueOut"]
    assert again == pytest.approx(given, abs=1e-6)
